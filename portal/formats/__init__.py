"""How dates and times are written, where Django's own choice is not ours (setting FORMAT_MODULE_PATH)."""

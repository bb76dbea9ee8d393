"""Formats of dates and times that differ from Django's (setting FORMAT_MODULE_PATH)."""

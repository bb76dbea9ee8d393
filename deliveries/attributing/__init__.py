"""Attribution of conversion events to messages (docs/conversions.md#attribution)."""

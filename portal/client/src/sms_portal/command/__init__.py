"""The command `sms-portal`."""

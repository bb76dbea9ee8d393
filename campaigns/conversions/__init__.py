"""Conversion events: what recipients did after a message, as the tenant's own systems tell it."""

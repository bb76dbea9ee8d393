"""REST API of alerts and of their rules."""

"""Alerts: what is unusual in the last minutes, told by mail and on pages (docs/alerts.md)."""

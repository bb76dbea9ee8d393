"""Prices of messages, and the cost of what is counted (docs/billing.md)."""

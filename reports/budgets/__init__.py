"""Budgets: what a tenant means to spend, what it has spent, and alerts at parts of it (docs/billing.md)."""

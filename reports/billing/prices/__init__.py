"""Price lists: their pages, files, checks and API (docs/billing.md)."""

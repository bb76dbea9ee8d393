"""The admin: what operators see and do across all tenants."""

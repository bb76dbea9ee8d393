"""Registers the admin pages of tenants, people and campaigns."""

from portal.staff import campaigns, people, tenants  # noqa: F401  they register their models

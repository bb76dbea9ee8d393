"""Registers the admin pages of report runs."""

from reports.runs import admin  # noqa: F401  registers its model

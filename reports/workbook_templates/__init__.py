"""Workbooks of tenants as templates of reports: read, checked, filled."""

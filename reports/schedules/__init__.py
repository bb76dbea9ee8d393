"""Saved reports: definitions, the days that they are of, their runs and files."""

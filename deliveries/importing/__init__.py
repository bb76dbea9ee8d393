"""Imports of archived delivery reports from files."""

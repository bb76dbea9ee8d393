"""The monthly report: its figures, tables and files."""

"""The stored message: its rules, row, table and related rows."""

"""Deletion of data past its retention period."""

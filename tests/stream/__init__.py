"""The stream of delivery reports."""

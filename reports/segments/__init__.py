"""Segments: figures by the values of a chosen key, their comparison, and tables of two keys."""

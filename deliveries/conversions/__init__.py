"""Accepting conversion events: the API, uploads of files, and their pages."""

"""Whole searches as files, made in the background."""

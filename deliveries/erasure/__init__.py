"""Erasure of phone numbers from everything that is stored."""

"""Statements of what customers are charged (docs/statements.md)."""

"""Command palette."""

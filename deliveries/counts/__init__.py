"""Counts of messages, kept up to date in the transaction that changes the messages."""

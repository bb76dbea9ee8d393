"""Command palette: one search that leads to pages, customers, campaigns, partner IDs and messages."""

"""Message Search: filters, query plans and the indexes that they use."""

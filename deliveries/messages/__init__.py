"""The stored message: its rules, its row, its table and what lies beside it."""

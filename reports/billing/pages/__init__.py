"""Pages of statements: the list, one statement and its lines, closing a month, profiles and terms."""

"""Pages of saved views: the list, saving, renaming, deleting, the start page."""

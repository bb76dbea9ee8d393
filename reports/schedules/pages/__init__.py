"""Pages of saved reports: the list, the builder with its preview, and a definition with its runs."""

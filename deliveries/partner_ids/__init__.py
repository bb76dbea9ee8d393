"""Partner IDs: their owners, and the pages and API operations about them."""

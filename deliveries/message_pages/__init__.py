"""Pages and API operations about messages."""

"""Pages and API of campaigns: their list, one campaign, what people say about it."""

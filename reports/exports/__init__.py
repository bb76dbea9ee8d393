"""Tables of pages as files: the list of campaigns, and the tables of the Overview."""

"""Traffic that looks like a gateway's, for demonstrations, load and tests. No Django in here."""

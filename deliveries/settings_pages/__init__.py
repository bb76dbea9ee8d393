"""A tenant's settings pages that start work on messages: refId scheme, time zone, segment keys."""

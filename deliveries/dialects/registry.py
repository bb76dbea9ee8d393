"""The dialects by name."""

from deliveries.dialects import link

PARSE = {"link": link.parse}

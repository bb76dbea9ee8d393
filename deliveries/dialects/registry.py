"""The dialects by name."""

from deliveries.dialects import link, link_advice, link_codes

PARSE = {"link": link.parse}
CODES = {"link": link_codes.CODES}
BILLED = {"link": link_codes.BILLED}
ADVICE = {"link": link_advice.ADVICE}

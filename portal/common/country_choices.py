"""Countries by name, as choices of a form."""

from functools import lru_cache

from portal.common.msisdn import (
    COUNTRIES,
    UNKNOWN_COUNTRY,
)
from portal.common.templatetags.figures import country as country_name


@lru_cache(maxsize=8)
def country_choices(language: str) -> tuple[tuple[str, str], ...]:
    """Return (alpha-2, name in the language) of every country by name; the request's language is `language`."""
    named = sorted(((code, country_name(code)) for code in COUNTRIES), key=lambda pair: pair[1])
    return (*named, (UNKNOWN_COUNTRY, country_name(UNKNOWN_COUNTRY)))

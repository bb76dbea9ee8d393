"""Countries: the country of a time zone by Babel's CLDR data, and the nearest match to a typed one."""

from functools import cache

import phonenumbers
from babel import Locale
from babel.core import get_global

from portal.common.msisdn import COUNTRIES, UNKNOWN_COUNTRY
from portal.common.nearest import nearest

_ALSO_CALLED = {"UK": "GB", "EL": "GR"}


def country_of_zone(name: str) -> str:
    """Return the alpha-2 country of an IANA zone, '' for UTC and other zones without a country."""
    territories = get_global("zone_territories")
    country = territories.get(name) or territories.get(get_global("zone_aliases").get(name, ""), "")
    return country if country in COUNTRIES else ""


def country_problem(code: str) -> str | None:
    """Return what is wrong with a country's code, and which one was meant; None for one that there is."""
    if code in COUNTRIES or code == UNKNOWN_COUNTRY:
        return None
    meant = country_meant(code)
    return "two capital letters of ISO 3166-1, such as FI, or ZZ" + (f"; did you mean {meant}?" if meant else "")


def country_meant(text: str) -> str | None:
    """Return the code that is most likely meant by another spelling or a name, None where none is near."""
    code = text.strip().upper()
    if code in COUNTRIES or code == UNKNOWN_COUNTRY:
        return code
    return _ALSO_CALLED.get(code) or _names().get(nearest(text, _names()) or "")


def calling_code_of(country: str) -> str | None:
    """Return the calling code of an alpha-2 country, None where it has none."""
    return str(phonenumbers.country_code_for_region(country) or "") or None


@cache
def _names() -> dict[str, str]:
    """Return the countries by their English and Finnish names."""
    locales = [Locale(language) for language in ("en", "fi")]
    return {locale.territories[code]: code for locale in locales for code in COUNTRIES if code in locale.territories}

"""The country of a time zone, by the data that Babel has from the CLDR."""

from babel.core import get_global

from portal.common.msisdn import COUNTRIES


def country_of_zone(name: str) -> str:
    """Return the alpha-2 country that an IANA zone lies in, '' for UTC and other zones of no country."""
    territories = get_global("zone_territories")
    country = territories.get(name) or territories.get(get_global("zone_aliases").get(name), "")
    return country if country in COUNTRIES else ""

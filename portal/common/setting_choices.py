"""Time zones and currencies as choices of a form."""

import zoneinfo
from datetime import date
from functools import lru_cache

from babel.numbers import get_currency_name, get_territory_currencies

from portal.common.msisdn import COUNTRIES


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the IANA zones that are places, and UTC; the database's old spellings are left out."""
    old = ("Etc/", "SystemV/", "US/", "posix/", "right/")
    names = (name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(old))
    return ("UTC", *sorted(names))


def zone_choices(*, present: str = "") -> list[tuple[str, str]]:
    """Return the zones by name, with the present one in any case."""
    names = sorted({*zone_names(), *([present] if present else [])})
    return [(name, name.replace("_", " ")) for name in names]


def currency_choices(language: str, *, present: str = "") -> list[tuple[str, str]]:
    """Return the currencies that are in use today by code, with their names, and the present one in any case."""
    codes = sorted({*_currencies(), *([present] if present else [])})
    return [(code, f"{code} – {get_currency_name(code, locale=language)}") for code in codes]


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    today = date.today()  # noqa: DTZ011 (a day more or less changes no currency)
    return frozenset(code for country in COUNTRIES for code in get_territory_currencies(country, today, today))

"""Time zones and currencies as choices of a form."""

from datetime import date
from functools import lru_cache
from importlib import resources

from babel.numbers import get_currency_name, get_territory_currencies

from portal.common.msisdn import COUNTRIES


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the IANA zones of places, and UTC; other names of the same zones, such as Africa/Asmera, are left out."""
    lines = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text().splitlines()
    return ("UTC", *sorted(line.split("\t")[2] for line in lines if line and not line.startswith("#")))


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

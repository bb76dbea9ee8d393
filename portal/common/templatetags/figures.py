"""Figures as people read them, in the request's language."""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from django import template
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _

from portal.common.csv_file import CsvForm
from portal.common.periods import Zone, zone

register = template.Library()

NOTHING = "–"
GAP = "\N{NO-BREAK SPACE}"


@register.filter
def count(n: int | None) -> str:
    """Return a whole number with its thousands parted; None is a dash."""
    return NOTHING if n is None else number(n, 0)


@register.filter
def decimal(value: float | None, places: int = 2) -> str:
    """Return a number with so many places; None is a dash."""
    return NOTHING if value is None else number(_rounded(value, places), places)


@register.filter
def percent(share: float | None, places: int = 2) -> str:
    """Return a share from 0 to 1 as `97.42 %`; None, a share of nothing, is a dash."""
    return NOTHING if share is None else f"{decimal(share * 100, places)}{GAP}%"


@register.filter
def weekday(day: date) -> str:
    """Return a day with its weekday: `Mon 7 Sep`."""
    return _weekday(day, translation.get_language() or "en")


@register.filter
def in_file(value: date | datetime, form: CsvForm) -> str:
    """Return a day or a time as files of this form have it."""
    return form.time(value) if isinstance(value, datetime) else form.day(value)


@register.filter
def points(difference: float | None, places: int = 2) -> str:
    """Return a difference of two shares as percentage points without its sign: `0.31 pt`."""
    return NOTHING if difference is None else decimal(abs(difference) * 100, places) + GAP + _("pt")


@register.filter
def growth(change: float | None, places: int = 1) -> str:
    """Return a relative change as percent without its sign: 0.082 is `8.2 %`."""
    return NOTHING if change is None else percent(abs(change), places)


@register.filter
def direction(change: float | None) -> str:
    """Return `up`, `down` or `same`, by what `points` and `growth` would show; '' for None."""
    if change is None:
        return ""
    if abs(change) < 0.00005:
        return "same"
    return "up" if change > 0 else "down"


@register.filter
def duration(seconds: float | None) -> str:
    """Return a length of time in its two largest units, to the second that gateways report in; None is a dash."""
    if seconds is None:
        return NOTHING
    whole = int(seconds + 0.5)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return _two(days, _("d"), hours, _("h"))
    if hours:
        return _two(hours, _("h"), minutes, _("min"))
    return _two(minutes, _("min"), rest, _("s")) if minutes else str(rest) + GAP + _("s")


@register.filter
def clock_hour(hour: int) -> str:
    """Return an hour of the day by its first and last minute on the clock: 07:00–07:59."""
    return f"{hour:02}:00–{hour:02}:59"


@register.filter
def country(code: str) -> str:
    """Return the name of an alpha-2 code in the request's language, the code itself where there is none."""
    return _("Unknown") if code == "ZZ" else _territories(translation.get_language() or "en").get(code, code)


@register.filter
def local(instant: datetime | None, tz: Zone) -> datetime | None:
    """Return the instant in the zone, for Django's date filters."""
    return None if instant is None else timezone.localtime(instant, zone(tz))


def number(value: float | Decimal, places: int) -> str:
    """Return a number with so many places, its thousands parted; a page has hundreds, Django's filter takes longer."""
    return f"{value:,.{places}f}".translate(_separators(translation.get_language() or "en"))


@lru_cache(maxsize=5000)
def _weekday(day: date, _language: str) -> str:
    return formats.date_format(day, "WEEKDAY_FORMAT")  # in the language that is active


@lru_cache(maxsize=16)
def _separators(language: str) -> dict[int, str]:
    of = {",": "THOUSAND_SEPARATOR", ".": "DECIMAL_SEPARATOR"}
    return str.maketrans({sign: formats.get_format(name, language) for sign, name in of.items()})


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    first = f"{number(large, 0)}{GAP}{large_unit}"
    return f"{first} {small}{GAP}{small_unit}" if small else first


def _rounded(value: float, places: int) -> float:
    return round(value, places) + 0.0  # never -0


@lru_cache(maxsize=16)
def _territories(language: str) -> dict[str, str]:
    return dict(Locale.parse(language, sep="-").territories)

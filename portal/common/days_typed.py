"""Dates as people type them: one parser for every page, and the strict one of the API.

Pure. Pages accept all notations in every language, so that an address that holds one can be shared.
"""

import re
from datetime import date

_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})").fullmatch  # 2026-10-31
_DOTS = re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})\. ?(?P<year>[0-9]{4})").fullmatch  # 31.10.2026
_WORDS = re.compile(r"(?P<day>[0-9]{1,2}) (?P<month>[A-Za-z]{3,9})\.? (?P<year>[0-9]{4})").fullmatch  # 31 Oct 2026
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def parse_iso(text: str) -> date:
    """Read 2026-10-31. Raises ValueError for anything else."""
    if _ISO(text) is None:
        raise ValueError(f"not a date: {text[:40]!r}")
    return date.fromisoformat(text)


def parse_day(text: str) -> date:
    """Read 2026-10-31, 31.10.2026 or 31 Oct 2026. Raises ValueError for anything else.

    Slashes are refused: 10/11/2026 is two different days on the two sides of the Atlantic.
    """
    text = " ".join(text.split())
    match = _ISO(text) or _DOTS(text) or _WORDS(text)
    if match is None:
        raise ValueError(f"not a date: {text[:40]!r}")
    month = match["month"]
    number = int(month) if month.isdigit() else _month_number(month.lower())
    return date(int(match["year"]), number, int(match["day"]))


def _month_number(name: str) -> int:
    """Return the number of a month by its English name or the beginning of it."""
    for number, month in enumerate(_MONTHS, start=1):
        if month.startswith(name):
            return number
    raise ValueError(f"not a month: {name!r}")

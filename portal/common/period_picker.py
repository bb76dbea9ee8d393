"""The days that a page or a request asks for, by a name or by the first and the last, and what they are compared with.

Pure: days are local ones of a tenant's zone, and `today` is given.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from portal.common.days_typed import parse_iso
from portal.common.periods import Month

MAX_DAYS = 1100  # three years and a little
FIRST_DAY = date(2000, 1, 1)
COMPARISONS = ("none", "previous", "year")


class PeriodError(ValueError):
    """The requested days are invalid; `field` names the parameter, `text` the accepted values.

    `code` allows messages in other languages: name, both, no_first, not_a_day, order, too_long, comparison.
    """

    def __init__(self, field: str, text: str, *, code: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field, self.text, self.code = field, text, code


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both included; `name` is that of the preset it was chosen by, or ''."""

    first: date
    last: date
    name: str = ""

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def _back(days: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - timedelta(days=days - 1), today)


def _last_month(today: date) -> tuple[date, date]:
    month = Month.of(today).previous()
    return month.first_day, month.last_day


def _twelve_months(today: date) -> tuple[date, date]:
    return date(today.year - 1, today.month, 1), Month.of(today).previous().last_day


PRESETS: dict[str, Callable[[date], tuple[date, date]]] = {
    "today": _back(1),
    "yesterday": lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
    "7d": _back(7),
    "30d": _back(30),
    "90d": _back(90),
    "this_month": lambda today: (today.replace(day=1), today),
    "last_month": _last_month,
    "12m": _twelve_months,  # whole months, the present one left out
    "this_year": lambda today: (date(today.year, 1, 1), today),
    "last_year": lambda today: (date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
}


def named(name: str, *, today: date) -> Period:
    """Return the preset's days. Raises PeriodError for a name that is none."""
    if name not in PRESETS:
        raise PeriodError("period", f"one of {', '.join(PRESETS)}; not {name[:40]!r}", code="name")
    return Period(*PRESETS[name](today), name=name)


def parse(
    params: Mapping[str, str],
    *,
    today: date,
    default: str = "30d",
    read: Callable[[str], date] = parse_iso,
    most: int = MAX_DAYS,
) -> Period:
    """Read `period=NAME`, or `from=YYYY-MM-DD` with `to=YYYY-MM-DD` (`to` is today where it is left out).

    Nothing of them is the preset `default`. `read` reads a day; pages pass `parse_day`. Raises PeriodError: an unknown
    name or a day that is none, both ways at once, the end before the start, more than `most` days.
    """
    name, first, last = (params.get(key, "").strip() for key in ("period", "from", "to"))
    if not first and not last:
        return named(name or default, today=today)
    if name:
        raise PeriodError("period", "either a period by its name, or from and to", code="both")
    if not first:
        raise PeriodError("from", "the first day is missing", code="no_first")
    start = _day("from", first, read)
    end = _day("to", last, read) if last else max(today, start)
    if end < start:
        raise PeriodError("to", f"the last day, {end}, lies before the first, {start}", code="order")
    if (end - start).days >= most:
        days = (end - start).days + 1
        raise PeriodError("from", f"at most {most} days; these are {days}", code="too_long")
    return Period(start, end)


def parse_comparison(params: Mapping[str, str], *, default: str = "none") -> str:
    """Read `compare=none|previous|year`. Raises PeriodError for anything else."""
    how = params.get("compare", "").strip() or default
    if how not in COMPARISONS:
        text = f"one of {', '.join(COMPARISONS)}; not {how[:40]!r}"
        raise PeriodError("compare", text, code="comparison")
    return how


def comparison(period: Period, how: str) -> Period | None:
    """Return the comparison period: None, the period just before, or the same days one year earlier.

    Whole calendar months are compared with as many whole months, a month that is not over with the first days of the
    previous one, and this year with the same days of last year. Other periods are compared with the same number of days
    just before.
    """
    if how == "none":
        return None
    if how == "year" or period.name == "this_year":
        return Period(_year_before(period.first), _year_before(period.last))
    if period.first.day == 1 and (period.name == "this_month" or period.last == Month.of(period.last).last_day):
        return _months_before(period)
    return Period(period.first - timedelta(days=period.days), period.first - timedelta(days=1))


def query(period: Period, how: str = "none") -> str:
    """Return the parameters, as a query string, by which `parse` finds the period and `parse_comparison` the other."""
    pairs = [("period", period.name)] if period.name else [("from", str(period.first)), ("to", str(period.last))]
    return urlencode([*pairs, *([("compare", how)] if how != "none" else [])])


def _months_before(period: Period) -> Period:
    months = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    first = Month.of(period.first)
    for _ in range(months):
        first = first.previous()
    end = Month.of(period.first).previous()
    if period.last == Month.of(period.last).last_day:
        return Period(first.first_day, end.last_day)
    return Period(first.first_day, end.first_day.replace(day=min(period.last.day, end.last_day.day)))


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return date(day.year - 1, 2, 28)


def _day(field: str, text: str, read: Callable[[str], date]) -> date:
    try:
        day = read(text)
    except ValueError:
        day = None
    if day is None or not FIRST_DAY <= day <= date(2999, 12, 31):
        wanted = f"a day like 2026-10-31, from {FIRST_DAY} on; not {text[:40]!r}"
        raise PeriodError(field, wanted, code="not_a_day")
    return day

"""The Overview's tables and charts: the largest rows with the others summed up, days as weeks, what scripts draw."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.common.period_picker import Period
from portal.common.templatetags.figures import country
from reports.figures.alerts_shown import ShownAlert, marks
from reports.figures.finality import DayRow, HourRow
from reports.figures.kpis import Kpis
from reports.figures.statistics import Group
from reports.overview.cards import CLASSES
from reports.overview.links import Links

DAYS_APART, WEEKS_APART = 92, 400  # up to so many days a column is a day, then a week, then a month
TITLES = {
    "hour": gettext_lazy("Messages by hour"),
    "day": gettext_lazy("Messages by day"),
    "week": gettext_lazy("Messages by week"),
    "month": gettext_lazy("Messages by month"),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The largest groups, and the `others` that are summed up in `rest`; together they are `total`."""

    rows: list[Group]
    others: int
    rest: Kpis
    total: Kpis


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """One column of the chart: a day, the days of a week or month in the period, or an hour of a day.

    `hour` has its local time with the offset from UTC; `offset` is '' except for the two hours with one name when
    clocks go back, such as UTC+3.
    """

    first: date
    last: date
    kpis: Kpis
    is_provisional: bool
    hour: datetime | None = None
    offset: str = ""

    @property
    def clock(self) -> datetime:
        """The hour's local time without a zone, for Django's filters: they would move it to their own."""
        return self.hour.replace(tzinfo=None)

    @property
    def end(self) -> datetime:
        """The time on the clock at which the hour ends."""
        return self.clock + timedelta(hours=1)


def listing(groups: Sequence[Group], *, limit: int | None) -> Listing:
    """Return at most `limit` of the groups one by one (None: all); a single other one is shown too."""
    shown = len(groups) if limit is None or len(groups) <= limit + 1 else limit
    rest = Kpis.total([Kpis(latency={}), *(group.kpis for group in groups[shown:])])
    total = Kpis.total([rest, *(group.kpis for group in groups[:shown])])
    return Listing(list(groups[:shown]), len(groups) - shown, rest, total)


def unit_of(days: int) -> str:
    """Return the unit of a column of the chart: `day`, `week` or `month`."""
    return "day" if days <= DAYS_APART else "week" if days <= WEEKS_APART else "month"


def chart_columns(days: Iterable[DayRow], *, unit: str, provisional_from: date | None) -> list[ChartColumn]:
    """Sum the days up to the columns of the chart."""
    found = []
    for _start_of_column, rows in groupby(days, key=lambda row: _start(row.day, unit)):
        every = list(rows)
        last = every[-1].day
        is_provisional = provisional_from is not None and last >= provisional_from
        found.append(ChartColumn(every[0].day, last, Kpis.total([row.kpis for row in every]), is_provisional))
    return found


def hour_columns(hours: Sequence[HourRow], period: Period, *, provisional_from: date | None) -> list[ChartColumn]:
    """Return a column for each hour. Its day is one of the period's, also where a tenant's day is not the clock's."""
    found = []
    times = Counter(row.hour.replace(tzinfo=None) for row in hours)
    for row in hours:
        clock = row.hour.replace(tzinfo=None)
        day = min(max(clock.date(), period.first), period.last)
        is_provisional = provisional_from is not None and day >= provisional_from
        offset = _offset(row.hour) if times[clock] > 1 else ""
        found.append(ChartColumn(day, day, row.kpis, is_provisional, row.hour, offset))
    return found


def _offset(hour: datetime) -> str:
    hours, minutes = divmod(abs(hour.utcoffset()) // timedelta(minutes=1), 60)
    sign = "-" if hour.utcoffset() < timedelta() else "+"
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")


def overdue(days: Iterable[DayRow], provisional_from: date | None) -> int:
    """Return the pending messages of days whose grace is over."""
    return sum(row.kpis.volume.pending for row in days if provisional_from is None or row.day < provisional_from)


def days_chart(
    columns: Sequence[ChartColumn],
    before: Sequence[DayRow] | None,
    *,
    unit: str,
    links: Links,
    alerts: Sequence[ShownAlert] = (),
) -> dict:
    """Return what static/js/charts.js draws as `stacked-days`: counts by class for each column, from the axis up.

    A column with alerts has a mark above it.
    """
    return {
        "unit": unit,
        "days": (columns[-1].last - columns[0].first).days + 1,
        "classes": list(CLASSES),
        "words": {name: str(text) for name, text in CLASSES.items()}
        | {
            "alerts": _("Alerts"),
            "all": _("Messages"),
            "before": _("Comparison period"),
            "provisional": _("provisional"),
        },
        "rows": [
            {
                "first": str(column.first),
                "last": str(column.last),
                "counts": [getattr(column.kpis.volume, name) for name in CLASSES],
                "href": links.narrowed(first=column.first, last=column.last),
            }
            | ({"provisional": True} if column.is_provisional else {})
            | _hour(column, links)
            for column in columns
        ],
        "before": _beside(columns, before) if unit == "day" else None,
    } | ({"alerts": marks(alerts, [(c.first, c.last, c.hour) for c in columns])} if alerts else {})


def _hour(column: ChartColumn, links: Links) -> dict:
    """Return an hour's extra values: its time, and a link to the messages of its day."""
    if column.hour is None:
        return {}
    return {
        "clock": f"{column.clock:%Y-%m-%dT%H:%M}",
        "offset": column.offset,
        "href": links.messages(first=column.first, last=column.last),
    }


def _beside(columns: Sequence[ChartColumn], before: Sequence[DayRow] | None) -> list[int] | None:
    """Return the messages of the previous days, one for each column; None if the days of the week differ."""
    if not before or before[0].day.weekday() != columns[0].first.weekday():
        return None
    return [row.kpis.volume.messages for row in before][: len(columns)]


def map_chart(countries: Sequence[Group], *, links: Links) -> dict:
    """Return what static/js/charts.js draws as `map`: messages and delivery rate by country."""
    return {
        "words": {"messages": _("Messages"), "rate": _("Delivery rate")},
        "rows": [
            {
                "code": group.key["country"],
                "name": country(group.key["country"]),
                "messages": group.totals.messages,
                "rate": group.kpis.delivery_rate,
                "href": links.narrowed(country=group.key["country"]),
            }
            for group in countries
            if group.key["country"] != "ZZ"
        ],
    }


def _start(day: date, unit: str) -> date:
    if unit == "day":
        return day
    return day - timedelta(days=day.weekday()) if unit == "week" else day.replace(day=1)

"""Countries to which a tenant sent for the first time; read from the counts, which stay when messages are deleted."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min

from deliveries.models import DailyCount
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import statistics
from reports.leaks.window import Window

MIN_WEEKS = 8  # of history before the window


@dataclass(frozen=True, slots=True)
class NewCountry:
    """A country, the day of the first message to it, and the messages since then."""

    country: str
    first: date
    messages: int
    parts: int


def new_countries(window: Window) -> list[NewCountry] | None:
    """Return the countries that no earlier day has, the dearest first; None without MIN_WEEKS of history."""
    counts = DailyCount.objects.filter(tenant_id=window.tenant_id, messages__gt=0)
    begin = counts.order_by("day").values_list("day", flat=True).first()
    if begin is None or begin > window.first - timedelta(weeks=MIN_WEEKS):
        return None
    earlier = {group.key["country"] for group in _by_country(window, begin, window.first - timedelta(days=1))}
    groups = [
        group
        for group in _by_country(window, window.first, window.last)
        if group.key["country"] and group.key["country"] not in earlier
    ]
    in_window = counts.filter(
        day__range=(window.first, window.last), country__in=[one.key["country"] for one in groups]
    )
    first = dict(in_window.values_list("country").annotate(Min("day")))
    found = [
        NewCountry(str(one.key["country"]), first[one.key["country"]], one.totals.messages, one.totals.parts)
        for one in groups
        if one.totals.messages
    ]
    return sorted(found, key=lambda one: (-one.parts, one.country))


def _by_country(window: Window, first: date, last: date) -> list:
    query = StatisticsQuery(
        tenant_ids=[window.tenant_id], first=first, last=last, group_by=("country",), with_latency=False
    )
    return [group for group in statistics(query) if group.totals.messages]

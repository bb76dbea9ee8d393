"""Messages of partner IDs in the last days: sums, one number a day, and the day of the newest."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from django.db.models import Max, QuerySet, Sum

from deliveries.models import DailyCount
from portal.common.sparkline import Sparkline, draw_line

DAYS = 30

Name: TypeAlias = tuple[int, str]  # account, value of the partner ID


@dataclass(frozen=True, slots=True)
class Recent:
    """Messages of a partner ID on each of the last DAYS days, today last, and the day of its newest message.

    `last_day` is None if no message is counted.
    """

    days: tuple[int, ...]
    last_day: date | None

    @property
    def messages(self) -> int:
        return sum(self.days)

    @property
    def line(self) -> Sparkline | None:
        """Return the days as a line; the step to today is provisional, since the day is not over."""
        if not any(self.days):
            return None
        return draw_line(self.days, [False] * (DAYS - 1) + [True], 0.0, float(max(self.days)))


def recent_sums(tenant_ids: Collection[int], *, today: date) -> dict[Name, int]:
    """Return the messages of the last DAYS days of each value that the tenants have any of."""
    counts = _counts(tenant_ids, today).values_list("account_id", "partner_id").annotate(number=Sum("messages"))
    return {(account_id, value): number for account_id, value, number in counts}


def recent_messages(names: Collection[Name], tenant_ids: Collection[int], *, today: date) -> dict[Name, Recent]:
    """Return the days of each name; only values without a message in DAYS days are searched for in earlier ones."""
    if not names:
        return {}
    named = {"account_id__in": {name[0] for name in names}, "partner_id__in": {name[1] for name in names}}
    days: dict[Name, list[int]] = defaultdict(lambda: [0] * DAYS)
    last: dict[Name, date] = {}
    by_day = _counts(tenant_ids, today).filter(**named).values_list("account_id", "partner_id", "day")
    for account_id, value, day, number in by_day.annotate(number=Sum("messages")):
        name = (account_id, value)
        # Days of tenants further east can be ahead of this one's.
        days[name][min(DAYS - 1 - (today - day).days, DAYS - 1)] += number
        if number > 0:
            last[name] = max(day, last.get(name, day))
    quiet = {name for name in names if name not in last}
    if quiet:
        earlier = DailyCount.objects.filter(
            tenant_id__in=tenant_ids,
            messages__gt=0,
            account_id__in={name[0] for name in quiet},
            partner_id__in={name[1] for name in quiet},
        )
        newest = earlier.values_list("account_id", "partner_id").annotate(day=Max("day"))
        last = {(account_id, value): day for account_id, value, day in newest} | last
    return {name: Recent(tuple(days[name]), last.get(name)) for name in names}


def _counts(tenant_ids: Collection[int], today: date) -> QuerySet[DailyCount]:
    return DailyCount.objects.filter(tenant_id__in=tenant_ids, day__gt=today - timedelta(days=DAYS))

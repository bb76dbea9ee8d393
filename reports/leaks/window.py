"""Days of messages that are looked through for money leaks, and how long a look may take."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any, Self

from deliveries.search.find import fetch
from deliveries.search.sql import Statement
from portal.common.periods import local_day, start_of_day
from portal.tenants.models import Tenant

DAYS = (7, 14, 31)  # to choose from
SECONDS = 8.0  # of one look


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Days of one tenant, the first and the last included; messages sent up to `until` are looked at."""

    tenant_id: int
    first: date
    last: date
    begin: datetime
    until: datetime

    @classmethod
    def of_days(cls, tenant: Tenant, days: int, *, now: datetime) -> Self:
        """Return the last days of the tenant, today included."""
        last = local_day(now, tenant.timezone)
        first = last - timedelta(days=days - 1)
        begin = start_of_day(first, tenant.timezone)
        return cls(tenant_id=tenant.pk, first=first, last=last, begin=begin, until=now)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return the window of `as_json`. Raises KeyError, TypeError, ValueError."""
        return cls(
            tenant_id=int(kept["tenant_id"]),
            first=date.fromisoformat(kept["first"]),
            last=date.fromisoformat(kept["last"]),
            begin=datetime.fromisoformat(kept["begin"]).astimezone(UTC),
            until=datetime.fromisoformat(kept["until"]).astimezone(UTC),
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "tenant_id": self.tenant_id,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "begin": self.begin.isoformat(),
            "until": self.until.isoformat(),
        }

    @property
    def values(self) -> dict[str, Any]:
        """Return the values of IN_WINDOW."""
        return {
            "tenant": self.tenant_id,
            "first": self.first,
            "last": self.last,
            "begin": self.begin,
            "until": self.until,
        }


# The days leave whole partitions out, the instants let an index begin there.
IN_WINDOW = (
    "m.tenant_id = %(tenant)s AND m.day BETWEEN %(first)s AND %(last)s"
    " AND m.sent_at >= %(begin)s AND m.sent_at <= %(until)s"
)


def read(sql: str, window: Window, **values: Any) -> list[tuple]:
    """Return the rows of a statement with IN_WINDOW. Raises SearchTooSlow after SECONDS."""
    return fetch(Statement(sql, window.values | values), monotonic() + SECONDS)

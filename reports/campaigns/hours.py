"""Messages of a campaign by the local hour at which they were sent, read from the stored messages."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from campaigns.latency import percentile
from campaigns.statistics import rate
from deliveries.dialects.codes import COUNTS_AS
from reports.campaigns.recipients import OF_ACCOUNT

# The days are those that links to the messages have.
_HOURS = """
SELECT extract(hour FROM sent_at AT TIME ZONE %(zone)s)::int, status, latency_bucket, count(*)
FROM message
WHERE tenant_id = %(tenant)s AND campaign_id = ANY (%(campaigns)s) AND day BETWEEN %(first)s AND %(last)s{where}
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class HourFigures:
    """Messages sent in an hour of the day, 0 to 23; the median is in seconds, None if none was delivered."""

    hour: int
    messages: int
    delivered: int
    median: float | None

    @property
    def delivery_rate(self) -> float | None:
        return rate(self.delivered, self.messages)


def hours_of(
    *,
    tenant_id: int,
    campaign_ids: Collection[int],
    first: date,
    last: date,
    timezone: str,
    account_id: int | None = None,
) -> list[HourFigures]:
    """Return the hours that have messages of these campaigns, in the order of the clock; reads each message.

    With `account_id` only messages of that gateway account.
    """
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "campaigns": sorted(campaign_ids),
        "first": first,
        "last": last,
        "zone": timezone,
        "account": account_id,
    }
    messages: Counter[int] = Counter()
    delivered: Counter[int] = Counter()
    latency: dict[int, Counter[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_HOURS.format(where="" if account_id is None else OF_ACCOUNT), values)
        for hour, status, bucket, n in cursor.fetchall():
            messages[hour] += n
            if COUNTS_AS[status] == "delivered":
                delivered[hour] += n
            if bucket is not None:
                latency.setdefault(hour, Counter())[bucket] += n
    return [
        HourFigures(hour, messages[hour], delivered[hour], percentile(latency.get(hour, {}), 0.5))
        for hour in sorted(messages)
    ]

"""Compare message_parameter with the messages, by tenant, day and key, and repair missing and surplus rows.

Sealed days are compared too: retention deletes a row in the transaction that deletes its message. A key that is still
being indexed or removed is skipped: its job does the rest (deliveries/rederiving/segment_keys.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from campaigns.models import SegmentKey
from deliveries.messages import partitions, slices
from deliveries.messages.parameter_rows import LIST, rows_as_sql


@dataclass(frozen=True, slots=True)
class ParameterDifference:
    """One key's rows of one day that are not what the messages say, in numbers of rows."""

    tenant_id: int
    day: date
    key: str
    missing: int
    surplus: int

    def __str__(self) -> str:
        place = f"tenant_id={self.tenant_id} day={self.day} key={self.key}"
        return f"message_parameter: {place}: {self.missing} rows missing, {self.surplus} too many"


_IS_MADE = "k.state = 'done' AND NOT k.removed"
_ROWS = rows_as_sql(key="k.key", keys=f"JOIN campaigns_segmentkey k ON k.tenant_id = m.tenant_id AND {_IS_MADE}")
_COMPARE = f"""
WITH wanted AS (
    {_ROWS} AND m.day >= %(start)s AND m.day < %(end)s
), there AS (
    SELECT p.tenant_id, p.day, p.key, p.value, p.sent_at, p.account_id, p.message_id
    FROM message_parameter p LEFT JOIN campaigns_segmentkey k ON k.tenant_id = p.tenant_id AND k.key = p.key
    WHERE p.day >= %(start)s AND p.day < %(end)s AND (k.id IS NULL OR {_IS_MADE})
)
SELECT tenant_id, day, key, sum(missing), sum(surplus) FROM (
    SELECT tenant_id, day, key, 1 AS missing, 0 AS surplus FROM (SELECT {LIST} FROM wanted EXCEPT ALL TABLE there) AS a
    UNION ALL
    SELECT tenant_id, day, key, 0, 1 FROM (TABLE there EXCEPT ALL SELECT {LIST} FROM wanted) AS b
) AS differing GROUP BY tenant_id, day, key ORDER BY tenant_id, day, key
"""  # noqa: S608  constants of this module


def find_parameter_differences() -> Iterator[ParameterDifference]:
    """Compare the rows of each month with its messages, in the caller's snapshot."""
    for month in partitions.months():
        yield from parameter_differences(month.first_day, month.next().first_day)


def parameter_differences(start: date, end: date) -> list[ParameterDifference]:
    """Compare the rows of the days [start, end) with their messages, in the caller's snapshot."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"start": start, "end": end})
        return [ParameterDifference(*row) for row in cursor.fetchall()]


def repair_parameters(differences: list[ParameterDifference]) -> None:
    """Rebuild the rows of these days and keys; safe beside appliers: each day is locked by all slices."""
    for difference in differences:
        where: dict[str, Any] = {"tenant": difference.tenant_id, "day": difference.day, "key": difference.key}
        with transaction.atomic(), connection.cursor() as cursor:
            rows = SegmentKey.objects.filter(tenant_id=difference.tenant_id, key=difference.key)
            key = rows.select_for_update().first()  # before the slices, as its run does
            if key is not None and (key.removed or key.state != SegmentKey.State.DONE):
                continue  # its run sees to it
            slices.lock(range(slices.SLICES))
            cursor.execute("SELECT FROM message WHERE false")  # locked before message_parameter, as those who write do
            cursor.execute(
                "DELETE FROM message_parameter WHERE tenant_id = %(tenant)s AND day = %(day)s AND key = %(key)s", where
            )
            if key is not None:
                of_the_day = "m.tenant_id = %(tenant)s AND m.day = %(day)s"
                cursor.execute(
                    f"INSERT INTO message_parameter ({LIST}) {rows_as_sql(key='%(key)s')} AND {of_the_day}", where
                )

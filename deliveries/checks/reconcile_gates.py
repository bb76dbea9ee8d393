"""Comparison of gates' hourly counts with their attempts, repaired by counting an hour's attempts again."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from campaigns.latency import bucket_of
from deliveries.erasure.gate_attempts import stop_recording

KEPT_DAYS = 29  # full days whose attempts are still there (deliveries/retention/gates.py)
NOT_FIRST = -1  # the bucket of what was not delivered with its first attempt

_KEYS = "tenant_id, gate_id, hour, outcome"
_HOUR = "date_trunc('hour', at, 'UTC')"
# Number 0 is a test, which is not counted.
_COMPARE = f"""
WITH f AS (
    SELECT tenant_id, gate_id, {_HOUR} AS hour, outcome COLLATE "C" AS outcome, count(*) AS n FROM gate_attempt
    WHERE at >= %(start)s AND at < %(end)s AND number > 0 GROUP BY 1, 2, 3, 4
), c AS (
    SELECT {_KEYS}, sum(number)::bigint AS n FROM gate_hour WHERE hour >= %(start)s AND hour < %(end)s GROUP BY {_KEYS}
)
SELECT {_KEYS}, coalesce(c.n, 0), coalesce(f.n, 0) FROM f FULL JOIN c USING ({_KEYS})
WHERE coalesce(c.n, 0) <> coalesce(f.n, 0) ORDER BY {_KEYS}
"""  # noqa: S608  constants of this module
_ATTEMPTS = """
SELECT a.outcome = 'delivered' AND a.number = 1 AND a.replay_id IS NULL, a.at, a.ms, coalesce((
    SELECT r.received_at FROM delivery_report r
    WHERE r.tenant_id = a.tenant_id AND r.day = a.day AND r.inbox_id = a.inbox_id LIMIT 1
), (
    SELECT e.at FROM gate_event e WHERE e.tenant_id = a.tenant_id AND e.id = -a.inbox_id
)) FROM gate_attempt a WHERE a.tenant_id = %s AND a.gate_id = %s AND a.outcome = %s AND a.number > 0
    AND a.at >= %s AND a.at < %s
"""


@dataclass(frozen=True, slots=True)
class GateDifference:
    """An hour of a gate whose count of an outcome is not the number of its attempts."""

    tenant_id: int
    gate_id: int
    hour: datetime
    outcome: str
    counted: int
    actual: int

    def __str__(self) -> str:
        place = f"tenant_id={self.tenant_id} gate_id={self.gate_id} hour={self.hour} outcome={self.outcome}"
        return f"gate_hour: {place}: attempts counted {self.counted}, actual {self.actual}"


def find_gate_differences(*, now: datetime) -> Iterator[GateDifference]:
    """Compare the hours whose attempts are all still there, in the caller's snapshot."""
    return gate_differences(now.date() - timedelta(days=KEPT_DAYS), now.date() + timedelta(days=2))


def gate_differences(first: date, end: date) -> Iterator[GateDifference]:
    """Compare the hours of [first, end), days in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"start": _midnight(first), "end": _midnight(end)})
        for row in cursor.fetchall():
            yield GateDifference(*row)


def recount_gates(differences: Iterable[GateDifference]) -> None:
    """Count the attempts of these hours again; the dispatchers wait for it."""
    hours = list(differences)
    if not hours:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        stop_recording()
        for one in hours:
            key = (one.tenant_id, one.gate_id, one.hour, one.outcome)
            cursor.execute(
                _ATTEMPTS, [one.tenant_id, one.gate_id, one.outcome, one.hour, one.hour + timedelta(hours=1)]
            )
            buckets = Counter(_bucket(*row) for row in cursor.fetchall())
            cursor.execute(
                "DELETE FROM gate_hour WHERE tenant_id = %s AND gate_id = %s AND hour = %s AND outcome = %s", key
            )
            cursor.executemany(
                f"INSERT INTO gate_hour ({_KEYS}, bucket, number) VALUES (%s, %s, %s, %s, %s, %s)",  # noqa: S608  constants of this module
                [(*key, bucket, number) for bucket, number in sorted(buckets.items())],
            )


def _bucket(is_first: bool, at: datetime, ms: int | None, received_at: datetime | None) -> int:
    if not is_first or received_at is None:
        return NOT_FIRST
    ended = at + timedelta(milliseconds=ms or 0)
    return bucket_of(max((ended - received_at).total_seconds(), 0) * 1000)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

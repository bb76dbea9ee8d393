"""Comparison of counts with messages in one snapshot, repaired by inserting the differences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from deliveries.checks.reconcile_conversions import (
    AttributionDifference,
    find_attribution_differences,
    note_differences,
)
from deliveries.checks.reconcile_gates import (
    KEPT_DAYS,
    GateDifference,
    find_gate_differences,
    gate_differences,
    recount_gates,
)
from deliveries.checks.reconcile_owners import OwnerDifference, find_owner_differences, queue_moves
from deliveries.checks.reconcile_parameters import (
    ParameterDifference,
    find_parameter_differences,
    parameter_differences,
    repair_parameters,
)
from deliveries.counts import causes
from deliveries.counts.changes import CAMPAIGN, DAILY, TABLES, CountTable
from deliveries.counts.rollups import invalidate_rollups
from deliveries.messages import slices
from portal.common.bulk import Sums, add_to_counts
from portal.common.database import snapshot
from portal.common.periods import Month

_BEGAN = {  # when a message's hour or quarter of an hour began
    "hour": "date_trunc('hour', message.sent_at, 'UTC')",
    "quarter": "date_bin('15 minutes', message.sent_at, '2000-01-01T00:00Z')",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One key whose counts are not what its messages say."""

    table: CountTable
    key: tuple
    counted: tuple[int, ...]
    actual: tuple[int, ...]

    def __str__(self) -> str:
        key = " ".join(f"{name}={value}" for name, value in zip(self.table.keys, self.key, strict=True))
        numbers = ", ".join(
            f"{name} counted {counted}, actual {actual}"
            for name, counted, actual in zip(self.table.values, self.counted, self.actual, strict=True)
        )
        return f"{self.table.name}: {key}: {numbers}"


AnyDifference = Difference | ParameterDifference | OwnerDifference | AttributionDifference | GateDifference


def find_differences() -> list[AnyDifference]:
    """Compare all counts with the messages in one snapshot, month by month, so that memory stays small.

    Sealed days are left out. What messages are found by (message_parameter) is compared with them too, and each
    message's tenant with the owner of its platformPartnerId, conversion events with the rule of attribution, and gates'
    counts with their attempts.
    """
    with snapshot(), connection.cursor() as cursor:
        months = _months(cursor)
        found = [
            difference
            for table in TABLES
            for month in months
            for difference in _compare(cursor, table, month.first_day, month.next().first_day)
        ]
        return [
            *found,
            *find_parameter_differences(),
            *find_owner_differences(),
            *find_attribution_differences(),
            *find_gate_differences(now=datetime.now(UTC)),
        ]


def find_differences_of(day: date) -> list[Difference | ParameterDifference | GateDifference]:
    """Compare the counts of one day (of hours and quarters: the UTC day) with the messages in one snapshot.

    It costs reading that day's messages once for each of the tables, however many other days there are.
    """
    with snapshot(), connection.cursor() as cursor:
        end = day + timedelta(days=1)
        found = [difference for table in TABLES for difference in _compare(cursor, table, day, end)]
        has_attempts = day >= datetime.now(UTC).date() - timedelta(days=KEPT_DAYS)
        return [*found, *parameter_differences(day, end), *(gate_differences(day, end) if has_attempts else ())]


def repair(differences: list[AnyDifference]) -> None:
    """Insert the differences; safe beside running appliers, because sums do not depend on order.

    The worker moves messages of a wrong tenant, and attributes events again.
    """
    queue_moves(difference for difference in differences if isinstance(difference, OwnerDifference))
    note_differences(difference for difference in differences if isinstance(difference, AttributionDifference))
    repair_parameters([difference for difference in differences if isinstance(difference, ParameterDifference)])
    recount_gates(difference for difference in differences if isinstance(difference, GateDifference))
    of_counts = [difference for difference in differences if isinstance(difference, Difference)]
    with transaction.atomic():
        slices.lock([0])  # whose holders `condense` waits for
        invalidate_rollups({d.key[:2] for d in of_counts if "day" in d.table.keys})
        missing = {t.name: _missing(of_counts, t) for t in TABLES}
        repairs = ((t.name, t.keys, missing[t.name]) for t in (DAILY, CAMPAIGN))
        add_to_counts(
            *(Sums(t.stored, t.keys, t.values, missing[t.name]) for t in TABLES),
            causes.of_repairs(repairs, now=datetime.now(UTC)),
        )


def _missing(differences: list[Difference], table: CountTable) -> dict[tuple, list[int]]:
    return {
        d.key: [actual - counted for actual, counted in zip(d.actual, d.counted, strict=True)]
        for d in differences
        if d.table is table
    }


def _months(cursor) -> list[Month]:
    cursor.execute(
        "SELECT min(day), max(day) FROM (SELECT min(day) AS day FROM message UNION ALL SELECT max(day) FROM message"
        " UNION ALL SELECT min(day) FROM daily_count UNION ALL SELECT max(day) FROM daily_count"
        " UNION ALL SELECT min(day) FROM campaign_count UNION ALL SELECT max(day) FROM campaign_count"
        " UNION ALL SELECT min(day) FROM latency_count UNION ALL SELECT max(day) FROM latency_count"
        " UNION ALL SELECT min(quarter AT TIME ZONE 'UTC')::date FROM hour_count"
        " UNION ALL SELECT max(quarter AT TIME ZONE 'UTC')::date FROM hour_count"
        " UNION ALL SELECT min(hour AT TIME ZONE 'UTC')::date FROM submission_count"
        " UNION ALL SELECT max(hour AT TIME ZONE 'UTC')::date FROM submission_count) AS days"
    )
    first, last = cursor.fetchone()
    if first is None:
        return []
    # A tenant's day may be the one before or after the UTC hour's.
    month, last = Month.of(first - timedelta(days=1)), Month.of(last + timedelta(days=1))
    months = [month]
    while month != last:
        month = month.next()
        months.append(month)
    return months


def _compare(cursor, table: CountTable, start: date, end: date) -> Iterator[Difference]:
    keys = ", ".join(table.keys)
    facts_where, counts_where, parameters = _range(table, start, end)
    facts_where, counts_where = facts_where + _open(table, of="message"), counts_where + _open(table, of=table.name)
    counted = ", ".join(f"coalesce(c.{value}, 0)" for value in table.values)
    actual = ", ".join(f"coalesce(f.{value}, 0)::bigint" for value in table.values)
    counts_where += f" AND NOT ({table.unfinished})"
    sums = ", ".join(f"sum({value})::bigint AS {value}" for value in table.values)
    columns, grouped = ("*", "") if table.name == table.stored else (f"{keys}, {sums}", f"GROUP BY {keys}")
    counts = f"SELECT {columns} FROM {table.name} WHERE {counts_where} {grouped}"  # noqa: S608  names of count tables, conditions of this module; values are parameters
    cursor.execute(
        f"WITH f AS ({table.facts.format(where=facts_where)}), c AS ({counts})"  # noqa: S608  names of count tables, conditions of this module; values are parameters
        f" SELECT {keys}, {counted}, {actual} FROM f FULL JOIN c USING ({keys})"
        f" WHERE ({counted}) IS DISTINCT FROM ({actual}) ORDER BY {keys}",
        parameters,
    )
    width, values = len(table.keys), len(table.values)
    for row in cursor.fetchall():
        yield Difference(table, row[:width], row[width : width + values], row[width + values :])


def _open(table: CountTable, *, of: str) -> str:
    """Return the condition that leaves out what is sealed: retention took its messages, not its counts."""
    if table.time == "day":
        sealed = f"{of}.day < r.messages_before"
    else:
        began = f"{of}.{table.time}" if of == table.name else _BEGAN[table.time]
        sealed = f"{began} < r.hours_before"
    return f" AND NOT EXISTS (SELECT 1 FROM retention_mark r WHERE r.tenant_id = {of}.tenant_id AND {sealed})"  # noqa: S608  names of count tables, conditions of this module; values are parameters


def _range(table: CountTable, start: date, end: date) -> tuple[str, str, dict]:
    """Return [start, end) as conditions for messages and for counts, with their parameters.

    A day and the times of its messages are at most a day apart; with both conditions, the planner finds one day by an
    index.
    """
    if table.time == "day":
        where = "day >= %(start)s AND day < %(end)s"
        times = {"from": _midnight(start - timedelta(days=1)), "until": _midnight(end + timedelta(days=1))}
        facts = where + " AND sent_at >= %(from)s AND sent_at < %(until)s"
        return facts, where, {"start": start, "end": end} | times
    instants = {
        "start": _midnight(start),
        "end": _midnight(end),
        "first_day": start - timedelta(days=1),
        "last_day": end + timedelta(days=1),
    }
    facts = "sent_at >= %(start)s AND sent_at < %(end)s AND day BETWEEN %(first_day)s AND %(last_day)s"
    return facts, f"{table.time} >= %(start)s AND {table.time} < %(end)s", instants


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

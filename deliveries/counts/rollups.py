"""Roll-ups of days, ten days and months that no longer change, so that pages over long periods stay fast.

To roll up a span: insert its placeholder row, wait until every batch that started earlier has committed, sum the
counts, and mark the span ready. Old spans are rolled up after every change, the last days only if nothing changed since
the last run. Every change of a count deletes the span's row (`invalidate_rollups`) in its own transaction, so a span is
ready only if its counts did not change since they were read.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Model

from deliveries.counts.final_codes import DIGEST
from deliveries.counts.notices import tell_changed
from deliveries.counts.rollup_sql import ROLLUP_MODELS, STATEMENTS
from deliveries.messages.slices import wait_for_running_batches
from deliveries.models.rollups import CondensedSpan, Span
from portal.common.bulk import looked_up

_LOCK = "portal.condense"
QUIET_DAYS = 3  # after a day or month late reports are rare; before, each run would sum up what changes all the time
_MODELS: tuple[type[Model], ...] = (CondensedSpan, *ROLLUP_MODELS)
ROLLUP_TABLES = tuple(model._meta.db_table for model in _MODELS)
# Every tenant has every span, also those without messages: what a parent's tenants have in common is ready then.
_ANNOUNCE = """
WITH bounds AS (SELECT min(day) AS first FROM daily_count), spans AS (
    SELECT 'day' AS span, d::date AS day FROM bounds, generate_series(first, %(last)s::date, '1 day') AS d
    UNION ALL
    SELECT 'month', m::date FROM bounds, generate_series(date_trunc('month', first), %(last)s::date, '1 month') AS m
    WHERE (m + interval '1 month')::date <= %(last)s::date
    UNION ALL
    SELECT 'ten_days', tens.day
    FROM bounds, generate_series(date_trunc('month', first), %(last)s::date, '1 month') AS m, LATERAL (
        VALUES (m::date, m::date + 10), (m::date + 10, m::date + 20), (m::date + 20, (m + interval '1 month')::date)
    ) AS tens (day, ends)
    WHERE tens.ends <= %(last)s::date
)
INSERT INTO condensed_span (tenant_id, span, day, is_ready)
SELECT t.id, s.span, s.day, false FROM tenants_tenant t CROSS JOIN spans s ON CONFLICT DO NOTHING
"""
# Nothing is counted: there is nothing to sum up, and nothing is left of an earlier time.
_EMPTY_READY = """
UPDATE condensed_span s SET is_ready = true, final_codes = %(codes)s
WHERE (NOT is_ready OR final_codes <> %(codes)s) AND NOT EXISTS (
    SELECT 1 FROM daily_count c WHERE c.tenant_id = s.tenant_id AND c.day >= s.day
    AND c.day < CASE WHEN s.span = 'day' THEN s.day + 1
        WHEN s.span = 'month' OR extract(day FROM s.day) = 21
        THEN (date_trunc('month', s.day) + interval '1 month')::date ELSE s.day + 10 END
)
"""
_DUE = """
SELECT tenant_id, span, day FROM condensed_span WHERE NOT is_ready OR final_codes <> %(codes)s
ORDER BY day DESC, span, tenant_id
"""
_CHANGED_SPANS = "unnest(%s::int[], %s::text[], %s::date[]) AS gone (tenant_id, span, day)"
_THESE = looked_up("s", "gone", ("tenant_id", "span", "day"))
_LOCK_SPANS = (
    f"SELECT 1 FROM condensed_span s CROSS JOIN {_CHANGED_SPANS} WHERE {_THESE}"  # noqa: S608  constants of this module
    " ORDER BY gone.tenant_id, gone.span, gone.day FOR UPDATE OF s"
)
_INVALIDATE = f"DELETE FROM condensed_span s USING {_CHANGED_SPANS} WHERE {_THESE}"  # noqa: S608  constants of this module


def roll_up(*, now: datetime) -> int | None:
    """Sum up what has become quiet by `now` and is not ready; return how many spans with messages were summed up.

    None where another process is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [_LOCK])
        if not cursor.fetchone()[0]:
            return None
        try:
            return _roll_up_due(cursor, now.date())
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [_LOCK])


def _roll_up_due(cursor, today: date) -> int:
    cursor.execute(_ANNOUNCE, {"last": today - timedelta(days=QUIET_DAYS)})
    wait_for_running_batches()
    codes = {"codes": _final_codes(cursor)}
    cursor.execute(_EMPTY_READY, codes)
    cursor.execute(_DUE, codes)
    done = sum(_roll_up_span(tenant_id, Span(span), day) for tenant_id, span, day in cursor.fetchall())
    cursor.execute(
        _ANNOUNCE, {"last": today - timedelta(days=1)}
    )  # for the next run, if nobody changes them until then
    return done


def _final_codes(cursor) -> str:
    """Return the digest of the final codes; read before the sums, so that sums are never older than it says."""
    cursor.execute(DIGEST)
    return cursor.fetchone()[0]


def invalidate_rollups(days: Iterable[tuple[int, date]]) -> None:
    """Have the spans of these (tenant, day) read from the counts again; in the transaction that changes the counts.

    It holds a slice's lock already (deliveries/messages/slices.py): `roll_up` waits for those who may not see its
    announcement. At the commit those who follow the tenants' figures are woken.
    """
    gone = set()
    for tenant_id, day in days:
        gone |= {(tenant_id, span.value, span.of(day)) for span in Span}
    if gone:
        spans = [list(column) for column in zip(*sorted(gone), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_LOCK_SPANS, spans)
            if cursor.rowcount:
                # A statement of its own: one that waited for a lock would not see what was declared ready meanwhile.
                cursor.execute(_INVALIDATE, spans)
        tell_changed({tenant_id for tenant_id, _span, _day in gone})


@transaction.atomic
def _roll_up_span(tenant_id: int, span: Span, day: date) -> bool:
    values: dict[str, Any] = {"tenant": tenant_id, "span": span.value, "day": day, "end": span.end_of(day)}
    with connection.cursor() as cursor:
        values["codes"] = _final_codes(cursor)
        for statement in STATEMENTS:
            cursor.execute(statement, values)
        cursor.execute(
            "UPDATE condensed_span SET is_ready = true, final_codes = %(codes)s WHERE tenant_id = %(tenant)s"
            " AND span = %(span)s AND day = %(day)s",
            values,
        )
        is_still_quiet = cursor.rowcount == 1
    if not is_still_quiet:
        transaction.set_rollback(True)
    return is_still_quiet

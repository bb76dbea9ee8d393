"""The ledger of causes: every change of the counts of a closed month inserts its differences with their cause.

They are added in the transaction of the counts. Between two readings of the ledger, the causes of a key sum to the
change of its counts. A month that is still open costs nothing.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from django.db import connection

from deliveries.messages.row import Change, StoredMessage, counted_partner_id
from deliveries.messages.slices import wait_for_running_batches
from deliveries.models import ClosedMonth
from portal.common.bulk import Sums
from portal.common.periods import Month

TABLE = "count_cause"
KEYS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "partner_id": "text",
    "campaign_id": "int",
    "variant": "text",
    "country": "varchar",
    "operator": "text",
    "status": "text",
    "result_code": "int",
    "cause": "text",
    "counted_in": "text",
}
VALUES = ("messages", "parts", "timed")
_NO_NAMES = {"partner_id": "", "campaign_id": 0, "variant": ""}
_LATEST_ZONE = timedelta(hours=14)  # the zone in which months end first


class Cause(StrEnum):
    """Reasons for which counts of a closed month change, in the order in which they are listed."""

    LATE_REPORTS = "late_reports"  # delivery reports or submissions that were applied after the month was closed
    PARTNER_IDS = "partner_ids"  # a partner ID was declared, or has another owner
    SETTINGS = "settings"  # the tenant's time zone or refId scheme was changed
    REFOLD = "refold"  # reports are read by other rules, or a code got another meaning
    RECONCILE = "reconcile"  # counts were repaired after a comparison with the messages


_Deltas = dict[tuple, list[int]]


def close_month(month: Month) -> None:
    """Have all further changes of the month's counts explained; call it before the counts of a final report are read.

    Batches that may not have seen it are over when it returns, so none of them changes what is read afterwards.
    """
    ClosedMonth.objects.bulk_create([ClosedMonth(month=month.first_day)], ignore_conflicts=True)
    wait_for_running_batches()


def closed_months(days: Iterable[date], *, now: datetime) -> set[date]:
    """Return the months (first days) of these days that are closed; for days of months that have not ended, none.

    The caller holds the lock of a slice, for which `close_month` waits.
    """
    running = (now.astimezone(UTC) + _LATEST_ZONE).date().replace(day=1)
    ended = {day.replace(day=1) for day in days if day < running}
    if not ended:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT month FROM closed_month WHERE month = ANY (%s)", [sorted(ended)])
        return {month for (month,) in cursor.fetchall()}


def of_changes(changes: Iterable[Change], days: Iterable[date], cause: Cause, *, now: datetime) -> Sums:
    """Return what changes of messages add to the ledger; `days` are all days of these messages."""
    deltas: _Deltas = {}
    if closed := closed_months(days, now=now):
        for change in changes:
            for message, sign in ((change.before, -1), (change.after, +1)):
                if message is not None and message.day.replace(day=1) in closed:
                    _add(deltas, message, sign, cause)
    return Sums(TABLE, KEYS, VALUES, deltas)


def of_repairs(repairs: Iterable[tuple[str, Iterable[str], _Deltas]], *, now: datetime) -> Sums:
    """Return what repairs of count tables (name, keys, differences of messages and parts) add to the ledger.

    Keys of the ledger that a table does not have are empty.
    """
    deltas: _Deltas = {}
    for table, keys, differences in repairs:
        known = [dict(zip(keys, key, strict=True)) for key in differences]
        closed = closed_months({key["day"] for key in known}, now=now)
        for key, (messages, parts) in zip(known, differences.values(), strict=True):
            if key["day"].replace(day=1) in closed:
                full = _NO_NAMES | key | {"cause": Cause.RECONCILE.value, "counted_in": table}
                delta = deltas.setdefault(tuple(full[name] for name in KEYS), [0, 0, 0])
                delta[0] += messages
                delta[1] += parts
    return Sums(TABLE, KEYS, VALUES, deltas)


def forget_month(tenant_id: int, month: Month) -> None:
    """Delete what the ledger has of a tenant's month: its names may hold a number that was erased."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM count_cause WHERE tenant_id = %s AND day BETWEEN %s AND %s",
            [tenant_id, month.first_day, month.last_day],
        )


def _add(deltas: _Deltas, message: StoredMessage, sign: int, cause: Cause) -> None:
    f = message.folded
    key = (
        *(message.tenant_id, message.day, f.account_id, counted_partner_id(f), message.campaign_id, message.variant),
        *(f.country, f.operator, f.status, f.result_code, cause.value, ""),
    )
    delta = deltas.setdefault(key, [0, 0, 0])
    delta[0] += sign
    delta[1] += sign * f.parts
    delta[2] += sign * (f.latency_bucket is not None)

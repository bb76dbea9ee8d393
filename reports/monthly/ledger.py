"""Reads the ledger of causes: sums by cause for many reports at once, or all rows of one month."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from deliveries.counts.causes import KEYS, VALUES, Cause
from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import CampaignCount, CountCause
from portal.common.periods import Month
from reports.monthly.count_state import COUNTED, CountState

LedgerRows = Mapping[tuple[Any, ...], tuple[int, ...]]
"""Differences (messages, parts, timed) by the ledger's keys, in the order of KEYS."""

_CLASSES = COUNTED[2:]
_STATES = f"""
SELECT date_trunc('month', day)::date, tenant_id, cause,
    coalesce(sum(messages) FILTER (WHERE counted_in <> %(campaigns)s), 0),
    coalesce(sum(parts) FILTER (WHERE counted_in <> %(campaigns)s), 0), {{classes}},
    sum(hash_record_extended(ROW({", ".join(KEYS)}, {", ".join(VALUES)}), 0))
FROM count_cause WHERE tenant_id = ANY (%(tenants)s) AND day BETWEEN %(first)s AND %(last)s
    AND (messages <> 0 OR parts <> 0 OR timed <> 0) {{of_account}}
GROUP BY 1, 2, 3
"""  # noqa: S608  names of a table's columns, constants
_CLASS = "coalesce(sum(messages) FILTER (WHERE counted_in <> %(campaigns)s AND status = ANY (%({name})s)), 0)"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause, and what it has added to a month's counts since a report."""

    cause: str
    differences: Mapping[str, int]

    @property
    def are_rows_moved(self) -> bool:
        """Return whether it has changed no total, but moved figures between rows."""
        return not any(self.differences.values())


def cause_states(
    tenant_ids: Collection[int], months: Collection[date], account_id: int | None = None
) -> dict[tuple[date, int], dict[str, CountState]]:
    """Return the sums of each cause by month (its first day) and tenant, in one query."""
    if not months or not tenant_ids:
        return {}
    parameters: dict[str, Any] = {
        "tenants": list(tenant_ids),
        "first": min(months),
        "last": Month.of(max(months)).last_day,
        "campaigns": CampaignCount._meta.db_table,
        "account": account_id,
    }
    for name in _CLASSES:
        parameters[name] = [status for status, counts_as in COUNTS_AS.items() if counts_as == name]
    sql = _STATES.format(
        classes=", ".join(_CLASS.format(name=name) for name in _CLASSES),
        of_account="" if account_id is None else "AND account_id = %(account)s",
    )
    found: dict[tuple[date, int], dict[str, CountState]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        for month, tenant_id, cause, *sums, digest in cursor.fetchall():
            found[month, tenant_id][cause] = CountState.of(sums, digest)
    return dict(found)


def summed(states: Iterable[Mapping[str, CountState]]) -> dict[str, CountState]:
    """Return the sums of several tenants' causes."""
    sums: dict[str, CountState] = {}
    for of_tenant in states:
        for cause, state in of_tenant.items():
            sums[cause] = sums.get(cause, CountState()) + state
    return sums


def as_stored(states: Mapping[str, CountState]) -> dict[str, dict[str, Any]]:
    """Return the sums as a run keeps them."""
    return {cause: {"totals": state.totals, "rows_hash": state.rows_hash} for cause, state in sorted(states.items())}


def reasons(then: Mapping[str, Any] | None, now: Mapping[str, Any]) -> tuple[Reason, ...]:
    """Return the causes that differ between two stored states; none where the earlier one was not kept."""
    if then is None:
        return ()
    found = []
    empty = as_stored({"": CountState()})[""]
    for cause in Cause:
        one, other = then.get(cause, empty), now.get(cause, empty)
        if one != other:
            found.append(Reason(cause.value, {name: other["totals"][name] - one["totals"][name] for name in COUNTED}))
    return tuple(found)


def ledger_rows(tenant_ids: Collection[int], month: Month, account_id: int | None = None) -> LedgerRows:
    """Return the ledger's rows of one month; call it in the snapshot of the counts."""
    rows = CountCause.objects.filter(tenant_id__in=list(tenant_ids), day__range=(month.first_day, month.last_day))
    rows = rows.exclude(Q(messages=0) & Q(parts=0) & Q(timed=0))
    if account_id is not None:
        rows = rows.filter(account_id=account_id)
    width = len(KEYS)
    return {row[:width]: row[width:] for row in rows.values_list(*KEYS, *VALUES)}


def rows_since(then: LedgerRows, now: LedgerRows) -> LedgerRows:
    """Return what was added to the ledger between two readings."""
    none = (0,) * len(VALUES)
    found = {}
    for key in then.keys() | now.keys():
        values = tuple(b - a for a, b in zip(then.get(key, none), now.get(key, none), strict=True))
        if any(values):
            found[key] = values
    return found

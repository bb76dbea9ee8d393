"""Phone numbers taken out of messages: a keyed hash stays, by which the whole number still finds them.

Custom parameters that hold the message's number hold the masked one afterwards, and so do the rows by which they are
found. Counts do not move: the country stays as it was, and no later report brings the number back
(fold.NUMBER_ERASED).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

import orjson
from django.db import connection, transaction

from deliveries import slices
from deliveries.fold import NUMBER_ERASED
from deliveries.services.message_parameters import chosen_keys, replace_rows, row_values
from deliveries.services.stored import StoredMessage, same_message
from portal.accounts.models import record
from portal.common.bulk import EACH, bulk_cursor, plan_for_small_sets
from portal.common.msisdn import mask_number, read_number, tells_number
from portal.tenants import secrets
from portal.tenants.models import Tenant

BATCH = 5000  # messages in one transaction: all appliers wait for it once, and it for each of them
MARK = "#"  # no number begins with it


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk over a tenant's messages stands; they are taken by `sent_at`."""

    sent_at: datetime
    account_id: int
    message_id: str


def hashed(number: str, *, tenant_id: int) -> str:
    """Return what stays of a stored number: `#` and 32 hex digits of its HMAC, under a key of the tenant's own."""
    return MARK + secrets.digest(number, purpose=f"number-of-tenant-{tenant_id}")[:32]


def search_forms(number: str, *, country: str, tenant_ids: frozenset[int] | set[int]) -> list[str]:
    """Return all that a number may be stored as, a national one in `country`.

    These are the number as it is read and as it is written, and their hashes by the tenants' keys, older ones too.
    """
    forms = read_number(number, country).forms
    hashes = [
        MARK + digest[:32]
        for form in forms
        for tenant_id in sorted(tenant_ids)
        for digest in secrets.digests(form, purpose=f"number-of-tenant-{tenant_id}")
    ]
    return [*forms, *hashes]


def erase(message: StoredMessage) -> None:
    """Take the number out of a message that is about to be written."""
    folded = message.folded
    folded.parameters = without_number(folded.parameters, folded.destination)
    folded.destination = hashed(folded.destination, tenant_id=message.tenant_id)
    folded.flags |= NUMBER_ERASED


def without_number(parameters: dict[str, str] | None, number: str) -> dict[str, str] | None:
    """Return custom parameters with the masked number in place of each value that tells the number."""
    if not parameters or not any(tells_number(value, number) for value in parameters.values()):
        return parameters
    masked = mask_number(number)
    return {key: masked if tells_number(value, number) else value for key, value in parameters.items()}


def erase_number(*, number: str, tenant: Tenant, actor: str) -> int:
    """Take one person's number out of all of a tenant's messages; return of how many. May be run again.

    The number may be written in any notation; a national one is read in the tenant's country. Raw rows and quarantined
    ones that hold it stay until their own end.
    """
    read = read_number(number, tenant.country)
    count = 0
    while erased := _erase_where(tenant.id, "m.destination = ANY (%(forms)s)", {"forms": list(read.forms)}):
        count += erased
    subject = hashed(read.text, tenant_id=tenant.id)[:13]
    record("number.erased", actor=actor, tenant=tenant, subject=subject, details={"messages": count})
    return count


def erase_days(*, tenant_id: int, first: date | None, before: date) -> int:
    """Take the numbers out of a tenant's messages of [first, before) in small steps; return of how many."""
    count, place = 0, None
    while (step := _days_step(tenant_id, first, before, place)) is not None:
        erased, place = step
        count += erased
    return count


def count_numbers(*, tenant_id: int, first: date | None, before: date) -> int:
    """Count the messages of [first, before) that hold a number."""
    where, parameters = _days(first, before)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM message m WHERE m.tenant_id = %(tenant)s AND {where} AND {_HOLDS_NUMBER}",  # noqa: S608  conditions of this module, their values are parameters
            {"tenant": tenant_id} | parameters,
        )
        return cursor.fetchone()[0]


_HOLDS_NUMBER = f"m.destination > '' AND m.flags & {NUMBER_ERASED} = 0"


def _days(first: date | None, before: date) -> tuple[str, dict]:
    """Return the condition of a range of days; `sent_at` lets the index of the newest messages serve it."""
    where = "m.day < %(before)s AND m.sent_at < %(end)s"
    parameters: dict = {"before": before, "end": before + timedelta(days=2)}
    if first is not None:
        where += " AND m.day >= %(first)s AND m.sent_at >= %(start)s"
        parameters |= {"first": first, "start": first - timedelta(days=2)}
    return where, parameters


def _days_step(tenant_id: int, first: date | None, before: date, place: Place | None) -> tuple[int, Place] | None:
    """Erase in the next BATCH messages; return how many numbers and where the walk stands, None at its end."""
    where, parameters = _days(first, before)
    if place is not None:
        where += " AND m.sent_at >= %(at)s AND (m.sent_at, m.account_id, m.message_id) > (%(at)s, %(account)s, %(id)s)"
        parameters |= {"at": place.sent_at, "account": place.account_id, "id": place.message_id}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.sent_at, m.account_id, m.message_id FROM message m WHERE m.tenant_id = %(tenant)s"  # noqa: S608  conditions of this module, their values are parameters
            f" AND {where} ORDER BY m.sent_at, m.account_id, m.message_id LIMIT %(limit)s",
            {"tenant": tenant_id, "limit": BATCH} | parameters,
        )
        rows = cursor.fetchall()
    if not rows:
        return None
    low, high = rows[0][0], rows[-1][0]
    days = (low.date() - timedelta(days=2), min(high.date() + timedelta(days=2), before - timedelta(days=1)))
    bounds = {"low": low, "high": high}
    erased = _erase_where(tenant_id, "m.sent_at >= %(low)s AND m.sent_at <= %(high)s", bounds, days=days, limit=None)
    return erased, Place(*rows[-1])


def _erase_where(
    tenant_id: int,
    where: str,
    parameters: dict,
    *,
    days: tuple[date, date] = (date.min, date.max),
    limit: int | None = BATCH,
) -> int:
    """Hash the numbers of the tenant's messages that match, under their slices' locks; return how many.

    `days` are the first and the last one.
    """
    in_days = "m.day BETWEEN %(first_day)s AND %(last_day)s"
    matching = f"m.tenant_id = %(tenant)s AND {where} AND {_HOLDS_NUMBER}"
    parameters = {"tenant": tenant_id, "limit": limit, "first_day": days[0], "last_day": days[1]} | parameters
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.account_id, m.message_id FROM message m WHERE {matching} AND {in_days} LIMIT %(limit)s",  # noqa: S608  conditions of this module, their values are parameters
            parameters,
        )
        keys = cursor.fetchall()
        if not keys:
            return 0
        slices.lock(slices.slice_of(*key) for key in keys)
        plan_for_small_sets()
        # Again: an applier may have changed them meanwhile, and only now does nobody else touch them.
        cursor.execute(
            "SELECT m.day, m.account_id, m.message_id, m.destination, m.sent_at, m.custom_parameters::text"  # noqa: S608  conditions of this module, their values are parameters
            " FROM unnest(%(accounts)s::int[], %(ids)s::text[]) AS k (account_id, message_id) CROSS JOIN LATERAL"
            f" (SELECT * FROM message m WHERE {same_message('m', 'k')} AND {in_days} {EACH}) AS m WHERE {matching}",
            parameters | {"accounts": [key[0] for key in keys], "ids": [key[1] for key in keys]},
        )
        rows = [_Row(*row) for row in cursor.fetchall()]
        cleaned = [_cleaned(row) for row in rows]
        cursor.execute(
            f"UPDATE message m SET destination = n.hashed, flags = m.flags | {NUMBER_ERASED},"  # noqa: S608  conditions of this module, their values are parameters
            " custom_parameters = coalesce(n.parameters::jsonb, m.custom_parameters)"
            " FROM unnest(%s::date[], %s::int[], %s::text[], %s::text[], %s::text[])"
            " AS n (day, account_id, message_id, hashed, parameters)"
            f" WHERE m.tenant_id + 0 = %s AND m.day = n.day AND {same_message('m', 'n')}",
            [
                [row.day for row in rows],
                [row.account_id for row in rows],
                [row.message_id for row in rows],
                [hashed(row.destination, tenant_id=tenant_id) for row in rows],
                [orjson.dumps(after).decode() if after is not None else None for after in cleaned],
                tenant_id,
            ],
        )
        changed = [(row, after) for row, after in zip(rows, cleaned, strict=True) if after is not None]
        _replace_found_by(tenant_id, changed)
    return len(rows)


class _Row(NamedTuple):
    """What is read of a message that holds a number."""

    day: date
    account_id: int
    message_id: str
    destination: str
    sent_at: datetime
    parameters: str | None


def _cleaned(row: _Row) -> dict[str, str] | None:
    """Return the message's custom parameters without its number, None where they do not hold it."""
    before = orjson.loads(row.parameters) if row.parameters else None
    after = without_number(before, row.destination)
    return None if after is before else after


def _replace_found_by(tenant_id: int, changed: list[tuple[_Row, dict[str, str]]]) -> None:
    """Write what messages with changed custom parameters are found by."""
    keys = chosen_keys([tenant_id]).get(tenant_id)
    if not keys or not changed:
        return
    gone, new = [], []
    for row, after in changed:
        place = (tenant_id, row.day, row.sent_at, row.account_id, row.message_id)
        was, is_now = row_values(*place, orjson.loads(row.parameters), keys), row_values(*place, after, keys)
        gone += was - is_now
        new += is_now - was
    with bulk_cursor() as cursor:
        replace_rows(cursor, gone, new)

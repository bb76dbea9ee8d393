"""Invariants of a database after any fault, derived from the posted bodies and the stored rows.

States are recounted from the raw bodies by tests/e2e/recount.py, which uses nothing of the portal's own fold.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, time

from django.db import connection

from deliveries.applying.accounting import balances_between
from deliveries.checks.reconcile import find_differences
from deliveries.messages.fold import BY_SUBMISSION
from deliveries.models import Message, QuarantinedRow
from portal.tenants.models import Feed, PartnerId
from tests.e2e.recount import recount

REASONS = {"not JSON", "empty array", "missing field", "out of range", "past retention", "another partner ID"}


def rows(query: str, *parameters: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def counts() -> list[str]:
    """Return where counts are not the messages, or hours of the feeds whose raw rows are kept do not add up."""
    ((first,),) = rows("SELECT coalesce(max(raw_before), '2026-11-01') FROM retention_mark")
    hours = balances_between(datetime.combine(first, time(), UTC), datetime(2028, 1, 1, tzinfo=UTC))
    return [*map(str, find_differences()), *(text for balance in hours for text in balance.problems)]


def doubles(taken: int) -> list[str]:
    """Return what stands twice, or was counted as new without standing there; `taken` by retention are gone."""
    found = [f"message {row[0]} stands {row[1]} times" for row in rows(
        "SELECT message_id, count(*) FROM message GROUP BY account_id, message_id HAVING count(*) > 1"
    )]  # fmt: skip
    found += [f"report {row} stands twice" for row in rows(
        "SELECT message_id, part, result_code, status_at FROM delivery_report"
        " GROUP BY account_id, message_id, part, result_code, status_at HAVING count(*) > 1"
    )]  # fmt: skip
    ((counted, stored),) = rows(
        "SELECT (SELECT coalesce(sum(reports), 0) FROM ingest_count), (SELECT count(*) FROM delivery_report)"
    )
    if counted != stored + taken:
        found.append(f"{counted} counted as new reports, {stored} stored and {taken} taken by retention")
    return found


def states(feed: Feed, raw: dict[int, bytes], submitted: dict[str, set[datetime]], *, now: datetime) -> list[str]:
    """Return messages that are not what their reports' raw bodies say; `raw` by inbox id, received until `now`.

    `submitted` are the times at which messages were handed in: one is a message's time where no report says better.
    """
    bodies = [raw[row[0]] for row in rows(
        "SELECT inbox_id FROM delivery_report WHERE account_id = %s ORDER BY inbox_id", feed.account_id
    )]  # fmt: skip
    stored = {
        m.message_id: (m.status, m.final, m.parts, m.sent_at, m.result_code)
        for m in Message.objects.filter(account_id=feed.account_id)
    }
    expected = {
        m.id: (m.status, m.final, m.parts, m.sent_at, stored[m.id][-1] if m.code is None and m.id in stored else m.code)
        for m in recount(bodies, received_at=now)
    }
    for m in Message.objects.filter(account_id=feed.account_id, sent_at_rank=BY_SUBMISSION):
        status, final, parts, _at, code = expected.get(m.message_id, ("queued", False, 1, None, -1))
        at = m.sent_at if m.sent_at in submitted[m.message_id] else None
        expected[m.message_id] = (status, final, parts, at, code)
    return [
        f"{id_}: {stored.get(id_)}, but its reports say {expected.get(id_)}"
        for id_ in sorted(stored.keys() | expected.keys())
        if stored.get(id_) != expected.get(id_)
    ]


def lost(feed: Feed, raw: dict[int, bytes], *, gone: set[str]) -> list[str]:
    """Return applied bodies that are no report of the history; those of `gone` messages were taken by retention."""
    elsewhere = {row[0] for row in rows(
        "SELECT id FROM inbox_todo UNION SELECT inbox_id FROM quarantine WHERE state <> 'replayed'"
    )}  # fmt: skip
    history = Counter(
        (f"{id_}${part}" if part is not None else id_, code)
        for id_, part, code in rows(
            "SELECT message_id, part, result_code FROM delivery_report WHERE account_id = %s", feed.account_id
        )
    )
    applied = [json.loads(body) for id_, body in raw.items() if id_ not in elsewhere]
    return [
        f"{dlr['id']} {dlr['resultCode']} was applied and is not there"
        for dlr in applied
        if (dlr["id"], dlr["resultCode"]) not in history and dlr["id"].partition("$")[0] not in gone
    ]


def owners(feed: Feed) -> list[str]:
    """Return messages that are not with the tenant that declared their partner ID, or with the pool."""
    declared = dict(PartnerId.objects.filter(account=feed.account).values_list("value", "tenant_id"))
    return [
        f"{message_id} of {partner_id} is with tenant {tenant_id}"
        for message_id, partner_id, tenant_id in Message.objects.values_list("message_id", "partner_id", "tenant_id")
        if tenant_id != declared.get(partner_id, feed.account.pool_id)
    ]


def totals() -> list[tuple]:
    """Return the sums of all counts, which retention does not move."""
    tables = ("daily_count", "campaign_count", "hour_count", "latency_count")
    return [row for table in tables for row in rows(f"SELECT sum(messages) FROM {table}")]


def segment_sums() -> list[str]:
    """Return where the counts of a segment key with figures do not add up to the daily counts."""
    place = "account_id, day, country, operator, sender_type, status, result_code"
    found = rows(
        f"SELECT k.key, d.day, d.messages, s.messages FROM campaigns_segmentkey k CROSS JOIN LATERAL ("
        f" SELECT {place}, sum(messages) AS messages, sum(parts) AS parts FROM daily_count"
        " WHERE tenant_id = k.tenant_id AND (k.figures_from IS NULL OR day >= k.figures_from)"
        f" GROUP BY {place} HAVING sum(messages) <> 0) AS d"
        f" FULL JOIN (SELECT tenant_id, key, {place}, sum(messages) AS messages, sum(parts) AS parts FROM segment_count"
        f" GROUP BY tenant_id, key, {place} HAVING sum(messages) <> 0) AS s"
        " ON s.tenant_id = k.tenant_id AND s.key = k.key AND s.account_id = d.account_id AND s.day = d.day"
        " AND s.country = d.country AND s.operator = d.operator AND s.sender_type = d.sender_type"
        " AND s.status = d.status AND s.result_code = d.result_code"
        " WHERE (k.id IS NULL OR (k.state = 'done' AND k.figures = 'yes' AND NOT k.removed))"
        " AND (d.messages, d.parts) IS DISTINCT FROM (s.messages, s.parts)"
    )
    return [
        f"segment key {key} on {day}: {counted} messages, {of_values} by value"
        for key, day, counted, of_values in found
    ]


def past_retention() -> list[str]:
    """Return messages of sealed days: retention leaves none there, and no late report makes one."""
    found = "SELECT m.message_id, m.day FROM message m JOIN retention_mark r USING (tenant_id)"
    return [f"{id_} of the sealed {day}" for id_, day in rows(f"{found} WHERE m.day < r.messages_before")]


def numbers(erased: set[str]) -> list[str]:
    """Return messages that hold a number which was erased in them or is past their tenant's retention."""
    again = Message.objects.filter(message_id__in=erased, destination__startswith="+").values_list("message_id")
    old = rows(
        "SELECT m.message_id FROM message m JOIN retention_mark r USING (tenant_id)"
        " WHERE m.day < r.numbers_before AND m.destination LIKE %s", "+%"
    )  # fmt: skip
    return [f"the number is back in {row[0]}" for row in again] + [
        f"{row[0]} has a number that is too old" for row in old
    ]


def strange_quarantine() -> list[str]:
    """Return reasons that no good report and none of the machine's broken bodies has."""
    return sorted(set(QuarantinedRow.objects.values_list("reason", flat=True)) - REASONS)

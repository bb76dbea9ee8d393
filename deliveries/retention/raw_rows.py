"""Retention of raw rows: rows of an account in small steps, whole days once no account keeps them.

A raw row belongs to an account, not to a tenant. It holds a phone number, so it is deleted with `number_days` at the
latest; of an account's tenants and pool, the longest retention decides. Waiting rows stay.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from deliveries.counts import feed_counts
from deliveries.erasure import raw_keys, raw_rows
from deliveries.messages import partitions
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.store import Key, read_messages
from deliveries.models import IngestCount, QuarantinedRow, RetentionMark
from portal.tenants.models import Feed, GatewayAccount, Tenant
from portal.tenants.partner_owners import owners_at_accounts

_ENDED = (QuarantinedRow.State.REPLAYED, QuarantinedRow.State.DISCARDED)
READ_AT_ONCE = 2000
PAGES = 64  # of the table, in one transaction: some thousand rows


@dataclass(frozen=True, slots=True)
class _Account:
    """An account's name, pool, tenants and feeds, and the first days (UTC) of the raw rows and numbers it keeps."""

    name: str
    pool_id: int
    tenant_ids: set[int]
    feed_ids: list[int]
    before: date
    numbers_before: date


def delete_expired(now: datetime) -> tuple[dict[str, int], list[str]]:
    """Delete what is past retention; return the rows by account, and the partitions that were dropped."""
    accounts = _accounts(now)
    oldest = min((account.before for account in accounts), default=date.min)
    dropped = [
        partitions.daily(partitions.INBOX, day)
        for day in partitions.days_of(partitions.INBOX)
        if day < oldest and partitions.drop_inbox_day(day)
    ]
    deleted: dict[str, int] = {}
    marks = RetentionMark.objects.in_bulk()
    for account in accounts:
        mark = marks.get(account.pool_id)
        done = (mark and mark.raw_before) or date.min
        tables = [
            partitions.daily(partitions.INBOX, day)
            for day in partitions.days_of(partitions.INBOX)
            if done <= day < account.before
        ]
        count = sum(_delete(table, account) for table in [*tables, "inbox_default"])
        if count:
            deleted[account.name] = count
        RetentionMark.objects.update_or_create(tenant_id=account.pool_id, defaults={"raw_before": account.before})
    return deleted, dropped


def count_expired(now: datetime) -> tuple[dict[str, int], list[str]]:
    """Return what `delete_expired` would delete, and the partitions that it would drop."""
    accounts = _accounts(now)
    oldest = min((account.before for account in accounts), default=date.min)
    days = [day for day in partitions.days_of(partitions.INBOX) if day < oldest]
    found = {}
    for account in accounts:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM inbox WHERE feed_id = ANY (%s) AND received_at < %s",
                [account.feed_ids, _midnight(account.before)],
            )
            if count := cursor.fetchone()[0]:
                found[account.name] = count
    return found, [partitions.daily(partitions.INBOX, day) for day in days]


def empty_quarantined(now: datetime) -> dict[str, int]:
    """Empty the quarantined rows that came in before their account's numbers are kept; return how many by account.

    Those that wait are discarded by it: a row without its body cannot be applied.
    """
    emptied = {}
    for account in _accounts(now):
        with transaction.atomic():
            rows = _quarantined(account).select_for_update().order_by("id").iterator(chunk_size=1000)
            if count := raw_rows.erase_quarantined(rows, number="", actor="retention", now=now):
                emptied[account.name] = count
    return emptied


def erase_beside(tenant_ids: Collection[int], *, now: datetime) -> int:
    """Delete the raw rows that no delivery report knows of messages whose numbers were erased; return how many.

    These are duplicates and submissions, so only hours that have such rows are read. Quarantined rows about such
    messages are emptied. `tenant_ids` are those whose numbers have just been erased.
    """
    count = 0
    for account in _accounts(now):
        if account.tenant_ids.isdisjoint(tenant_ids):
            continue
        feeds = Feed.objects.in_bulk(account.feed_ids)
        for rows in _raw_rows_beside(account):
            with transaction.atomic():
                keys = [raw_keys.key_of(*of_request, at, feeds[feed_id]) for _id, at, feed_id, *of_request in rows]
                erased = _erased(raw_keys.with_known_ids(keys))
                gone = raw_rows.delete_raw_rows(
                    (id_, at) for (id_, at, *_of), is_erased in zip(rows, erased, strict=True) if is_erased
                )
                feed_counts.add_erased(gone)
            count += gone.total()
        _empty_quarantined_beside(feeds, now)
    return count


def _raw_rows_beside(account: _Account) -> Iterator[list[tuple]]:
    """Yield the raw rows of hours with duplicates or submissions in steps: id, time of receipt, feed and request."""
    counts = IngestCount.objects.filter(feed_id__in=account.feed_ids, hour__gte=_midnight(account.before))
    hours: dict[date, set[datetime]] = defaultdict(set)
    for hour in counts.exclude(duplicates=0, submissions=0).values_list("hour", flat=True):
        hours[hour.date()].add(hour)
    for day in sorted(hours):
        after = 0
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT id, received_at, feed_id, body, query, content_type, content_encoding FROM inbox WHERE"
                    " received_at >= %s AND received_at < %s AND date_trunc('hour', received_at, 'UTC') = ANY (%s)"
                    " AND feed_id = ANY (%s) AND id > %s ORDER BY id LIMIT %s",
                    [
                        _midnight(day), _midnight(day + timedelta(days=1)), sorted(hours[day]), account.feed_ids,
                        after, READ_AT_ONCE,
                    ],
                )  # fmt: skip
                rows = [(id_, at, feed_id, bytes(body), *rest) for id_, at, feed_id, body, *rest in cursor.fetchall()]
            if not rows:
                break
            yield rows
            after = rows[-1][0]


def _erased(keys: list[Key | None]) -> list[bool]:
    """Tell of each identity whether its message's number was erased."""
    found = read_messages(filter(None, keys), around=None)
    return [key in found and bool(found[key].folded.flags & NUMBER_ERASED) for key in keys]


def _empty_quarantined_beside(feeds: dict[int, Feed], now: datetime) -> None:
    with transaction.atomic():
        kept = QuarantinedRow.objects.filter(feed_id__in=feeds).exclude(body=b"", query="", state__in=_ENDED)
        rows = list(kept.select_for_update().order_by("id"))
        keys = [
            raw_keys.key_of(bytes(r.body), r.query, r.content_type, r.content_encoding, r.received_at, feeds[r.feed_id])
            for r in rows
        ]
        erased = _erased(raw_keys.with_known_ids(keys))
        about = (row for row, is_erased in zip(rows, erased, strict=True) if is_erased)
        raw_rows.erase_quarantined(about, number="", actor="retention", now=now)


def count_quarantined(now: datetime) -> dict[str, int]:
    """Return how many rows `empty_quarantined` would empty, by account."""
    found = {account.name: _quarantined(account).count() for account in _accounts(now)}
    return {name: count for name, count in found.items() if count}


def _quarantined(account: _Account) -> QuerySet[QuarantinedRow]:
    old = QuarantinedRow.objects.filter(feed_id__in=account.feed_ids, received_at__lt=_midnight(account.numbers_before))
    return old.exclude(body=b"", query="", state__in=_ENDED)


def _accounts(now: datetime) -> list[_Account]:
    today = now.astimezone(UTC).date()
    numbers = dict(Tenant.objects.values_list("id", "number_days"))
    keeps = {tenant.id: min(tenant.raw_days, tenant.number_days) for tenant in Tenant.objects.all()}
    tenants: dict[int, set[int]] = defaultdict(set)
    for account_id, tenant_id in owners_at_accounts():
        tenants[account_id].add(tenant_id)
    feeds: dict[int, list[int]] = defaultdict(list)
    for feed_id, account_id in Feed.objects.values_list("id", "account_id"):
        feeds[account_id].append(feed_id)
    return [
        _Account(
            account.name,
            account.pool_id,
            tenants[account.id] | {account.pool_id},
            feeds[account.id],
            today - timedelta(days=max(keeps[tenant_id] for tenant_id in tenants[account.id] | {account.pool_id})),
            today - timedelta(days=max(numbers[tenant_id] for tenant_id in tenants[account.id] | {account.pool_id})),
        )
        for account in GatewayAccount.objects.order_by("id")
    ]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _delete(table: str, account: _Account) -> int:
    """Delete the account's applied rows of before its day from one partition, PAGES by PAGES; return how many."""
    deleted = 0
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_relation_size('{table}') / current_setting('block_size')::int")
        pages = cursor.fetchone()[0]
    for first in range(0, pages, PAGES):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {table} i WHERE i.ctid >= %s::tid AND i.ctid < %s::tid AND i.feed_id = ANY (%s)"  # noqa: S608  a partition's name, made from a date
                " AND i.received_at < %s AND NOT EXISTS"
                " (SELECT 1 FROM inbox_todo t WHERE t.slice = i.slice AND t.id = i.id)",
                [f"({first},0)", f"({first + PAGES},0)", account.feed_ids, _midnight(account.before)],
            )
            deleted += cursor.rowcount
    return deleted

"""Erases a number from a tenant's other rows: messages to other people, names, raw rows and quarantine.

Everything that is stored of the tenant is read once, so it takes as long as that.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db import connection, transaction

from campaigns.models import Campaign
from deliveries.counts import feed_counts
from deliveries.erasure import (
    conversions,
    erased_names,
    gate_attempts,
    partner_ids,
    raw_keys,
    raw_rows,
    segment_values,
    written_texts,
)
from deliveries.erasure.deleted import ErasureCounts
from deliveries.erasure.raw_texts import holds
from deliveries.messages import partitions, slices
from deliveries.messages.store import Key
from deliveries.models import ImportRun, QuarantinedRow
from portal.common.hidden_numbers import holds_number, without_number
from portal.tenants.models import Feed, GatewayAccount, Tenant
from portal.tenants.partner_owners import owners_at_accounts

_BATCH = 2000
_MIN_DIGITS = 6  # shorter numbers are not searched for
_TEXTS = (
    "concat_ws(' ', m.message_id, m.partner_id, m.ref_id, m.variant, m.source, m.operator, m.labels,"
    " m.custom_parameters)"
)
_REPORT_TEXTS = "concat_ws(' ', m.operator, m.operator_result_code)"
# Other scripts' digits are read by Python: such texts are few.
_MAY_HOLD = "(regexp_replace({text}, '[^0-9]', '', 'g') LIKE %s OR octet_length({text}) <> char_length({text}))"


def batches(tenant_id: int, number: str) -> Iterator[list[Key]]:
    """Yield the messages that hold the number in a text of theirs or of their delivery reports, month by month."""
    digits = _digits(number)
    if len(digits) < _MIN_DIGITS:
        return
    for month in partitions.months():
        keys: set[Key] = set()
        for table, text in (("message", _TEXTS), ("delivery_report", _REPORT_TEXTS)):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT m.account_id, m.message_id, {text} FROM {table} m WHERE m.tenant_id = %s"  # noqa: S608  tables, columns and conditions of this module; values are parameters
                    f" AND m.day BETWEEN %s AND %s AND {_MAY_HOLD.format(text=text)}",
                    [tenant_id, month.first_day, month.last_day, f"%{digits[-6:]}%"],
                )
                while rows := cursor.fetchmany(_BATCH):
                    keys |= {(account, id_) for account, id_, found in rows if holds_number(found, number)}
        ordered = sorted(keys)
        for start in range(0, len(ordered), _BATCH):
            yield ordered[start : start + _BATCH]


def erase_rest(*, tenant: Tenant, number: str, actor: str, erased: ErasureCounts) -> None:
    """Erase the number in names, ids, counts, raw rows, quarantine, imported files' names and written texts."""
    if len(_digits(number)) < _MIN_DIGITS:
        return
    erased.campaigns += _erase_names(tenant.id, number)
    partner_ids.queue_of_tenant(tenant.id, number)
    partner_ids.mask_requests(tenant.id, number)
    _erase_raw_rows(tenant, number, erased)
    _erase_quarantined(tenant, number, erased, actor=actor)
    _erase_imports(tenant, number)
    conversions.erase(tenant_id=tenant.id, number=number)
    gate_attempts.erase_mentions(tenant_id=tenant.id, number=number)
    written_texts.erase(tenant_id=tenant.id, number=number)


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit())


def _erase_names(tenant_id: int, number: str) -> int:
    with transaction.atomic():
        segment_values.lock_keys(tenant_id)
        slices.lock(range(slices.SLICES))
        names = Campaign.objects.filter(tenant_id=tenant_id).values_list("id", "name").iterator(chunk_size=_BATCH)
        renamed = {id_: without_number(name, number) for id_, name in names if holds_number(name, number)}
        erased_names.rename(tenant_id, renamed)
        if renamed:
            erased_names.Names(tenant_id).tell_reports(renamed)
        erased_names.rename_counted(tenant_id, number)
        segment_values.forget_unused(tenant_id, number=number)
    return len(renamed)


def _feeds(tenant: Tenant) -> dict[int, Feed]:
    accounts = {account_id for account_id, tenant_id in owners_at_accounts() if tenant_id == tenant.id}
    accounts |= set(GatewayAccount.objects.filter(pool=tenant).values_list("id", flat=True))
    return {feed.id: feed for feed in Feed.objects.filter(account_id__in=accounts)}


def _erase_raw_rows(tenant: Tenant, number: str, erased: ErasureCounts) -> None:
    """Delete applied raw rows that hold the number, except those of other tenants' messages."""
    feeds, after = _feeds(tenant), 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT i.id, i.received_at, i.feed_id, i.body, i.query, i.content_type, i.content_encoding,"
                " EXISTS (SELECT 1 FROM inbox_todo t WHERE t.slice = i.slice AND t.id = i.id)"
                " FROM inbox i WHERE i.id > %s AND i.feed_id = ANY (%s) ORDER BY i.id LIMIT %s",
                [after, list(feeds), _BATCH],
            )
            rows = cursor.fetchall()
            held = []
            for id_, at, feed_id, body, query, content_type, encoding, waits in rows:
                if holds(bytes(body), query, number, encoding) or holds_number(content_type, number):
                    key = raw_keys.key_of(bytes(body), query, content_type, encoding, at, feeds[feed_id])
                    held.append((id_, at, key, waits))
            theirs = _of_others(tenant, [key for _id, _at, key, _waits in held])
            mine = [item for item, is_theirs in zip(held, theirs, strict=True) if not is_theirs]
            erased.waiting += sum(waits for *_rest, waits in mine)
            gone = raw_rows.delete_raw_rows((id_, at) for id_, at, _key, waits in mine if not waits)
            feed_counts.add_erased(gone)
            erased.raw_rows += gone.total()
        if not rows:
            return
        after = rows[-1][0]


def _erase_quarantined(tenant: Tenant, number: str, erased: ErasureCounts, *, actor: str) -> None:
    feeds = _feeds(tenant)
    with transaction.atomic():
        rows = QuarantinedRow.objects.select_for_update().filter(feed_id__in=feeds).order_by("id")
        held = []
        for row in rows.iterator(chunk_size=_BATCH):
            body = bytes(row.body)
            if holds(body, row.query, number, row.content_encoding) or _says(row, number):
                feed = feeds[row.feed_id]
                of_request = (row.query, row.content_type, row.content_encoding)
                held.append((row, raw_keys.key_of(body, *of_request, row.received_at, feed)))
        theirs = _of_others(tenant, [key for _row, key in held])
        mine = [row for (row, _key), is_theirs in zip(held, theirs, strict=True) if not is_theirs]
        erased.quarantined += raw_rows.erase_quarantined(mine, number=number, actor=actor, now=datetime.now(UTC))


def _erase_imports(tenant: Tenant, number: str) -> None:
    """Mask the number in the names of imported files and in what was wrong with them."""
    with transaction.atomic():
        for run in ImportRun.objects.select_for_update().filter(feed_id__in=_feeds(tenant)).order_by("id"):
            if holds_number(run.file_name, number) or holds_number(run.problem, number):
                run.file_name, run.problem = without_number(run.file_name, number), without_number(run.problem, number)
                run.save(update_fields=["file_name", "problem"])


def _says(row: QuarantinedRow, number: str) -> bool:
    return any(holds_number(text, number) for text in (row.detail, row.resolution, row.content_type))


def _of_others(tenant: Tenant, keys: list[Key | None]) -> list[bool]:
    """Return for each identity whether its message belongs to another tenant."""
    now = raw_keys.with_known_ids(keys)
    known = [key for key in now if key]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.account_id, m.message_id FROM message m JOIN unnest(%s::int[], %s::text[]) AS k (account_id, id)"
            " ON m.account_id = k.account_id AND m.message_id = k.id WHERE m.tenant_id <> %s",
            [[key[0] for key in known], [key[1] for key in known], tenant.id],
        )
        theirs = set(cursor.fetchall())
    return [key in theirs for key in now]

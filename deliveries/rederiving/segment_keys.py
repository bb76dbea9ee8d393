"""Adds and removes a tenant's segment keys, with the index rows of stored messages.

The key's row is the job. Appliers write rows as soon as they see a chosen key, and stop deleting them once it is gone.
A run therefore first waits for batches that may not have seen the change; then it deletes all rows of the key; then,
for a chosen key, it walks the tenant's messages, newest first, under the slices' locks. If the key is changed during a
run, the run stops, and the next one starts over.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns import segments
from campaigns.models import SegmentKey
from deliveries.messages import partitions, slices
from deliveries.messages.parameter_rows import LIST, SAME_ROW, rows_as_sql
from deliveries.messages.slices import wait_for_running_batches
from deliveries.models import Message
from portal.accounts.models import record
from portal.common import jobs
from portal.common.bulk import EACH, plan_for_small_sets
from portal.common.msisdn import mask_numbers
from portal.tenants.models import Tenant

BATCH = 5000  # messages in one transaction, for which all appliers wait once
CLEARED = 20_000  # rows

Progress = Callable[[SegmentKey], None]


class Refused(Exception):
    """A key cannot be chosen; `text` says why, in the reader's language."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def choose(*, tenant: Tenant, key: str, actor: str, now: datetime) -> SegmentKey:
    """Choose a key, unless it is chosen already, and have stored messages made searchable by it. Raises Refused."""
    if said := problems_in_words(key):
        raise Refused(" ".join(said))
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=tenant.id)  # of two at once neither may pass the limit
        known = {row.key: row for row in SegmentKey.objects.filter(tenant=tenant)}
        row = known.get(key)
        if row is not None and not row.removed:
            return row
        if sum(not other.removed for other in known.values()) >= segments.MAX_KEYS:
            raise Refused(_("At most %(most)d keys. Remove another key first.") % {"most": segments.MAX_KEYS})
        if row is None:
            row = SegmentKey.objects.create(tenant=tenant, key=key, queued_at=now)
        else:
            _begin_anew(row, removed=False, now=now)
        record("segment_key.chosen", actor=actor, tenant=tenant, subject=key)
        transaction.on_commit(lambda: jobs.wake("deliveries.run_segment_key", row.id), robust=True)
    return row


def remove(*, key: SegmentKey, actor: str, now: datetime) -> None:
    """Choose a key no longer; its rows go in the background."""
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=key.tenant_id)
        row = SegmentKey.objects.filter(id=key.id, removed=False).first()
        if row is None:
            return
        _begin_anew(row, removed=True, now=now)
        record("segment_key.removed", actor=actor, tenant=row.tenant, subject=row.key)
        transaction.on_commit(lambda: jobs.wake("deliveries.run_segment_key", row.id), robust=True)


def problems_in_words(key: str) -> list[str]:
    """Return what is wrong with a key in words for people; nothing when it can be chosen."""
    found = segments.problems(key)
    said = []
    if not key.strip():
        said.append(_("Enter a key."))
    if len(key) > segments.MAX_KEY_LENGTH:
        counts = {"length": len(key), "most": segments.MAX_KEY_LENGTH}
        said.append(_("The key has %(length)d characters. The limit is %(most)d.") % counts)
    if key in segments.ELSEWHERE:
        said.append(_("“%(key)s” is not a custom parameter. Senders and numbers are stored separately.") % {"key": key})
    if mask_numbers(key) != key:
        said.append(_("A key must not contain a phone number. Keys are kept permanently."))
    if found and not said:
        said.append(_("The key contains a character that cannot be printed."))
    return said


def run_segment_keys(*, key_id: int | None = None, progress: Progress = lambda key: None) -> int:
    """Do what is queued or was left by a killed process (or this one alone); return of how many keys."""
    done = 0
    while (key := jobs.claim(SegmentKey, key_id)) is not None:
        _run(key, progress)
        done += 1
    return done


def _begin_anew(row: SegmentKey, *, removed: bool, now: datetime) -> None:
    row.removed, row.state, row.queued_at = removed, SegmentKey.State.QUEUED, now
    row.done, row.total, row.position, row.lease_until, row.finished_at = 0, 0, None, None, None
    row.attempts = 0
    row.save()


def _run(key: SegmentKey, progress: Progress) -> None:
    wait_for_running_batches()
    if key.position is None:  # else it was taken up again in the middle of its walk
        for month in partitions.months():
            while cleared := _clear(key, f"message_parameter_{month.year:04}_{month.month:02}"):
                if cleared < CLEARED:
                    break
        partitions.ensure_months(month.first_day for month in partitions.months())
    if key.removed:
        with transaction.atomic():
            if _is_mine(key):
                key.delete()
        return
    key.total = max(Message.objects.filter(tenant_id=key.tenant_id).count(), key.done)
    progress(key)
    while _walk(key):
        progress(key)
    with transaction.atomic():
        if _is_mine(key):
            key.total = key.done
            jobs.finish(key, "total")
    progress(key)


def _is_mine(key: SegmentKey) -> bool:
    """Return whether this run still holds the key's lease, and lock the key until the transaction ends.

    A change or another claim of the key writes a new lease.
    """
    mine = SegmentKey.objects.filter(id=key.id, lease_until=key.lease_until, state=SegmentKey.State.RUNNING)
    return mine.select_for_update().exists()


def _clear(key: SegmentKey, partition: str) -> int:
    """Take up to CLEARED rows of the key out of a partition and return how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_mine(key):
            return 0
        cursor.execute("SELECT to_regclass(%s)", [f'"{partition}"'])
        if cursor.fetchone()[0] is None:
            return 0
        cursor.execute(
            f'DELETE FROM "{partition}" WHERE ctid = ANY (ARRAY('  # noqa: S608  a partition's name from the catalogue, constants
            f'SELECT ctid FROM "{partition}" WHERE tenant_id = %s AND key = %s LIMIT %s))',
            [key.tenant_id, key.key, CLEARED],
        )
        jobs.renew(key)
        return cursor.rowcount


_STEP = """
SELECT min(sent_at), count(*) FROM (
    SELECT sent_at FROM message WHERE tenant_id = %(tenant)s AND sent_at < %(before)s ORDER BY sent_at DESC
    LIMIT %(limit)s
) AS step
"""
_ROWS = rows_as_sql(key="%(key)s")
_ADD = f"""
INSERT INTO message_parameter ({LIST})
SELECT {LIST} FROM (
    {_ROWS} AND m.tenant_id = %(tenant)s AND m.sent_at >= %(low)s AND m.sent_at < %(before)s
) AS r WHERE NOT EXISTS (SELECT 1 FROM message_parameter p WHERE {SAME_ROW} {EACH})
"""  # noqa: S608  a partition's name from the catalogue, constants
_NEVER = datetime(3000, 1, 1, tzinfo=UTC)  # no message is sent so late


def _walk(key: SegmentKey) -> bool:
    """Add missing rows of the next BATCH messages, newest first; return whether there may be more.

    Changes outside the batch write their own rows.
    """
    where: dict[str, Any] = {"tenant": key.tenant_id, "key": key.key, "before": key.position or _NEVER, "limit": BATCH}
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_mine(key):
            return False
        cursor.execute(_STEP, where)
        low, count = cursor.fetchone()
        if not count:
            return False
        slices.lock(range(slices.SLICES))
        plan_for_small_sets()
        cursor.execute(_ADD, where | {"low": low})
        key.position, key.done = low, key.done + count
        key.total = max(key.total, key.done)
        jobs.renew(key, "position", "done", "total")
    return True

"""Adds and removes a tenant's segment keys, with the index rows and the counts of stored messages.

The key's row is the job. Appliers write rows as soon as they see a chosen key, and stop deleting them once it is gone.
A run therefore first waits for batches that may not have seen the change; then it deletes all rows and counts of the
key; then, for a chosen key, it walks the tenant's messages, newest first, under the slices' locks, and makes their rows
and counts. A run whose key is changed meanwhile loses its lease and stops, and the next one starts over. A run that is
cancelled or killed leaves `position` where its last step ended, and the next one goes on there.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns import segments
from campaigns.models import RefIdScheme, SegmentKey
from deliveries.attributing.due import note_tenant
from deliveries.messages import partitions, slices
from deliveries.messages.parameter_rows import LIST, SAME_ROW, rows_as_sql
from deliveries.messages.slices import wait_for_running_batches
from deliveries.models import Message, RetentionMark
from deliveries.rederiving import segment_figures
from deliveries.rederiving.segment_figures import figures_of
from portal.accounts.models import record
from portal.common import jobs
from portal.common.bulk import EACH, plan_for_small_sets
from portal.common.msisdn import mask_numbers
from portal.tenants.models import Tenant

BATCH = 5000  # messages in one transaction, for which all appliers wait once
CLEARED = 20_000  # rows

Progress = Callable[[SegmentKey], None]


class SegmentKeyError(Exception):
    """A key cannot be chosen; `text` says why, in the reader's language."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class TooManyKeys(SegmentKeyError):
    """The tenant has as many keys as it may have."""


def choose(*, tenant: Tenant, key: str, actor: str, now: datetime) -> SegmentKey:
    """Choose a key, unless it is chosen already, and have stored messages made searchable by it.

    Raises SegmentKeyError.
    """
    if said := problems_in_words(key) or _label_problems(tenant, key):
        raise SegmentKeyError(" ".join(said))
    with transaction.atomic():
        Tenant.objects.select_for_update().get(id=tenant.id)  # of two at once neither may pass the limit
        known = {row.key: row for row in SegmentKey.objects.filter(tenant=tenant)}
        row = known.get(key)
        if row is not None and not row.removed and not row.is_stopped:
            return row
        others = [other for other in known.values() if other != row]
        if sum(not other.removed for other in others) >= segments.MAX_KEYS:
            raise TooManyKeys(_("At most %(most)d keys. Remove another key first.") % {"most": segments.MAX_KEYS})
        if row is None:
            row = SegmentKey(tenant=tenant, key=key)
        row.figures = figures_of(tenant_id=tenant.id, key=key)
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
    label = segments.label_of(key)
    if label is not None and not segments.is_label(label):
        said.append(_("After “ref:” the key must be the name of a label of the refId scheme."))
    if found and not said:
        said.append(_("The key contains a character that cannot be printed."))
    return said


def _label_problems(tenant: Tenant, key: str) -> list[str]:
    label = segments.label_of(key)
    if label is None:
        return []
    scheme = RefIdScheme.objects.filter(tenant=tenant).first()
    if scheme is not None and label in scheme.fields:
        return []
    return [_("The refId scheme has no label “%(label)s”.") % {"label": label}]


def run_segment_keys(*, key_id: int | None = None, progress: Progress = lambda key: None) -> int:
    """Run the keys' jobs that are due (or this one alone). Return how many were done."""
    return jobs.run_all(SegmentKey, partial(_run, progress=progress), job_id=key_id)


def _begin_anew(row: SegmentKey, *, removed: bool, now: datetime) -> None:
    """Queue a key's job from the start; a run that has it now loses its lease."""
    row.removed, row.state, row.created_at = removed, SegmentKey.State.QUEUED, now
    row.done, row.total, row.position, row.attempts, row.error = 0, 0, None, 0, ""
    row.lease_until, row.not_before, row.cancel_requested = None, None, False
    row.started_at, row.finished_at = None, None
    row.save()


def _run(key: SegmentKey, progress: Progress) -> None:
    jobs.renew(key, lease=jobs.LONG_STEP)
    wait_for_running_batches()
    if key.position is None:  # else an earlier attempt has deleted what there was
        for month in partitions.months():
            while cleared := _clear(key, f"message_parameter_{month.year:04}_{month.month:02}"):
                if cleared < CLEARED:
                    break
        segment_figures.clear(key)
        partitions.ensure_months(month.first_day for month in partitions.months())
    if key.removed:
        with transaction.atomic():
            jobs.hold(key)
            key.delete()
            note_tenant(key.tenant_id)
        return
    if key.position is None or key.position == SegmentKey.NOTHING:
        mark = RetentionMark.objects.filter(tenant_id=key.tenant_id).first()
        key.position, key.figures_from = SegmentKey.NOTHING, mark.messages_before if mark else None
        jobs.renew(key, "position", "figures_from")
    jobs.renew(key, lease=jobs.LONG_STEP)
    key.total = max(Message.objects.filter(tenant_id=key.tenant_id).count(), key.done)
    jobs.renew(key)
    progress(key)
    while _walk(key):
        progress(key)
    with transaction.atomic():
        jobs.finish(key)
        note_tenant(key.tenant_id)
    progress(key)


def _clear(key: SegmentKey, partition: str) -> int:
    """Delete up to CLEARED rows of the key from a partition. Return how many were deleted."""
    with transaction.atomic(), connection.cursor() as cursor:
        jobs.hold(key)
        cursor.execute("SELECT to_regclass(%s)", [f'"{partition}"'])
        if cursor.fetchone()[0] is None:
            return 0
        cursor.execute(
            f'DELETE FROM "{partition}" WHERE ctid = ANY (ARRAY('  # noqa: S608  a partition's name from the catalogue, constants
            f'SELECT ctid FROM "{partition}" WHERE tenant_id = %s AND key = %s LIMIT %s))',
            [key.tenant_id, key.key, CLEARED],
        )
        cleared = cursor.rowcount
    jobs.renew(key)
    return cleared


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


def _walk(key: SegmentKey) -> bool:
    """Add missing rows and the counts of the next BATCH messages, newest first; return whether there may be more.

    Changes outside the batch write their own rows. Once `position` says so, they change the counts too.
    """
    before = key.position or SegmentKey.NOTHING
    where: dict[str, Any] = {"tenant": key.tenant_id, "key": key.key, "before": before, "limit": BATCH}
    with transaction.atomic(), connection.cursor() as cursor:
        jobs.hold(key)
        slices.lock(range(slices.SLICES))
        cursor.execute(_STEP, where)
        low, count = cursor.fetchone()
        jobs.held(key).update(position=low or SegmentKey.BEGINNING)
        if count:
            plan_for_small_sets()
            cursor.execute(_ADD, where | {"low": low})
            segment_figures.count(key, low=low, before=before)
        else:
            segment_figures.forget_sealed(key)
    key.position, key.done = low or SegmentKey.BEGINNING, key.done + count
    jobs.renew(key)
    return count > 0

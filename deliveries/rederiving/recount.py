"""Recalculates a tenant's messages and counts after a change of its time zone or refId scheme."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from django.db import connection, transaction

from deliveries.applying.attribution import attribute
from deliveries.applying.sealed_days import erase_old_numbers
from deliveries.counts.causes import Cause
from deliveries.counts.changes import add_changes
from deliveries.erasure import message_ids
from deliveries.messages import slices
from deliveries.messages.row import Change
from deliveries.messages.slices import wait_for_running_batches
from deliveries.messages.store import Key, read_messages, write_messages
from deliveries.models import Message, TenantRecount
from portal.accounts.models import record
from portal.common import jobs
from portal.common.bulk import plan_for_small_sets
from portal.tenants.models import Tenant

BATCH = 2000

Progress = Callable[[TenantRecount], None]


def request_recount(*, tenant: Tenant, reason: str, now: datetime) -> TenantRecount:
    """Queue a recount, and wake the worker when the caller's transaction commits.

    An unfinished earlier recount starts over, because it used the older rules.
    """
    with transaction.atomic():
        TenantRecount.objects.filter(tenant=tenant, state=TenantRecount.State.QUEUED).delete()
        recount = TenantRecount.objects.create(tenant=tenant, reason=reason[:200], created_at=now)
        transaction.on_commit(lambda: jobs.wake("deliveries.run_recount", recount.id), robust=True)
    return recount


def run_recounts(*, recount_id: int | None = None, progress: Progress = lambda recount: None) -> int:
    """Run the recounts that are due (or this one alone). Return how many were done."""
    return jobs.run_all(TenantRecount, partial(_run, progress=progress), job_id=recount_id)


def _run(recount: TenantRecount, progress: Progress) -> None:
    jobs.renew(recount, lease=jobs.LONG_STEP)
    wait_for_running_batches()
    recount.total = Message.objects.filter(tenant_id=recount.tenant_id).count()
    jobs.renew(recount)
    progress(recount)
    while keys := _next_keys(recount):
        recount.changed += _derive_anew(keys, recount.tenant_id)
        recount.done += len(keys)
        recount.after_account_id, recount.after_message_id = keys[-1]
        jobs.renew(recount, "changed", "after_account_id", "after_message_id")
        progress(recount)
    with transaction.atomic():
        jobs.finish(recount)
        record(
            "tenant.recounted",
            actor="recount",
            tenant=recount.tenant,
            subject=recount.reason,
            details={"messages": recount.done, "changed": recount.changed},
        )
    progress(recount)


def _next_keys(recount: TenantRecount) -> list[Key]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, message_id FROM message WHERE tenant_id = %s AND (message_id, account_id) >"
            ' (%s COLLATE "C", %s) ORDER BY message_id, account_id LIMIT %s',
            [recount.tenant_id, recount.after_message_id, recount.after_account_id, BATCH],
        )
        return cursor.fetchall()


def _derive_anew(keys: list[Key], tenant_id: int) -> int:
    with transaction.atomic():
        slices.lock(slices.slice_of(*key) for key in keys)
        plan_for_small_sets()
        stored = [message for message in read_messages(keys, around=None).values() if message.tenant_id == tenant_id]
        after = attribute([(m.folded.copy(), m) for m in stored], now=datetime.now(UTC), decide_anew=True)
        erase_old_numbers(after)
        changes = [Change(old, new) for old, new in zip(stored, after, strict=True) if old != new]
        chosen = write_messages(changes)
        add_changes(changes, chosen, cause=Cause.SETTINGS)
        message_ids.rename_changed(changes)
    return len(changes)

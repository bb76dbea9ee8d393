"""Moves of messages to the tenant that owned their platformPartnerId when they were sent.

Every derived column and count is recalculated by the new tenant's rules (zone, refId scheme), in batches under the
slices' locks. Each batch commits by itself, so a killed move resumes at its position.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from deliveries.applying.attribution import attribute
from deliveries.applying.sealed_days import erase_old_numbers
from deliveries.counts.causes import Cause
from deliveries.counts.changes import add_changes
from deliveries.erasure import message_ids
from deliveries.messages import slices
from deliveries.messages.row import Change
from deliveries.messages.slices import wait_for_running_batches
from deliveries.messages.store import Key, read_messages, write_messages
from deliveries.models import Message, PartnerMove
from portal.accounts.models import record
from portal.common import jobs
from portal.common.bulk import plan_for_small_sets
from portal.tenants.models import PartnerId
from portal.tenants.ownership_periods import Periods, ends
from portal.tenants.partner_owners import periods_of

BATCH = 2000
SCAN = 50 * BATCH  # keys read at once: messages that stay are read again for each scan, not for each batch

Progress = Callable[[PartnerMove], None]


def run_moves(*, move_id: int | None = None, progress: Progress = lambda move: None) -> int:
    """Run the moves that are due (or this one alone). Return how many were done."""
    return jobs.run_all(PartnerMove, partial(_run, progress=progress), job_id=move_id)


def wake(move_ids: Iterable[int]) -> None:
    """Send the moves to a worker. Without the broker, the next poll of the rows finds them."""
    for move_id in move_ids:
        if not jobs.wake("deliveries.run_move", move_id):
            return


def waiting_messages(move: PartnerMove) -> int:
    """Count the messages that are still to be moved."""
    return to_be_moved(move).count()


def _run(move: PartnerMove, progress: Progress) -> None:
    jobs.renew(move, lease=jobs.LONG_STEP)
    wait_for_running_batches()
    move.total = move.done + waiting_messages(move)
    jobs.renew(move)
    progress(move)
    while not _finish_when_none_is_left(move):
        keys: list[Key] = list(to_be_moved(move).values_list("account_id", "message_id")[:SCAN])
        for start in range(0, len(keys), BATCH):
            move.done += _move_batch(move, keys[start : start + BATCH])
            jobs.renew(move)
            progress(move)
    progress(move)


def _finish_when_none_is_left(move: PartnerMove) -> bool:
    """End the move unless it has work. The lock on the PPID's row keeps a concurrent new move from being lost."""
    with transaction.atomic():
        PartnerId.objects.select_for_update(of=("self",)).get(id=move.partner_id)
        if to_be_moved(move).exists():
            return False
        jobs.finish(move)
        record(
            "partner_id.moved",
            actor="move",
            tenant=move.tenant,
            subject=move.partner.value,
            details={"messages": move.done},
        )
    return True


def to_be_moved(move: PartnerMove):
    """Return the messages that the move's tenant owns, and another has."""
    partner = PartnerId.objects.get(id=move.partner_id)
    # Two ranges of the index instead of "another than": a <> reaches none.
    return Message.objects.filter(
        Q(tenant_id__lt=move.tenant_id) | Q(tenant_id__gt=move.tenant_id),
        _sent_within(periods_of([partner])[partner.id], move.tenant_id),
        account_id=partner.account_id,
        partner_id=partner.value,
    )


def _sent_within(periods: Periods, tenant_id: int) -> Q:
    """Return the condition that a message was sent in a period of the tenant; it matches none without a period.

    Months outside are not read: a message's day is at most a day away from its UTC day, in any zone.
    """
    found = Q(tenant_id__in=[])
    for period, until_at in zip(periods, ends(periods), strict=True):
        if period.tenant_id != tenant_id:
            continue
        if period.from_at is None and until_at is None:
            return Q()
        within = Q()
        if period.from_at is not None:
            within &= Q(sent_at__gte=period.from_at, day__gte=period.from_at.date() - timedelta(days=1))
        if until_at is not None:
            within &= Q(sent_at__lt=until_at, day__lte=until_at.date() + timedelta(days=1))
        found |= within
    return found


def _move_batch(move: PartnerMove, keys: list[Key]) -> int:
    """Give messages to their current owners; return the number of those for the move's tenant."""
    with transaction.atomic():
        slices.lock(slices.slice_of(*key) for key in keys)
        plan_for_small_sets()
        before = read_messages(keys, around=None)  # read again under the lock
        changes = rederive([(message.folded.copy(), message) for message in before.values()])
        chosen = write_messages(changes)
        add_changes(changes, chosen, cause=Cause.PARTNER_IDS)
        message_ids.rename_changed(changes)
    return sum(
        change.after.tenant_id == move.tenant_id and change.before.tenant_id != move.tenant_id for change in changes
    )


def rederive(messages: list) -> list[Change]:
    """Return what the tenants' rules of now change in these (folded, stored) messages."""
    after = attribute(messages, now=datetime.now(UTC))
    erase_old_numbers(after)
    return [
        Change(stored, message) for (_folded, stored), message in zip(messages, after, strict=True) if stored != message
    ]

"""Message ids that hold an erased number: the message gets the masked id, its reports and parameters too.

The new id is in the slice of the old one, so an applier of a report under either id holds the same lock. Later reports
under the old id are applied under the new one (deliveries/erasure/erased_ids.py).
"""

from collections.abc import Iterable
from datetime import date

from django.db import connection

from deliveries.erasure import erased_ids
from deliveries.messages import month_filters
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.row import Change, StoredMessage
from deliveries.messages.slices import slice_of
from deliveries.messages.store import Key, same_message
from deliveries.models import ErasedId, PartnerMove, RuleRefold, TenantRecount
from portal.common.hidden_numbers import holds_number, without_number

_TABLES = ("message", "delivery_report", "message_parameter")
_OF_EVENTS = ("gate_attempt", "gate_delivery", "event_log")
# Events may name the message without its account.
_NAMED_IN = (("conversion_due", ""), ("conversion_event", ""), ("conversion_event", "attributed_"))


def rename_changed(changes: Iterable[Change]) -> None:
    """Rename stored messages whose number these changes erased, if their ids hold it."""
    taken = [
        change
        for change in changes
        if change.before is not None
        and not change.before.folded.flags & NUMBER_ERASED
        and change.after.folded.flags & NUMBER_ERASED
    ]
    numbers = {c.after.key: c.before.folded.destination or "" for c in taken if c.before is not None}
    rename((change.after for change in taken), numbers)


def rename(messages: Iterable[StoredMessage], numbers: dict[Key, str]) -> int:
    """Mask the ids of messages that hold these numbers (by identity); return how many.

    The messages are written already, and the caller holds the locks of their slices.
    """
    held = [m for m in messages if m.key in numbers and holds_number(m.folded.message_id, numbers[m.key])]
    for message in held:
        account_id, old = message.key
        new = _free_id(account_id, old, without_number(old, numbers[message.key]))
        _write(account_id, message.day, old, new)
    month_filters.forget(message.day for message in held)
    _begin_walks_again({message.tenant_id for message in held})
    return len(held)


def forget_places() -> None:
    """Clear the positions of jobs that are not open, since a position is a message id. A retry then starts over."""
    for job in (TenantRecount, RuleRefold):
        closed = job.objects.exclude(state__in=[job.State.QUEUED, job.State.RUNNING])
        closed.exclude(after_message_id="").update(after_message_id="")


def _free_id(account_id: int, old: str, masked: str) -> str:
    slice_ = slice_of(account_id, old)
    for new in erased_ids.candidates(masked):
        if slice_of(account_id, new) == slice_ and not _is_taken(account_id, new):
            return new
    raise AssertionError("there are always more numbers")


def _is_taken(account_id: int, message_id: str) -> bool:
    if ErasedId.objects.filter(account_id=account_id, kind=erased_ids.MESSAGE, value=message_id).exists():
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM message WHERE message_id = %s AND account_id = %s)", [message_id, account_id]
        )
        return cursor.fetchone()[0]


def _write(account_id: int, day: date, old: str, new: str) -> None:
    with connection.cursor() as cursor:
        for table in _TABLES:
            changed = ", updated_at = clock_timestamp()" if table == "message" else ""
            cursor.execute(
                f"UPDATE {table} m SET message_id = %(new)s{changed}"  # noqa: S608  a table's name and a condition, constants; values are parameters
                " FROM (SELECT %(old)s::text AS message_id, %(account)s::int AS account_id) k"
                f" WHERE m.day = %(day)s AND {same_message('m', 'k')}",
                {"new": new, "old": old, "account": account_id, "day": day},
            )
        for table in _OF_EVENTS:
            cursor.execute(
                f"UPDATE {table} SET message_id = %(new)s WHERE account_id = %(account)s AND message_id = %(old)s",  # noqa: S608  a table's name, a constant
                {"new": new, "old": old, "account": account_id},
            )
        for table, prefix in _NAMED_IN:
            cursor.execute(
                f"UPDATE {table} SET {prefix}message_id = %(new)s WHERE {prefix}message_id = %(old)s"  # noqa: S608  names of this module; values are parameters
                f" AND coalesce({prefix}account_id = %(account)s, true)",
                {"new": new, "old": old, "account": account_id},
            )
    of_account = ErasedId.objects.filter(account_id=account_id, kind=erased_ids.MESSAGE)
    of_account.filter(value=old).update(value=new)  # it had lost another number before
    of_account.update_or_create(
        account_id=account_id,
        kind=erased_ids.MESSAGE,
        digest=erased_ids.digest(account_id, erased_ids.MESSAGE, old),
        defaults={"value": new},
    )


def _begin_walks_again(tenant_ids: set[int]) -> None:
    """Queue recounts and refolds again that run now: they walk in the order of ids, so a renamed one may be missed."""
    if not tenant_ids:
        return
    running = PartnerMove.State.RUNNING
    for reason, tenant_id in TenantRecount.objects.filter(tenant_id__in=tenant_ids, state=running).values_list(
        "reason", "tenant_id"
    ):
        TenantRecount.objects.create(tenant_id=tenant_id, reason=reason)
    if RuleRefold.objects.filter(state=running).exists():
        RuleRefold.objects.create()

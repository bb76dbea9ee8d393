"""Erases phone numbers. A keyed hash stays, so the whole number still finds its messages.

In texts (refId, variant, labels, custom parameters, names of campaigns) the masked number takes the number's place.
Counts do not move but with the names that they are counted by: the country stays as it was, and no later report
brings the number back (fold.NUMBER_ERASED).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from deliveries.counts import segment_fold
from deliveries.counts.changes import add_changes
from deliveries.erasure import (
    equal_names,
    erased_names,
    exports,
    gate_attempts,
    gate_replays,
    mentions,
    message_ids,
    partner_ids,
    raw_rows,
    segment_values,
    written_texts,
)
from deliveries.erasure.deleted import ErasureCounts
from deliveries.messages import slices
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.number_hashes import hashed
from deliveries.messages.row import Change, StoredMessage, copied
from deliveries.messages.store import Key, read_messages, write_messages
from portal.accounts.models import record
from portal.common.bulk import plan_for_small_sets
from portal.common.hidden_numbers import holds_number, numbers_in, without_number
from portal.common.msisdn import HIDDEN, read_number, tells_number
from portal.common.periods import Month
from portal.tenants.models import Tenant

BATCH = 5000  # messages in one transaction: all appliers wait for it once, and it for each of them


@dataclass(frozen=True, slots=True)
class MessageCursor:
    """Position of a walk over a tenant's messages, in the order of `sent_at`."""

    sent_at: datetime
    account_id: int
    message_id: str


def erase(messages: Iterable[StoredMessage]) -> dict[Key, str]:
    """Erase the numbers of messages that are about to be written, and mask them in the names of their campaigns.

    Returns the numbers by identity. The caller holds the slices' locks of all of the messages, and renames them
    where their ids hold the numbers once they are written (deliveries/erasure/message_ids.py).
    """
    numbers: dict[int, list[tuple[StoredMessage, str]]] = {}
    for message in messages:
        number = message.folded.destination
        if message.folded.flags & NUMBER_ERASED:
            if found := _told_number(message):
                numbers.setdefault(message.tenant_id, []).append((message, found))
        elif number:
            message.folded.destination = hashed(number, tenant_id=message.tenant_id)
            message.folded.flags |= NUMBER_ERASED
            numbers.setdefault(message.tenant_id, []).append((message, number))
    for tenant_id, pairs in sorted(numbers.items()):
        _clean_all(tenant_id, pairs, are_own=True)
        partner_ids.queue((m.folded.account_id, m.folded.partner_id, number) for m, number in pairs)
    return {message.key: number for pairs in numbers.values() for message, number in pairs}


def _told_number(message: StoredMessage) -> str | None:
    """Return the number still found in an erased message's refId or ids: one with the hash stored in its place."""
    folded = message.folded
    found = [one for text in (folded.ref_id, folded.message_id, folded.partner_id) for one in numbers_in(text or "")]
    country = Tenant.objects.values_list("country", flat=True).get(id=message.tenant_id) if found else ""
    for text in found:
        for form in read_number(text, country).forms:
            if hashed(form, tenant_id=message.tenant_id) == message.folded.destination:
                return form
    return None


def _clean_all(tenant_id: int, pairs: list[tuple[StoredMessage, str]], *, are_own: bool) -> None:
    """Mask numbers in messages' texts and the names of their campaigns; in other recipients' only whole numbers."""
    names = erased_names.Names(tenant_id)
    names.tell_apart(
        (scope, text, number)
        for message, number in pairs
        for scope, text in _shared_names(message, number, is_own=are_own, names=names)
    )
    for message, number in pairs:
        _clean(message, number, is_own=are_own, names=names)
    names.rename_campaigns(pairs)


def _shared_names(
    message: StoredMessage, number: str, *, is_own: bool, names: erased_names.Names
) -> Iterator[equal_names.Name]:
    """Yield the message's refId, labels, segments and variant that hold the number, each with its scope."""
    tells = tells_number if is_own else holds_number
    if message.folded.ref_id and tells(message.folded.ref_id, number):
        yield equal_names.REF_ID, message.folded.ref_id
    for key, text in (message.labels or {}).items():
        if tells(text, number):
            yield equal_names.label_scope(key), text
    for key, text in (message.folded.parameters or {}).items():
        if key in names.segment_keys and tells(text, number):
            yield equal_names.value_scope(key), text
    variant = message.variant
    if variant and tells(variant, number) and names.is_about(message, number, variant=variant):
        yield equal_names.variant_scope(message.campaign_id), variant


def _clean(message: StoredMessage, number: str, *, is_own: bool, names: erased_names.Names) -> None:
    folded = message.folded
    tells = tells_number if is_own else holds_number

    def clean(text: str | None) -> str | None:
        return without_number(text, number) if text and tells(text, number) else text

    new = {name: names.apart[name] for name in _shared_names(message, number, is_own=is_own, names=names)}
    if folded.ref_id:
        folded.ref_id = new.get((equal_names.REF_ID, folded.ref_id), folded.ref_id)
    folded.source = clean(folded.source)
    if folded.parameters:
        parameters = {
            key: new.get((equal_names.value_scope(key), text), text) for key, text in folded.parameters.items()
        }
        folded.parameters = _clean_texts(parameters, clean)
    if message.labels:
        labels = {key: new.get((equal_names.label_scope(key), text), text) for key, text in message.labels.items()}
        message.labels = _clean_texts(labels, clean)
    if folded.operator and holds_number(folded.operator, number):
        folded.operator = without_number(folded.operator, number)
        names.months.add(Month.of(message.day))
    if variant := new.get((equal_names.variant_scope(message.campaign_id), message.variant)):
        message.variant = variant
        names.months.add(Month.of(message.day))


def _clean_texts(texts: dict[str, str] | None, clean: Callable[[str], str]) -> dict[str, str] | None:
    """Return parameters or labels with masked keys and values. Keys that become equal get a number behind them."""
    if not texts:
        return texts
    cleaned: dict[str, str] = {}
    for key, text in texts.items():
        name = base = clean(key)
        number = 1
        while name in cleaned or (name != key and name in texts):
            number += 1
            name = f"{base} ({number})"
        cleaned[name] = clean(text)
    return cleaned


def erase_number(*, number: str, tenant: Tenant, actor: str) -> int:
    """Erase one number from everything that is stored about a tenant; return from how many messages to it."""
    return erase_person(number=number, tenant=tenant, actor=actor).messages


def erase_person(*, number: str, tenant: Tenant, actor: str) -> ErasureCounts:
    """Erase one number from everything that is stored about a tenant; return the counts by kind.

    The number may be written in any notation; a national one is read in the tenant's country. It may be run again: a
    second run finds what came in meanwhile.
    """
    read = read_number(number, tenant.country)
    erased = ErasureCounts()
    written_texts.rename_segment_keys(tenant_id=tenant.id, number=read.text)
    of_person = {"forms": list(read.forms)}
    while count := _erase_where(tenant.id, "m.destination = ANY (%(forms)s)", of_person):
        erased.messages += count
    for keys in mentions.batches(tenant.id, read.text):
        erased.mentions += erase_messages(tenant.id, keys, number=read.text)
    mentions.erase_rest(tenant=tenant, number=read.text, actor=actor, erased=erased)
    partner_ids.rename_queued(actor=actor)
    message_ids.forget_places()
    exports.mark(tenant_id=tenant.id, now=datetime.now(UTC))
    for path in settings.ERASURE_MARKS:
        import_string(path)(tenant_id=tenant.id, now=datetime.now(UTC))
    gate_replays.forget_searches(tenant_id=tenant.id)
    subject = hashed(read.text, tenant_id=tenant.id)[:13]
    record("number.erased", actor=actor, tenant=tenant, subject=subject, details=asdict(erased))
    return erased


def erase_days(*, tenant_id: int, first: date | None, before: date) -> int:
    """Erase the numbers of a tenant's messages of [first, before) in small batches; return from how many messages."""
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


# Erased by an older version: the hash was written, and texts kept the number.
_UNMASKED = " OR ".join(
    f"position('{HIDDEN}' IN m.{column}) = 0 AND length(regexp_replace(m.{column}, '[^0-9]', '', 'g')) >= 8"
    for column in ("ref_id", "message_id", "partner_id")
)
_MAY_TELL_NUMBER = f"m.flags & {NUMBER_ERASED} > 0 AND ({_UNMASKED})"
_HOLDS_NUMBER = f"m.destination > '' AND m.flags & {NUMBER_ERASED} = 0"


def _days(first: date | None, before: date) -> tuple[str, dict]:
    """Return the condition of a range of days; `sent_at` lets the index of the newest messages serve it."""
    where = "m.day < %(before)s AND m.sent_at < %(end)s"
    parameters: dict = {"before": before, "end": before + timedelta(days=2)}
    if first is not None:
        where += " AND m.day >= %(first)s AND m.sent_at >= %(start)s"
        parameters |= {"first": first, "start": first - timedelta(days=2)}
    return where, parameters


def _days_step(
    tenant_id: int, first: date | None, before: date, place: MessageCursor | None
) -> tuple[int, MessageCursor] | None:
    """Erase the numbers of the next BATCH messages; return how many, and the cursor. None at the end."""
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
    where = "m.sent_at >= %(low)s AND m.sent_at <= %(high)s"
    erased = _erase_where(tenant_id, where, bounds, days=days, around=(low, high), limit=None)
    erased += _erase_where(tenant_id, where, bounds, days=days, around=(low, high), limit=None, which=_MAY_TELL_NUMBER)
    return erased, MessageCursor(*rows[-1])


def _erase_where(
    tenant_id: int,
    where: str,
    parameters: dict,
    *,
    days: tuple[date, date] = (date.min, date.max),
    around: tuple[datetime, datetime] | None = None,
    limit: int | None = BATCH,
    which: str = _HOLDS_NUMBER,
) -> int:
    """Erase the numbers of the tenant's messages that match; return how many. `days` are the first and the last one."""
    in_days = "m.day BETWEEN %(first_day)s AND %(last_day)s"
    parameters = {"tenant": tenant_id, "limit": limit, "first_day": days[0], "last_day": days[1]} | parameters
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT m.account_id, m.message_id FROM message m WHERE m.tenant_id = %(tenant)s AND {where}"  # noqa: S608  tables, columns and conditions of this module; values are parameters
            f" AND {which} AND {in_days} LIMIT %(limit)s",
            parameters,
        )
        keys = cursor.fetchall()
    return erase_messages(tenant_id, keys, around=around) if keys else 0


def erase_messages(
    tenant_id: int, keys: list[Key], *, around: tuple[datetime, datetime] | None = None, number: str = ""
) -> int:
    """Erase the numbers of these messages, or `number` in the texts of messages to others; return how many changed.

    One transaction. All slices are locked: a batch has messages of most of them, and so no applier adds to the counts
    or to the campaigns' names meanwhile.
    """
    with transaction.atomic():
        segment_values.lock_keys(tenant_id)
        slices.lock(range(slices.SLICES))
        plan_for_small_sets()
        # Read only now: an applier may have changed them meanwhile.
        before = [message for message in read_messages(keys, around=around).values() if message.tenant_id == tenant_id]
        after = [copied(message) for message in before]
        if number:
            _clean_all(tenant_id, [(message, number) for message in after], are_own=False)
            partner_ids.queue((m.folded.account_id, m.folded.partner_id, number) for m in after)
            numbers = dict.fromkeys((message.key for message in after), number)
        else:
            numbers = erase(after)
        raw_rows.erase_reports(tenant_id, before, numbers, are_own=not number)
        changes = [Change(old, new) for old, new in zip(before, after, strict=True) if old != new]
        chosen = write_messages(changes)
        add_changes(changes, chosen, cause=None)  # names change; the ledger forgets these months
        segment_fold.fold_all()
        gate_attempts.delete_texts(change.after.key for change in changes)
        message_ids.rename(after, numbers)
        erased_names.delete_empty_counts(tenant_id, changes)
        segment_values.forget_changed(tenant_id, changes, chosen)
    return len(changes)

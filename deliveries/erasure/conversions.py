"""Erases phone numbers from conversion events. An event's recipient key stays, as a message's does, so no figure moves.

A number may stand in the sender's event id, in a message id, in a custom parameter, and in the name or the column names
of an uploaded file. Where two event ids become equal, a number in parentheses tells them apart.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from campaigns.conversions.models import MAX_EVENT_ID, ConversionEvent
from deliveries.erasure import erased_ids
from deliveries.messages.recipients import RecipientKeys, recipient_keys
from deliveries.models import Message
from portal.common.hidden_numbers import holds_number, numbers_in, without_number
from portal.common.number_notations import digits_of

_BATCH = 2000
_TEXTS = ("message_id", "parameter_key", "parameter_value", "attributed_message_id", "attributed_variant")
_FIELDS = ("event_id", *_TEXTS)
_ALL_TEXTS = f"concat_ws(' ', {', '.join(_FIELDS)})"
# Other scripts' digits are read by Python: such texts are few.
_MAY_HOLD = (
    f"(regexp_replace({_ALL_TEXTS}, '[^0-9]', '', 'g') LIKE %(digits)s"
    f" OR octet_length({_ALL_TEXTS}) <> char_length({_ALL_TEXTS}))"
)


def erase(*, tenant_id: int, number: str) -> int:
    """Mask the number in the tenant's events; return in how many."""
    last = "".join(sign for sign in number if sign.isdigit())[-6:]
    changed = 0
    for events in _batches(tenant_id, _MAY_HOLD, {"digits": f"%{last}%"}):
        for event in events:
            if any(holds_number(getattr(event, field) or "", number) for field in _FIELDS):
                _mask(event, [number])
                changed += 1
    return changed


def erase_days(*, tenant_id: int, before: datetime) -> int:
    """Mask the recipient's own number in events that occurred before a time; return in how many."""
    keys = recipient_keys()
    where = (
        f"occurred_at < %(before)s AND (regexp_replace({_ALL_TEXTS}, '[^0-9]', '', 'g') ~ '[0-9]{{8}}'"
        f" OR octet_length({_ALL_TEXTS}) <> char_length({_ALL_TEXTS}))"
    )
    changed = 0
    for events in _batches(tenant_id, where, {"before": before}):
        for event in events:
            found = {number for field in _FIELDS for number in numbers_in(getattr(event, field) or "")}
            own = _own_numbers(event, found, keys) if found else []
            if own:
                _mask(event, own)
                changed += 1
    return changed


def _batches(tenant_id: int, where: str, parameters: dict) -> Iterable[list[ConversionEvent]]:
    """Yield the events that match, each batch in a transaction of its own and locked."""
    after = 0
    while True:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT id FROM conversion_event WHERE tenant_id = %(tenant)s AND id > %(after)s AND {where}"  # noqa: S608  conditions of this module; values are parameters
                    " ORDER BY id LIMIT %(limit)s",
                    {"tenant": tenant_id, "after": after, "limit": _BATCH} | parameters,
                )
                ids = [id_ for (id_,) in cursor.fetchall()]
            if not ids:
                return
            yield list(ConversionEvent.objects.select_for_update().filter(id__in=ids).order_by("id"))
        after = ids[-1]


def _own_numbers(event: ConversionEvent, found: set[str], keys: RecipientKeys) -> list[str]:
    """Return those of the numbers that are the recipient's, by the key of the event or of its message."""
    own = {bytes(event.recipient_key)} if event.recipient_key is not None else set()
    if event.attributed_message_day is not None:
        message = Message.objects.filter(
            tenant_id=event.tenant_id,
            day=event.attributed_message_day,
            account_id=event.attributed_account_id,
            message_id=event.attributed_message_id,
        )
        own |= {bytes(key) for key in message.values_list("recipient_key", flat=True) if key is not None}
    read = {number: digits_of(number) for number in found}
    return [
        number
        for number, digits in sorted(read.items())
        if digits and keys.of_number(digits, tenant_id=event.tenant_id) in own
    ]


def _mask(event: ConversionEvent, numbers: list[str]) -> None:
    """Mask the numbers in the texts of an event, and keep its event id unlike all others of the tenant."""

    def clean(text: str | None) -> str | None:
        for number in numbers:
            if text and holds_number(text, number):
                text = without_number(text, number)
        return text

    for field in _TEXTS:
        setattr(event, field, clean(getattr(event, field)))
    masked = clean(event.event_id) or ""
    if masked != event.event_id:
        others = ConversionEvent.objects.filter(tenant_id=event.tenant_id)
        limit = MAX_EVENT_ID - 10
        event.event_id = next(
            text for text in erased_ids.candidates(masked[:limit]) if not others.filter(event_id=text).exists()
        )
    event.save(update_fields=list(_FIELDS))

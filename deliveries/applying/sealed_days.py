"""Days that retention has taken: what may not change any more, and what is written without its number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from deliveries.erasure import erase
from deliveries.messages import fold
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import Key

PAST_RETENTION = "past retention"


@dataclass(frozen=True, slots=True)
class Marks:
    """Until where each tenant's messages and numbers are taken; read them in the transaction that writes messages.

    Retention moves a mark, then waits for every batch that may not have seen it, and only then takes anything.
    """

    messages: dict[int, date]
    numbers: dict[int, date]
    newest: date

    def is_sealed(self, message: StoredMessage) -> bool:
        """Return whether the message's day is sealed."""
        return message.day < self.newest and message.day < self.messages.get(message.tenant_id, date.min)

    def has_old_number(self, message: StoredMessage) -> bool:
        """Return whether the message holds a number that its tenant's retention deletes."""
        return (
            message.day < self.newest
            and message.day < self.numbers.get(message.tenant_id, date.min)
            and bool(message.folded.destination)
            and not message.folded.flags & fold.NUMBER_ERASED
        )


def read_marks() -> Marks:
    """Return all tenants' marks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tenant_id, messages_before, numbers_before FROM retention_mark")
        rows = cursor.fetchall()
    messages = {tenant_id: before for tenant_id, before, _numbers in rows if before is not None}
    numbers = {tenant_id: before for tenant_id, _messages, before in rows if before is not None}
    return Marks(messages, numbers, max([*messages.values(), *numbers.values()], default=date.min))


def hold_to_retention(
    pairs: Iterable[tuple[StoredMessage | None, StoredMessage]],
) -> tuple[dict[Key, str], dict[Key, str]]:
    """Return the reasons why messages may not be written, and the numbers hashed in the others; both by identity.

    `pairs` are (before or None, after). Sealed days count both for the tenant that a message leaves and for its new
    one.
    """
    marks = read_marks()
    if marks.newest == date.min:
        return {}, {}
    refused: dict[Key, str] = {}
    old: list[StoredMessage] = []
    for before, after in pairs:
        for message in (before, after):
            if message is not None and marks.is_sealed(message):
                refused[after.key] = f"the day {message.day} is before {marks.messages[message.tenant_id]}"
        if marks.has_old_number(after):
            old.append(after)
    return refused, erase.erase(old)


def erase_old_numbers(messages: Iterable[StoredMessage]) -> None:
    """Hash the numbers that are too old for the message's new tenant; their counts are updated anyway."""
    marks = read_marks()
    erase.erase(message for message in messages if marks.has_old_number(message))

"""Converts numbers that were stored before their notation could be read to the current form.

Messages that get a number this way get its country too, with counts. Messages with a number that were stored without a
recipient key get one. Erased numbers and sealed days stay.
"""

from collections.abc import Callable

from django.db import connection, transaction

from deliveries.counts.causes import Cause
from deliveries.counts.changes import add_changes
from deliveries.messages import slices
from deliveries.messages.fold import NUMBER_ERASED
from deliveries.messages.store import Key, read_messages, write_messages
from deliveries.rederiving.moves import rederive
from portal.common.bulk import plan_for_small_sets
from portal.common.msisdn import country_of_destination, normalize_destination
from portal.common.number_notations import digits_of

LOOKED_AT = 20_000  # messages in one read
BATCH = 2000  # messages in one transaction

Progress = Callable[[int], None]


def normalise_numbers(
    *,
    after: Key = (0, ""),
    progress: Progress = lambda seen: None,
    reached: Callable[[Key], None] = lambda key: None,
) -> tuple[int, int]:
    """Convert all messages' numbers to the current form; return (checked, changed).

    Runs in batches that each commit by themselves, and may be repeated, also while messages are applied. It begins
    after the message `after`; `reached` gets the last message of each read.
    """
    seen = changed = 0
    while rows := _next_rows(after):
        after = rows[-1][:2]
        wrong = [
            (account, id_)
            for account, id_, number, has_key in rows
            if number and (normalize_destination(number) != number or not (has_key or digits_of(number) is None))
        ]
        for start in range(0, len(wrong), BATCH):
            changed += _normalise(wrong[start : start + BATCH])
        seen += len(rows)
        progress(seen)
        reached(after)
    return seen, changed


def _next_rows(after: Key) -> list[tuple[int, str, str | None, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT account_id, message_id, CASE WHEN flags & %s = 0 THEN destination END,"
            " recipient_key IS NOT NULL FROM message"
            ' WHERE (message_id, account_id) > (%s COLLATE "C", %s) ORDER BY message_id, account_id LIMIT %s',
            [NUMBER_ERASED, after[1], after[0], LOOKED_AT],
        )
        return cursor.fetchall()


def _normalise(keys: list[Key]) -> int:
    with transaction.atomic():
        slices.lock(slices.slice_of(*key) for key in keys)
        plan_for_small_sets()
        messages = []
        for stored in read_messages(keys, around=None).values():  # read again under the lock
            folded = stored.folded.copy()
            if folded.destination and not folded.flags & NUMBER_ERASED:
                folded.destination = normalize_destination(folded.destination)
                folded.country = country_of_destination(folded.destination, folded.operator)
                messages.append((folded, stored))
        changes = rederive(messages)
        chosen = write_messages(changes)
        add_changes(changes, chosen, cause=Cause.REFOLD)
    return len(changes)

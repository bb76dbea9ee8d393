"""Messages made anew from their delivery reports, after a result code got another meaning."""

from collections import defaultdict
from collections.abc import Callable

from django.db import connection, transaction

from deliveries import fold, slices
from deliveries.dialects.codes import State
from deliveries.services.codes import code_tables
from deliveries.services.counts import add_changes
from deliveries.services.moves import rederive
from deliveries.services.stored import Key, StoredMessage, read_messages, same_message, write_messages
from portal.common.bulk import plan_for_small_sets

BATCH = 2000


def refold(*, dialect: str, code: int | None = None, progress: Callable[[int], None] | None = None) -> tuple[int, int]:
    """Re-derive the messages that have a report with `code` (None: all of the dialect), and their counts.

    Returns (messages looked at, messages changed). Goes in batches, each whole by itself, and may be run again.
    """
    seen = changed = 0
    after: Key = (0, "")
    while keys := _keys(dialect, code, after):
        after = keys[-1]
        changed += _refold_batch(keys, dialect)
        seen += len(keys)
        if progress is not None:
            progress(len(keys))
    return seen, changed


def _keys(dialect: str, code: int | None, after: Key) -> list[Key]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT account_id, message_id FROM delivery_report WHERE (%(code)s::int IS NULL"
            " OR result_code = %(code)s) AND account_id IN (SELECT account_id FROM tenants_feed WHERE dialect ="
            ' %(dialect)s) AND (message_id, account_id) > (%(message)s COLLATE "C", %(account)s)'
            " ORDER BY message_id, account_id LIMIT %(limit)s",
            {"code": code, "dialect": dialect, "account": after[0], "message": after[1], "limit": BATCH},
        )
        return cursor.fetchall()


def _refold_batch(keys: list[Key], dialect: str) -> int:
    codes = code_tables(fresh=True)[dialect]
    with transaction.atomic():
        slices.lock(slices.slice_of(*key) for key in keys)
        plan_for_small_sets()
        before = read_messages(keys, around=None)
        history = _history(keys)
        messages: list[tuple[fold.Folded, StoredMessage]] = []
        for key, stored in before.items():
            folded = stored.folded.copy()
            fold.restate(folded, history[key], codes=codes)
            messages.append((folded, stored))
        changes = rederive(messages)
        write_messages(changes)
        add_changes(changes)
    return len(changes)


def _history(keys: list[Key]) -> dict[Key, list[tuple[int | None, State]]]:
    history = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.account_id, d.message_id, d.part, d.result_code, d.status_at"
            " FROM unnest(%s::int[], %s::text[]) AS k (account_id, message_id) JOIN delivery_report d"
            f" ON {same_message('d', 'k')} ORDER BY d.inbox_id",
            [[key[0] for key in keys], [key[1] for key in keys]],
        )
        for account_id, message_id, part, code, at in cursor.fetchall():
            history[account_id, message_id].append((part, State(code, at)))
    return history

"""Messages derived again from their delivery reports, after a result code or the rules got another meaning."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime

from django.db import connection, transaction

from deliveries.applying.sealed_days import read_marks
from deliveries.counts.causes import Cause
from deliveries.counts.changes import add_changes
from deliveries.dialects.codes import CodeTable, State
from deliveries.erasure import message_ids
from deliveries.messages import fold, slices
from deliveries.messages.code_tables import code_tables
from deliveries.messages.row import StoredMessage
from deliveries.messages.store import Key, read_messages, same_message, write_messages
from deliveries.rederiving.moves import rederive
from portal.common.bulk import plan_for_small_sets
from portal.tenants.models import Feed

BATCH = 2000


def refold(*, dialect: str, code: int | None = None, progress: Callable[[int], None] | None = None) -> tuple[int, int]:
    """Re-derive the messages that have a report with `code` (None: all of the dialect), and their counts.

    Returns (messages checked, messages changed). Runs in batches that each commit by themselves, and may be repeated.
    """
    seen = changed = 0
    after: Key = (0, "")
    while keys := _keys(dialect, code, after):
        after = keys[-1]
        changed += refold_messages(keys)
        seen += len(keys)
        if progress is not None:
            progress(len(keys))
    return seen, changed


def refold_messages(keys: list[Key], *, around: tuple[datetime, datetime] | None = None) -> int:
    """Re-derive these messages in one transaction and return how many changed; those of sealed days stay as they are.

    `around` is about when they were sent, where that is known (deliveries/messages/store.py: read_messages).
    """
    tables = _tables()
    with transaction.atomic():
        slices.lock(slices.slice_of(*key) for key in keys)
        plan_for_small_sets()
        marks = read_marks()
        before = {
            key: stored
            for key, stored in read_messages(keys, around=around).items()
            if key[0] in tables and not marks.is_sealed(stored)
        }
        history = _history({key: stored.day for key, stored in before.items()})
        messages: list[tuple[fold.Folded, StoredMessage]] = []
        for key, stored in before.items():
            folded = stored.folded.copy()
            fold.restate(folded, history[key], codes=tables[key[0]])
            messages.append((folded, stored))
        changes = rederive(messages)
        chosen = write_messages(changes)
        add_changes(changes, chosen, cause=Cause.REFOLD)
        message_ids.rename_changed(changes)
    return len(changes)


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


def _tables() -> dict[int, CodeTable]:
    """Return each account's result codes; all feeds of an account speak one dialect."""
    codes = code_tables(fresh=True)
    return {account: codes[dialect] for account, dialect in Feed.objects.values_list("account_id", "dialect")}


def _history(days: dict[Key, date]) -> dict[Key, list[tuple[int | None, State]]]:
    """Return the reports of each message; they are stored under its day."""
    history = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.account_id, d.message_id, d.part, d.result_code, d.status_at"  # noqa: S608  aliases, constants; keys are parameters
            " FROM unnest(%s::int[], %s::text[], %s::date[]) AS k (account_id, message_id, day)"
            f" JOIN delivery_report d ON d.day = k.day AND {same_message('d', 'k')} ORDER BY d.inbox_id",
            [[key[0] for key in days], [key[1] for key in days], list(days.values())],
        )
        for account_id, message_id, part, code, at in cursor.fetchall():
            history[account_id, message_id].append((part, State(code, at)))
    return history

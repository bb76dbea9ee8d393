"""Access to the message table: reads by identity, writes in sets."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import orjson

from deliveries.messages import month_filters, partitions
from deliveries.messages.parameter_rows import ChosenKeys, write_parameters
from deliveries.messages.row import COLUMNS, Change, Key, StoredMessage, from_row, to_row
from portal.common.bulk import EACH, bulk_cursor, stage
from portal.common.periods import Month

SEARCH_WINDOW = timedelta(days=35)

_LIST = ", ".join(COLUMNS)
_JSON = [column for column, type_ in COLUMNS.items() if type_ == "jsonb"]
_READ = ", ".join(f"m.{column}::text" if column in _JSON else f"m.{column}" for column in COLUMNS)
_STAGED = ", ".join(f"{column}::jsonb" if column in _JSON else column for column in COLUMNS)


def read_messages(keys: Iterable[Key], *, around: tuple[datetime, datetime] | None) -> dict[Key, StoredMessage]:
    """Return the messages that exist, by identity. A caller that writes them must hold their slices' locks.

    Months within SEARCH_WINDOW of `around` (earliest and latest known time) are searched first, then, for the missing
    ones, all others. If a month has a filter, identities that it rules out are skipped.
    """
    wanted = sorted(set(keys))
    found: dict[Key, StoredMessage] = {}
    if around is None:
        _read(found, wanted, "true", [])
        return found
    filters = month_filters.filters()
    first, last = Month.of((around[0] - SEARCH_WINDOW).date()), Month.of((around[1] + SEARCH_WINDOW).date())
    months = [month for month in partitions.months() if month not in filters]
    _read_months(found, wanted, [month for month in months if first <= month <= last])
    wanted = [key for key in wanted if key not in found]
    _read_months(found, wanted, [month for month in months if not first <= month <= last])
    if filters:
        wanted = [key for key in wanted if key not in found]
        _read_months(found, month_filters.not_ruled_out(wanted, filters.values()), sorted(filters))
    return found


def _read_months(found: dict[Key, StoredMessage], keys: list[Key], months: list[Month]) -> None:
    """Look for all of `keys` in these months (in order), neighbouring ones at once."""
    while keys and months:
        count = next((n for n in range(1, len(months)) if months[n] != months[n - 1].next()), len(months))
        _read(found, keys, "m.day BETWEEN %s AND %s", [months[0].first_day, months[count - 1].last_day])
        months = months[count:]


def _read(found: dict[Key, StoredMessage], keys: list[Key], where: str, parameters: list) -> None:
    with bulk_cursor() as cursor:
        cursor.execute(look_up(where), [*keys_as_json(keys), *parameters])
        for row in cursor.fetchall():
            found[row[2], row[3]] = from_row(row)


# A list of keys as two parameters: psycopg makes PostgreSQL's arrays in Python, orjson makes its own at once.
KEYS = (
    "ROWS FROM (json_array_elements_text(%s::json), json_array_elements_text(%s::json)) AS k (account_id, message_id)"
)


def same_message(row: str, other: str, account: str = "{other}.account_id") -> str:
    """Return the condition that `row`, of `message` or `delivery_report`, is of the same message as `other`.

    Written so that of the row's indexes only the one by message id fits, and no join but a look-up for each: of a
    partition that PostgreSQL believes empty it takes any index for as good as another, and the partition for the small
    side.
    """
    account = account.format(other=other)
    return f"{row}.message_id = ANY (ARRAY[{other}.message_id]) AND {row}.account_id + 0 = {account}"


def keys_as_json(keys: list[Key]) -> tuple[str, str]:
    """Return the parameters of KEYS."""
    return (
        orjson.dumps([account_id for account_id, _message_id in keys]).decode(),
        orjson.dumps([message_id for _account_id, message_id in keys]).decode(),
    )


def look_up(where: str = "true") -> str:
    """Return the statement that reads messages by KEYS, with one index look-up each, whatever statistics say."""
    return (
        f"SELECT m.* FROM {KEYS} CROSS JOIN LATERAL"  # noqa: S608  column lists and aliases, constants; keys are parameters
        f" (SELECT {_READ} FROM message m WHERE {same_message('m', 'k', 'k.account_id::int')} AND {where} {EACH}) AS m"
    )


def write_messages(changes: list[Change]) -> ChosenKeys:
    """Write the changed messages set-based, and move the reports of those whose tenant or day changed.

    Returns the segment keys of their tenants, by which they are counted (deliveries/counts/changes.py: add_changes).
    """
    partitions.ensure_months({change.after.day for change in changes})
    rows = [_staged_row(change) for change in changes]
    ops = {row[0] for row in rows}
    with bulk_cursor() as cursor:
        stage(cursor, "changed_message", {"op": "text", "old_tenant_id": "int", "old_day": "date", **COLUMNS}, rows)
        if "moved" in ops:
            cursor.execute(TAKE_MOVED)
            cursor.execute(MOVE_REPORTS)
        if "same" in ops:
            cursor.execute(UPDATE)
        if ops & {"new", "moved"}:
            cursor.execute(
                f"{_NOTE_ADDED} INSERT INTO message ({_LIST})"  # noqa: S608  column lists and aliases, constants; keys are parameters
                f" SELECT {_STAGED} FROM changed_message WHERE op IN ('new', 'moved')"
            )
    month_filters.forget(row[_DAY] for row in rows if row[0] != "same")
    return write_parameters(changes)


def _note(ops: list[str]) -> str:
    """Return the WITH that notes changed messages for the attribution of conversion events.

    It is part of the statement that writes them, and skipped where no tenant has events. The earlier tenant of a moved
    message gets a note too.
    """
    tenants = "ANY (ARRAY(SELECT tenant_id FROM conversion_tenant))"
    of_changed = f"FROM changed_message c WHERE EXISTS (SELECT FROM conversion_tenant) AND c.op = ANY (ARRAY{ops})"
    return (
        "WITH noted AS (INSERT INTO conversion_due (tenant_id, recipient_key, account_id, message_id, since)"
        f" SELECT c.tenant_id, c.recipient_key, c.account_id, c.message_id, now() {of_changed}"
        f" AND c.tenant_id = {tenants} UNION ALL"
        f" SELECT c.old_tenant_id, NULL, c.account_id, c.message_id, now() {of_changed}"
        f" AND c.old_tenant_id <> c.tenant_id AND c.old_tenant_id = {tenants})"
    )


_NOTE_ADDED = _note(["new", "moved"])
_DAY = 3 + list(COLUMNS).index("day")  # in a staged row


def _staged_row(change: Change) -> tuple:
    before, after = change.before, change.after
    if before is None:
        return ("new", None, None, *to_row(after))
    op = "same" if before.tenant_id == after.tenant_id and before.day == after.day else "moved"
    return (op, before.tenant_id, before.day, *to_row(after))


_IDENTITY = {"tenant_id", "day", "account_id", "message_id"}
_NEW_VALUES = ", ".join(
    f"{column} = t.{column}{'::jsonb' if column in _JSON else ''}" for column in COLUMNS if column not in _IDENTITY
)
_REPORT = (
    "account_id, message_id, part, result_code, status_at, sent_at, operator, operator_result_code,"
    " feed_id, inbox_id, received_at"
)


UPDATE = (
    f"{_note(['same'])} UPDATE message m SET {_NEW_VALUES}, updated_at = clock_timestamp() FROM changed_message t"  # noqa: S608  column lists and aliases, constants; keys are parameters
    f" WHERE t.op = 'same' AND m.day = t.day AND {same_message('m', 't')}"
)
_MOVED = f"t.op = 'moved' AND m.tenant_id + 0 = t.old_tenant_id AND m.day = t.old_day AND {same_message('m', 't')}"
# What lies under an old tenant or day: neither can be changed in place.
TAKE_MOVED = f"DELETE FROM message m USING changed_message t WHERE {_MOVED}"  # noqa: S608  column lists and aliases, constants; keys are parameters
MOVE_REPORTS = (
    f"WITH gone AS (DELETE FROM delivery_report m USING changed_message t WHERE {_MOVED}"  # noqa: S608  column lists and aliases, constants; keys are parameters
    " RETURNING t.tenant_id AS new_tenant_id, t.day AS new_day, m.*)"
    f" INSERT INTO delivery_report (tenant_id, day, {_REPORT}, applied_at) SELECT new_tenant_id, new_day, {_REPORT},"
    " CASE WHEN tenant_id = new_tenant_id THEN applied_at ELSE clock_timestamp() END FROM gone"
)

"""message_parameter: a row for each value of a chosen segment key, by which messages are found.

The table is a function of the messages and of what their tenants have chosen (campaigns.SegmentKey): who changes one
changes the other in the same transaction, under the same slices' locks. A key counts as chosen from the moment that
its row is committed; what was stored before that is done in the background (deliveries/rederiving/segment_keys.py).
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

import psycopg

from campaigns.models import SegmentKey
from campaigns.segments import INDEXED_VALUE, indexed_value, value_of, value_sql
from deliveries.messages.row import Change, StoredMessage
from portal.common.bulk import EACH, bulk_cursor, looked_up, stage

COLUMNS = {
    "tenant_id": "int",
    "day": "date",
    "key": "text",
    "value": "text",
    "sent_at": "timestamptz",
    "account_id": "int",
    "message_id": "text",
}
LIST = ", ".join(COLUMNS)
_INDEXED = ("tenant_id", "key", "value", "sent_at")
SAME_ROW = f"{looked_up('p', 'r', _INDEXED)} AND " + " AND ".join(
    f"p.{column} = r.{column}" for column in COLUMNS if column not in _INDEXED
)

ParameterRow = tuple[int, date, str, str, datetime, int, str]  # COLUMNS


class ChosenKey(NamedTuple):
    """A chosen key. Messages sent at or after `counted_from` are counted, not those of days before `figures_from`.

    `counted_from` is None if the key has no figures, or none yet.
    """

    id: int
    key: str
    counted_from: datetime | None
    figures_from: date
    generation: int


ChosenKeys = dict[int, list[ChosenKey]]  # by tenant


def chosen_keys(tenant_ids: Collection[int]) -> ChosenKeys:
    """Return the keys that these tenants have chosen; nothing of tenants that have chosen none.

    Read them under a slice's lock: `counted_from` changes under the locks of all slices.
    """
    keys: ChosenKeys = {}
    chosen = SegmentKey.objects.filter(tenant_id__in=tenant_ids, removed=False).order_by("tenant_id", "key")
    columns = ("tenant_id", "id", "key", "position", "figures", "figures_from", "generation")
    for tenant_id, id_, key, position, figures, figures_from, generation in chosen.values_list(*columns):
        counted_from = position if figures == SegmentKey.Figures.YES else None
        one = ChosenKey(id_, key, counted_from, figures_from or date.min, generation)
        keys.setdefault(tenant_id, []).append(one)
    return keys


def rows_of(message: StoredMessage, keys: Iterable[ChosenKey]) -> set[ParameterRow]:
    """Return the rows of a message whose tenant has chosen `keys`; an empty value has none."""
    f = message.folded
    return {
        (message.tenant_id, message.day, key.key, indexed_value(value), f.sent_at, f.account_id, f.message_id)
        for key in keys
        if (value := value_of(key.key, f.parameters, message.labels))
    }


# The rows of new messages, which are staged (deliveries/messages/store.py). Each message looks up its tenant's keys.
_ADD_NEW = f"""
INSERT INTO message_parameter ({LIST})
SELECT m.tenant_id, m.day, k.key, {INDEXED_VALUE.format(value="v.text")}, m.sent_at, m.account_id, m.message_id
FROM (
    SELECT tenant_id, day, labels::jsonb, custom_parameters::jsonb, sent_at, account_id, message_id
    FROM changed_message WHERE op = 'new' {EACH}
) AS m
CROSS JOIN LATERAL (
    SELECT k.key FROM campaigns_segmentkey k
    WHERE {looked_up("k", "m", ["tenant_id"])} AND k.id = ANY (%s::bigint[]) {EACH}
) AS k
CROSS JOIN LATERAL (SELECT {value_sql("k.key")} AS text {EACH}) AS v
WHERE v.text <> ''
"""  # noqa: S608  column lists and aliases, constants; keys are a parameter


def write_parameters(changes: list[Change]) -> ChosenKeys:
    """Write what the changed messages' rows are now, and return the keys that their tenants have chosen.

    It costs one query if they have chosen nothing.
    """
    tenants = {change.after.tenant_id for change in changes}
    tenants |= {change.before.tenant_id for change in changes if change.before is not None}
    keys = chosen_keys(tenants)
    if not keys:
        return keys
    gone: list[ParameterRow] = []
    new: list[ParameterRow] = []
    has_new = False
    for change in changes:
        before, after = change.before, change.after
        if before is None:
            has_new = True
        elif _place(before) != _place(after) or _texts(before) != _texts(after):
            was, is_now = rows_of(before, keys.get(before.tenant_id, ())), rows_of(after, keys.get(after.tenant_id, ()))
            gone += was - is_now
            new += is_now - was
    with bulk_cursor() as cursor:
        if has_new:
            cursor.execute(_ADD_NEW, [[key.id for of_tenant in keys.values() for key in of_tenant]])
        replace_rows(cursor, gone, new)
    return keys


def replace_rows(cursor: psycopg.Cursor, gone: list[ParameterRow], new: list[ParameterRow]) -> None:
    """Delete rows (if they exist) and insert others, in the caller's transaction, planned for small sets."""
    if gone:
        stage(cursor, "gone_parameter", COLUMNS, gone)
        cursor.execute(f"DELETE FROM message_parameter p USING gone_parameter r WHERE {SAME_ROW}")  # noqa: S608  column lists and aliases, constants; values are columns
    if new:
        stage(cursor, "new_parameter", COLUMNS, new)
        cursor.execute(f"INSERT INTO message_parameter ({LIST}) SELECT {LIST} FROM new_parameter")  # noqa: S608  column lists and aliases, constants; values are columns


def rows_as_sql(*, key: str, keys: str = "", messages: str = "message") -> str:
    """Return the SELECT of the rows that messages `m` should have; goes on with AND and further conditions.

    `key` is an expression for the key, `keys` joins what it needs.
    """
    value = value_sql(f"{key}::text")
    return (
        f"SELECT m.tenant_id, m.day, {key}::text AS key, {INDEXED_VALUE.format(value=value)} AS value, m.sent_at,"  # noqa: S608  column lists and aliases, constants; values are columns
        f" m.account_id, m.message_id FROM {messages} m {keys} WHERE {value} <> ''"
    )


def rows_go_with(messages: str) -> str:
    """Return the DELETE of the rows of these messages, a CTE that has what makes their rows; plan it for small sets."""
    keys = "JOIN campaigns_segmentkey k ON k.tenant_id = m.tenant_id"
    return (
        f"DELETE FROM message_parameter p USING ({rows_as_sql(key='k.key', keys=keys, messages=messages)} {EACH}) AS r"  # noqa: S608  column lists and aliases, constants; values are columns
        f" WHERE {SAME_ROW}"
    )


def _place(message: StoredMessage) -> tuple[int, date, datetime | None]:
    return message.tenant_id, message.day, message.folded.sent_at


def _texts(message: StoredMessage) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    return message.folded.parameters, message.labels

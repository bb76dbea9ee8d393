"""Delivery reports as they are written: what is new beside what was known."""

from msgspec import Struct

from deliveries.dialects.report import Report
from deliveries.messages.raw_row import RawRow
from deliveries.messages.row import Change
from deliveries.messages.store import KEYS, Key, keys_as_json, same_message
from portal.common.bulk import EACH, bulk_cursor, stage


class NewReport(Struct, frozen=True, gc=False):
    """A row that could be read."""

    row: RawRow
    key: Key
    dialect: str
    report: Report


_COLUMNS = {
    "tenant_id": "int",
    "day": "date",
    "account_id": "int",
    "message_id": "text",
    "part": "smallint",
    "result_code": "int",
    "status_at": "timestamptz",
    "sent_at": "timestamptz",
    "operator": "text",
    "operator_result_code": "text",
    "feed_id": "int",
    "inbox_id": "bigint",
    "received_at": "timestamptz",
}
_LIST = ", ".join(_COLUMNS)
STAGED = _COLUMNS | {"of_new_message": "bool"}
# Each a look-up of its own (EACH): as a join it would be planned for tables that are believed empty.
ADD_UNKNOWN = (
    f"INSERT INTO delivery_report ({_LIST}) SELECT {_LIST} FROM new_report n WHERE NOT n.of_new_message"  # noqa: S608  column lists, constants; keys are parameters
    f" AND NOT EXISTS (SELECT 1 FROM delivery_report d WHERE d.day = n.day AND {same_message('d', 'n')}"
    " AND d.part IS NOT DISTINCT FROM n.part"
    f" AND d.result_code = n.result_code AND d.status_at IS NOT DISTINCT FROM n.status_at {EACH})"
    " RETURNING inbox_id"
)


def write_reports(reports: list[NewReport], changes: list[Change]) -> set[int]:
    """Write the reports that are not known yet and return their inbox ids; call it after their messages are written.

    The same (id with part, result code, timestamp) again is a duplicate (docs/link.md section 5.2).
    """
    if not reports:
        return set()
    # Its tenant and day, and whether it is new.
    places = {
        (c.after.folded.account_id, c.after.folded.message_id): (c.after.tenant_id, c.after.day, c.before is None)
        for c in changes
    }
    places |= _places([item.key for item in reports if item.key not in places])
    first: dict[tuple, NewReport] = {}
    for item in reports:
        report = item.report
        first.setdefault((item.key, report.part, report.code, report.at), item)
    rows = []
    added = set()
    for item in first.values():
        row, report = item.row, item.report
        tenant_id, day, is_new = places[item.key]
        if is_new:
            added.add(row.id)
        rows.append(
            (
                tenant_id,
                day,
                *item.key,
                report.part,
                report.code,
                report.at,
                report.sent_at,
                report.operator,
                report.operator_code,
                row.feed_id,
                row.id,
                row.received_at,
                is_new,
            )
        )
    with bulk_cursor() as cursor:
        stage(cursor, "new_report", STAGED, rows)
        if added:
            cursor.execute(f"INSERT INTO delivery_report ({_LIST}) SELECT {_LIST} FROM new_report WHERE of_new_message")  # noqa: S608  column lists, constants; keys are parameters
        if len(added) < len(rows):
            cursor.execute(ADD_UNKNOWN)
            added.update(inbox_id for (inbox_id,) in cursor.fetchall())
    return added


def _places(keys: list[Key]) -> dict[Key, tuple]:
    """Return tenant and day of messages that did not change, and that they are not new."""
    if not keys:
        return {}
    keys = sorted(set(keys))
    with bulk_cursor() as cursor:
        cursor.execute(
            f"SELECT m.* FROM {KEYS} CROSS JOIN LATERAL (SELECT account_id, message_id, tenant_id, day FROM message m"  # noqa: S608  column lists, constants; keys are parameters
            f" WHERE {same_message('m', 'k', 'k.account_id::int')} {EACH}) AS m",
            keys_as_json(keys),
        )
        return {(account_id, message_id): (tenant_id, day, False) for account_id, message_id, tenant_id, day in cursor}

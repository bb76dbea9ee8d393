"""A row in any table, made from what the database says of its columns; so that no table is forgotten."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import connection, transaction

from portal.tenants.wall import GUARDED_TABLES, TENANT_TABLES

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

# The column that says whose a row is.
TENANT_COLUMN = dict.fromkeys(TENANT_TABLES, "tenant_id") | {
    table: column for table, (_web, _staff, column) in GUARDED_TABLES.items()
}
# Where a constraint wants a certain value.
VALUES = {("message", "status"): "delivered", ("message", "country"): "FI", ("report_run", "state"): "queued"} | {
    ("alert_minute", "delivered"): [1],
    ("alert_quarter", "delivered"): [1],
    ("alert_rule", "min_messages"): 100,
    ("budget", "amount"): 1,
    ("budget", "partner_id"): "",
    ("budget", "scope"): "all",
    ("applier_stop", "cause"): "programme",
    ("conversion_event", "account_id"): 1,
    ("conversion_event", "message_id"): "m",
    ("exchange_rate", "quote"): "SEK",
    ("price", "micro"): 0,
    ("price_list", "kind"): "sale",
    ("report_definition", "frequency"): "",
    ("tier_group", "valid_from"): DAY.replace(day=1),
    ("billing_terms", "vat_category"): "S",
    ("closing_run", "month"): DAY.replace(day=1),
    ("number_series", "next_number"): 1001,
    ("statement", "kind"): "invoice",
    ("statement", "month"): DAY.replace(day=1),
    ("statement", "number"): "",
    ("statement", "state"): "draft",
    ("statement_line", "kind"): "usage",
    ("saved_view", "page"): "overview",
    ("share_link", "kind"): "overview",
    ("share_link", "panel"): "",
    ("standing_check", "problems"): 0,
    ("tenant_brand", "logo_digest"): "",
}
BY_TYPE = {
    "integer": 1,
    "bigint": 1,
    "smallint": 1,
    "double precision": 0.5,
    "boolean": True,
    "date": DAY,
    "timestamp with time zone": NOON,
    "jsonb": "{}",
    "ARRAY": ["1"],
    "bytea": b"x",
    "inet": "192.0.2.1",
    "xid8": "1",
    "uuid": "00000000-0000-0000-0000-000000000001",
}
_COLUMNS = """
SELECT column_name, data_type, character_maximum_length FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = %s AND is_nullable = 'NO' AND column_default IS NULL
AND is_identity = 'NO' ORDER BY ordinal_position
"""
_REFERENCES = """
SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
WHERE c.contype = 'f' AND c.conrelid = %s::regclass
"""


def row(table: str, tenant_id: int) -> dict[str, object]:
    """Return the least row of `table`, `tenant_id`'s if it has a tenant; what it refers to must exist already."""
    return (
        {
            name: _value(table, name, kind, length, tenant_id)
            for name, kind, length in schema(_COLUMNS, table)
            if name != TENANT_COLUMN.get(table)
        }
        | {column: value for (of, column), value in VALUES.items() if of == table}
        | ({TENANT_COLUMN[table]: tenant_id} if table in TENANT_COLUMN else {})
    )


def insert(table: str, values: dict[str, object]) -> None:
    """Insert `values` as whoever the transaction is now."""
    names = ", ".join(f'"{name}"' for name in values)
    places = ", ".join(["%s"] * len(values))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', list(values.values()))


def change(statement: str, parameters: list) -> int:
    """Return how many rows `statement` changed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.rowcount


def owners(table: str) -> list[int]:
    """Return whose the visible rows of `table` are, one entry a row, in order."""
    return [owner for (owner,) in rows(f'SELECT "{TENANT_COLUMN[table]}" FROM "{table}" ORDER BY 1')]


def schema(query: str, table: str) -> tuple[tuple, ...]:
    """Return what `query` says of a table's columns; asked once."""
    if (query, table) not in _schema:
        _schema[query, table] = tuple(rows(query, [table]))
    return _schema[query, table]


_schema: dict[tuple[str, str], tuple[tuple, ...]] = {}


def rows(query: str, parameters: list | None = None) -> list[tuple]:
    """Return what `query` finds; a refusal leaves the transaction usable."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def _value(table: str, column: str, kind: str, length: int | None, tenant_id: int) -> object:
    if (table, column) in VALUES:
        return VALUES[table, column]
    if referred := dict(schema(_REFERENCES, table)).get(column):
        if referred in TENANT_COLUMN:
            return rows(f"SELECT min(id) FROM {referred} WHERE {TENANT_COLUMN[referred]} = %s", [tenant_id])[0][0]
        return rows(f"SELECT min(id) FROM {referred}")[0][0]
    if kind in ("text", "character varying"):
        return f"t{tenant_id}"[:length]
    return BY_TYPE[kind]

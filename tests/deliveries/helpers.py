"""Raw reports and inbox rows for tests."""

from datetime import UTC, datetime

import orjson
from django.db import connection

from deliveries.applying.apply import apply_waiting
from deliveries.applying.submissions import put_in_inbox
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.submission import raw_row
from deliveries.ingest.inbox import INSERT, NewRow, columns
from deliveries.ingest.split import split
from deliveries.messages import partitions

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def dlr(id_: str, code: int = 1001, **fields) -> dict:
    """Return a report as LINK sends it, with only the fields given beside the required ones."""
    return {"id": id_, "resultCode": code} | fields


def put(
    feed,
    *reports: dict | bytes,
    accept_days: int | None = None,
    received_at: datetime | None = None,
    query: str = "",
) -> None:
    """Put raw rows into the inbox, as the ingest does (%b: psycopg's binary parameters); received now, or then."""
    bodies = [report if isinstance(report, bytes) else orjson.dumps(report) for report in reports]
    rows = [
        NewRow(feed.id, slice_, body, "192.0.2.1", accept_days, query=query)
        for raw in bodies
        for slice_, body in split(raw, account_id=feed.account_id, dialect=DIALECTS[feed.dialect], query=query)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM inbox")
        before = cursor.fetchone()[0]
        cursor.cursor.execute(INSERT, columns(rows))
        if received_at is not None:
            for table in ("inbox", "inbox_todo"):
                cursor.execute(f"UPDATE {table} SET received_at = %s WHERE id > %s", [received_at, before])


def submission(id_: str, **fields) -> dict:
    """Return a submission with only the fields given beside the required ones, handed in ten seconds before NOW."""
    return {"message_id": id_, "submitted_at": "2026-11-20T11:59:50Z"} | fields


def hand_in(account, *items: dict, received_at: datetime | None = None, is_claim: bool = False) -> None:
    """Put submissions into the inbox, as the REST API does; received now, or then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM inbox")
        before = cursor.fetchone()[0]
        put_in_inbox(
            [(account.id, item["message_id"], raw_row(item, is_claim=is_claim)) for item in items], peer="192.0.2.2"
        )
        if received_at is not None:
            for table in ("inbox", "inbox_todo"):
                cursor.execute(f"UPDATE {table} SET received_at = %s WHERE id > %s", [received_at, before])


def apply(feed, *reports, **kwargs):
    """Put reports into the inbox, apply them, and return what was done."""
    if reports:
        put(feed, *reports, **kwargs)
    return apply_waiting(now=NOW)


__all__ = ["NOW", "apply", "dlr", "hand_in", "partitions", "put", "submission"]

"""Applies reports at one moment, and reads the resulting tables."""

from datetime import UTC, datetime

from django.db import connection

from deliveries.applying.apply import BatchResult, apply_waiting
from deliveries.models import DeliveryReport
from tests.deliveries.helpers import dlr, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def apply(feed, *reports, now: datetime = NOW, **kwargs) -> BatchResult:
    put(feed, *reports, **({"received_at": now} | kwargs))
    return apply_waiting(now=now)


def shop(id_: str, code: int = 1001, partner: str = "nr-fi", **fields) -> dict:
    return dlr(id_, code, gateCustomParameters={"platformPartnerId": partner}, **fields)


def rows(table: str, *columns: str) -> list[tuple]:
    """Return the rows of a count table that count anything, in order."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE messages <> 0 ORDER BY {', '.join(columns)}")
        return cursor.fetchall()


def reports_of(message_id: str) -> list[tuple]:
    return list(
        DeliveryReport.objects.filter(message_id=message_id)
        .order_by("inbox_id")
        .values_list("tenant_id", "day", "part", "result_code")
    )

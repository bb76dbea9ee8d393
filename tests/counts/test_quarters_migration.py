"""Counts by UTC hour, as an earlier version made them, become counts by quarter of an hour; what is sealed is kept."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module

import pytest
from django.db import connection

from deliveries.checks.reconcile import find_differences
from deliveries.models import HourCount, Message, RetentionMark
from portal.tenants.models import Tenant
from tests.deliveries.applied import NOW, apply, rows, shop

pytestmark = pytest.mark.django_db

migration = import_module("deliveries.migrations.0020_quarters")

COLUMNS = ("hour_count", "quarter", "account_id", "status", "messages", "parts")


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(sql)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


def send(feed, *instants: datetime) -> None:
    apply(feed, *(shop(f"{instant:%d %H:%M}", segments=2, sentTimestamp=instant.isoformat()) for instant in instants))


def seal(tenant, before: date, hours_before: datetime) -> None:
    RetentionMark.objects.create(tenant=tenant, messages_before=before, hours_before=hours_before)


def upgraded() -> RetentionMark | None:
    run(migration.QUARTERS)
    return RetentionMark.objects.first()


def test_open_days_are_counted_again_by_quarter_and_account(feed, tenant):
    send(feed, at(1, 10, 14), at(1, 10, 15), at(1, 10, 59))
    before = rows(*COLUMNS)
    run(migration.HOURS)
    assert rows("hour_count", "hour", "status", "messages", "parts") == [(at(1, 10), "delivered", 3, 6)]

    assert upgraded() is None

    counted = [(at(1, 10), 1), (at(1, 10, 15), 1), (at(1, 10, 45), 1)]
    assert rows(*COLUMNS) == before == [(when, feed.account_id, "delivered", n, 2 * n) for when, n in counted]
    assert find_differences() == []


def test_sealed_days_keep_their_hours_without_an_account(feed, tenant):
    """In Kolkata an hour may begin in a sealed day and end in an open one."""
    Tenant.objects.filter(id=tenant.id).update(timezone="Asia/Kolkata")
    send(feed, at(1, 10, 40), at(1, 18, 10), at(1, 18, 40), at(1, 18, 50), at(1, 19, 20))
    run(migration.HOURS)
    seal(tenant, date(2026, 10, 2), at(1, 18, 30))
    assert Message.objects.filter(day__lt=date(2026, 10, 2)).delete()[0] == 2

    mark = upgraded()

    assert rows(*COLUMNS) == [
        (at(1, 10), 0, "delivered", 1, 2),
        (at(1, 18), 0, "delivered", 1, 2),
        (at(1, 18, 30), feed.account_id, "delivered", 1, 2),
        (at(1, 18, 45), feed.account_id, "delivered", 1, 2),
        (at(1, 19, 15), feed.account_id, "delivered", 1, 2),
    ]
    assert (mark.quarters_from, mark.sealed_in) == (at(1, 18, 30), "Asia/Kolkata")
    assert find_differences() == []
    apply(feed, shop("01 18:40", 1006, sentTimestamp=at(1, 18, 40).isoformat(), timestamp=NOW.isoformat()))
    assert find_differences() == []
    assert not HourCount.objects.filter(messages__lt=0).exists()


@pytest.mark.parametrize("zone", ["Europe/Helsinki", "Europe/London"])
def test_sealed_days_of_an_earlier_time_zone_are_marked(feed, tenant, zone):
    send(feed, at(1, 10), at(1, 22, 30), at(5, 10))
    run(migration.HOURS)
    seal(tenant, date(2026, 10, 4), at(3, 21))
    Message.objects.filter(day__lt=date(2026, 10, 4)).delete()
    Tenant.objects.filter(id=tenant.id).update(timezone=zone)

    mark = upgraded()

    assert mark.quarters_from == at(3, 21)
    assert mark.hours_from == (None if zone == "Europe/Helsinki" else at(2, 23))


def test_sealed_tenant_without_counts_of_sealed_days_has_quarters_for_all(feed, tenant):
    send(feed, at(5, 10))
    run(migration.HOURS)
    seal(tenant, date(2026, 10, 2), at(1, 21))

    mark = upgraded()

    assert (mark.quarters_from, mark.hours_from) == (None, None)
    assert HourCount.objects.get().quarter == at(5, 10) < mark.hours_before + timedelta(days=9)

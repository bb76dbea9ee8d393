"""Months of messages and days of the inbox: made when needed, walled, and never in the way of a body."""

from datetime import UTC, date, datetime

import pytest
from django.db import ProgrammingError, connection, transaction

from deliveries.applying.apply import apply_waiting
from deliveries.ingest.inbox import INSERT, NewRow, columns
from deliveries.messages import partitions
from deliveries.models import Message
from portal.tenants.wall import INGEST, STAFF, WEB
from tests.deliveries.helpers import dlr, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


def query(sql: str, *parameters) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def bounds(parent: str, like: str) -> dict[str, str]:
    return dict(
        query(
            "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i"
            " JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = %s::regclass AND c.relname LIKE %s",
            parent,
            like,
        )
    )


@pytest.mark.parametrize("parent", partitions.FACTS)
def test_months_are_made_for_messages_and_reports(parent):
    partitions.ensure_months([date(2031, 12, 31), date(2032, 2, 29), date(2031, 12, 1)])

    assert bounds(parent, "%\\_203_\\_%") == {
        f"{parent}_2031_12": "FOR VALUES FROM ('2031-12-01') TO ('2032-01-01')",
        f"{parent}_2032_02": "FOR VALUES FROM ('2032-02-01') TO ('2032-03-01')",
    }


def test_months_are_made_once():
    partitions.ensure_months([date(2031, 12, 31)])
    partitions.ensure_months([date(2031, 12, 1)])
    partitions.forget()
    partitions.ensure_months([date(2031, 12, 15)])

    assert list(bounds("message", "%\\_2031\\_%")) == ["message_2031_12"]


def test_month_that_a_report_needs_is_made_when_it_is_applied(feed):
    assert bounds("message", "%\\_2012\\_%") == {}

    put(feed, dlr("m1", sentTimestamp="2012-02-29T23:30:00Z"), received_at=NOW, accept_days=9000)
    apply_waiting(now=NOW)

    assert Message.objects.get().day == date(2012, 3, 1)  # in Helsinki
    assert list(bounds("message", "%\\_2012\\_%")) == ["message_2012_03"]
    assert query("SELECT tableoid::regclass::text FROM message") == [("message_2012_03",)]
    assert query("SELECT tableoid::regclass::text FROM delivery_report") == [("delivery_report_2012_03",)]


def test_month_that_was_rolled_back_is_made_again():
    with transaction.atomic():
        partitions.ensure_months([date(2031, 12, 31)])
        transaction.set_rollback(True)
    assert bounds("message", "%\\_2031\\_%") == {}

    partitions.ensure_months([date(2031, 12, 31)])

    assert list(bounds("message", "%\\_2031\\_%")) == ["message_2031_12"]


@pytest.mark.parametrize("parent", partitions.FACTS)
def test_month_has_the_indexes_and_checks_of_its_parent(parent):
    partitions.ensure_months([date(2031, 12, 31)])

    def shape(table: str) -> tuple:
        return (
            query(
                "SELECT regexp_replace(indexdef, '^.* USING', '') FROM pg_indexes WHERE tablename = %s ORDER BY 1",
                table,
            ),
            query(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass"
                " AND contype = 'c' ORDER BY 1",
                table,
            ),
        )

    assert shape(f"{parent}_2031_12") == shape(parent)
    assert len(shape(parent)[0]) > 0


@pytest.mark.parametrize("parent", partitions.FACTS)
def test_month_is_behind_the_wall_by_itself(parent):
    partitions.ensure_months([date(2031, 12, 31)])
    month = f"{parent}_2031_12"

    assert query("SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = %s", month) == [(True, True)]
    assert (
        query(
            "SELECT grantee FROM information_schema.role_table_grants WHERE table_name = %s"
            " AND grantee <> current_user",
            month,
        )
        == []
    )
    for role in (WEB, STAFF, INGEST):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(f"SET LOCAL ROLE {role}")
            query(f"SELECT 1 FROM {month}")


def test_every_month_there_is_is_forced():
    assert (
        query(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent IN"
            " ('message'::regclass, 'delivery_report'::regclass, 'message_parameter'::regclass)"
            " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)"
        )
        == []
    )


def test_message_in_a_new_month_is_seen_by_its_own_tenant_alone(feed, tenant, other_tenant):
    put(
        feed,
        dlr("m1", sentTimestamp="2012-02-29T12:00:00Z", gateCustomParameters={"platformPartnerId": "nr-fi"}),
        received_at=NOW,
        accept_days=9000,
    )
    apply_waiting(now=NOW)

    def seen_by(*tenant_ids: int) -> list[tuple]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL ROLE {WEB}")
            cursor.execute(
                "SELECT set_config('portal.tenant_ids', %s, true)", [f"{{{','.join(map(str, tenant_ids))}}}"]
            )
            cursor.execute("SELECT message_id FROM message UNION ALL SELECT message_id FROM delivery_report")
            found = cursor.fetchall()
            transaction.set_rollback(True)
        return found

    assert seen_by(tenant.id) == [("m1",), ("m1",)]
    assert seen_by(other_tenant.id) == []
    assert seen_by() == []


# --- the inbox


def test_inbox_days_are_made_from_midnight_utc():
    partitions.ensure_days(partitions.INBOX, date(2031, 12, 30), 3)

    assert bounds("inbox", "inbox\\_203_\\_%") == {
        "inbox_2031_12_30": "FOR VALUES FROM ('2031-12-30 00:00:00+00') TO ('2031-12-31 00:00:00+00')",
        "inbox_2031_12_31": "FOR VALUES FROM ('2031-12-31 00:00:00+00') TO ('2032-01-01 00:00:00+00')",
        "inbox_2032_01_01": "FOR VALUES FROM ('2032-01-01 00:00:00+00') TO ('2032-01-02 00:00:00+00')",
    }


def test_rows_of_a_day_go_to_its_partition_with_ids_of_one_sequence(feed):
    today = query("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0]
    put(feed, dlr("m0"))
    first = query("SELECT id, tableoid::regclass::text FROM inbox")
    connection.cursor().execute("DELETE FROM inbox; DELETE FROM inbox_todo")

    partitions.ensure_days(partitions.INBOX, today, 1)
    put(feed, dlr("m1"))

    assert first == [(first[0][0], "inbox_default")]
    assert query("SELECT id, tableoid::regclass::text FROM inbox") == [
        (first[0][0] + 1, f"inbox_{today:%Y_%m_%d}"),
    ]
    assert apply_waiting(now=NOW).reports == 1


def test_rows_without_a_partition_are_taken_and_applied(feed):
    put(feed, dlr("m1"), received_at=datetime(2031, 12, 30, 23, 59, 59, tzinfo=UTC))

    assert query("SELECT tableoid::regclass::text FROM inbox") == [("inbox_default",)]
    assert apply_waiting(now=NOW).reports == 1


def test_day_that_lies_in_the_default_partition_already_stays_there(feed):
    put(feed, dlr("m1"), received_at=datetime(2031, 12, 31, 0, 0, tzinfo=UTC))

    partitions.ensure_days(partitions.INBOX, date(2031, 12, 30), 3)

    assert sorted(bounds("inbox", "inbox\\_203_\\_%")) == ["inbox_2031_12_30", "inbox_2032_01_01"]
    assert query("SELECT tableoid::regclass::text FROM inbox") == [("inbox_default",)]
    assert apply_waiting(now=NOW).reports == 1


def test_what_will_be_needed_soon_is_made_ahead():
    partitions.make_ahead(date(2031, 11, 30))

    assert sorted(bounds("message", "%\\_203_\\_%")) == ["message_2031_11", "message_2031_12", "message_2032_01"]
    days = sorted(bounds("inbox", "inbox\\_203_\\_%"))
    assert (len(days), days[0], days[-1]) == (14, "inbox_2031_11_30", "inbox_2031_12_13")


def test_door_writes_to_a_days_partition_by_its_own_role(feed):
    partitions.ensure_days(partitions.INBOX, query("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0], 1)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {INGEST}")
        cursor.cursor.execute(INSERT, columns([NewRow(feed.id, 0, b"x")]))
        cursor.execute("RESET ROLE")

    assert query("SELECT body FROM ONLY inbox_default") == []
    assert [bytes(body) for (body,) in query("SELECT body FROM inbox")] == [b"x"]

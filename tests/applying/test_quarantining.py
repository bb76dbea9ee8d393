"""Rows that cannot be processed: quarantined one by one with a reason, and replayed after a fix."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from deliveries.applying.apply import BatchResult, apply_waiting
from deliveries.applying.quarantine import discard, replay
from deliveries.ingest.inbox import INSERT, NewRow, packed_columns
from deliveries.messages.slices import slice_of
from deliveries.models import DeliveryReport, InboxRow, IngestCount, Message, QuarantinedRow, WaitingRow
from portal.common.bulk import bulk_cursor
from tests.deliveries.helpers import dlr, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def apply(feed, *reports) -> BatchResult:
    put(feed, *reports, received_at=NOW)
    return apply_waiting(now=NOW)


def ingest_counts() -> tuple[int, int, int, int]:
    row = IngestCount.objects.get()
    assert row.received == row.reports + row.duplicates + row.quarantined
    return row.received, row.reports, row.duplicates, row.quarantined


@pytest.fixture
def refusing_table(feed):
    """A table of messages that refuses some of them: `refId` "poison"; to be called to mend it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'no room for %', NEW.message_id USING ERRCODE = 'check_violation',"
            " DETAIL = 'somebody''s number'; END$$"
        )
        cursor.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON message FOR EACH ROW WHEN (NEW.ref_id = 'poison')"
            " EXECUTE FUNCTION refuse()"
        )

    def mend() -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse ON message; DROP FUNCTION refuse()")

    return mend


def test_unreadable_rows_are_put_aside_with_their_reasons(feed, tenant):
    bodies = [
        b"hello",
        b"[]",
        b'{"id":"m1"}',
        b'{"id":"m1","resultCode":"delivered"}',
        b'{"id":"m1","resultCode":1001,"timestamp":"now"}',
        b'{"id":"m1$255","resultCode":1001}',
        b'{"id":"m1","resultCode":1001,"refId":"\\u0000"}',
        b'{"id":"m1","resultCode":1001,"customParameters":{"a":' + b"[" * 500 + b"]" * 500 + b"}}",
    ]

    assert apply(feed, *bodies, dlr("m2")) == BatchResult(claimed=9, reports=1, quarantined=8, new_messages=1)

    quarantined = list(QuarantinedRow.objects.order_by("inbox_id"))
    assert [(bytes(row.body), row.reason) for row in quarantined] == list(
        zip(
            bodies,
            [
                *("not JSON", "empty array", "missing field", "wrong type", "unreadable time", "out of range"),
                *("NUL character", "too deep"),
            ],
            strict=True,
        )
    )
    assert {(row.feed_id, row.received_at, row.quarantined_at, row.state) for row in quarantined} == {
        (feed.id, NOW, NOW, "waiting")
    }
    assert list(Message.objects.values_list("message_id", flat=True)) == ["m2"]
    assert ingest_counts() == (9, 1, 0, 8)
    assert not WaitingRow.objects.exists()


def test_poison_rows_are_found_among_their_neighbours(feed, tenant, refusing_table):
    reports = [dlr(f"m{n}", refId="poison" if n in (17, 40) else "sale") for n in range(60)]

    assert apply(feed, *reports, b"{}") == BatchResult(claimed=61, reports=58, quarantined=3, new_messages=58)

    assert set(Message.objects.values_list("message_id", flat=True)) == {f"m{n}" for n in range(60)} - {"m17", "m40"}
    assert list(QuarantinedRow.objects.order_by("inbox_id").values_list("reason", "detail")) == [
        ("cannot be applied", "IntegrityError: no room for m17"),
        ("cannot be applied", "IntegrityError: no room for m40"),
        ("missing field", "id: a text is required"),
    ]
    assert ingest_counts() == (61, 58, 0, 3)
    assert not WaitingRow.objects.exists()


def test_poison_row_alone_is_put_aside(feed, tenant, refusing_table):
    assert apply(feed, dlr("m1", refId="poison")) == BatchResult(claimed=1, quarantined=1)
    assert apply(feed, dlr("m2")) == BatchResult(claimed=1, reports=1, new_messages=1)


def test_poison_is_applied_when_it_is_replayed_after_the_fix(feed, tenant, refusing_table):
    apply(feed, dlr("m1", refId="poison"), dlr("m2", refId="sale"), b"broken")
    refusing_table()

    assert replay(actor="staff@example.com", now=LATER, reason="cannot be applied") == 1
    assert IngestCount.objects.get().quarantined == 1
    assert apply_waiting(now=LATER) == BatchResult(claimed=1, reports=1, new_messages=1)

    message = Message.objects.get(message_id="m1")
    assert (message.ref_id, message.received_at) == ("poison", NOW)
    assert ingest_counts() == (3, 2, 0, 1)
    assert set(QuarantinedRow.objects.values_list("reason", "state", "resolved_at", "resolved_by")) == {
        ("cannot be applied", "replayed", LATER, "staff@example.com"),
        ("not JSON", "waiting", None, ""),
    }


def test_replay_of_what_is_still_broken_comes_back(feed, tenant):
    apply(feed, b"broken")

    assert replay(actor="staff@example.com", now=LATER) == 1
    assert replay(actor="staff@example.com", now=LATER) == 0
    assert apply_waiting(now=LATER) == BatchResult(claimed=1, quarantined=1)

    assert list(QuarantinedRow.objects.order_by("id").values_list("state", "quarantined_at")) == [
        ("replayed", NOW),
        ("waiting", LATER),
    ]
    assert ingest_counts() == (1, 0, 0, 1)


def test_replay_of_what_came_again_meanwhile_is_a_duplicate(feed, tenant, refusing_table):
    apply(feed, dlr("m1", refId="poison"))
    refusing_table()
    apply(feed, dlr("m1", refId="poison"))

    replay(actor="staff@example.com", now=LATER)

    assert apply_waiting(now=LATER) == BatchResult(claimed=1, duplicates=1)
    assert DeliveryReport.objects.count() == 1
    assert ingest_counts() == (2, 1, 1, 0)


def test_replay_brings_a_row_back_whose_raw_one_is_gone(feed, tenant, refusing_table):
    apply(feed, dlr("m1", refId="poison"))
    refusing_table()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM inbox")

    replay(actor="staff@example.com", now=LATER)

    assert apply_waiting(now=LATER) == BatchResult(claimed=1, reports=1, new_messages=1)


def test_discarded_row_stays_readable_and_counted(feed, tenant):
    apply(feed, b"broken", b"[]")
    row = QuarantinedRow.objects.get(reason="not JSON")

    assert discard(ids=[row.id], reason_text="a test of theirs", actor="staff@example.com", now=LATER) == 1

    row.refresh_from_db()
    assert (row.state, row.resolution, row.resolved_by, bytes(row.body)) == (
        "discarded",
        "a test of theirs",
        "staff@example.com",
        b"broken",
    )
    assert replay(actor="staff@example.com", now=LATER, ids=[row.id]) == 0
    assert ingest_counts() == (2, 0, 0, 2)


def test_discarding_without_a_reason_is_refused(feed, tenant):
    apply(feed, b"broken")

    with pytest.raises(ValueError, match="Enter a reason"):
        discard(ids=[QuarantinedRow.objects.get().id], reason_text="  ", actor="staff@example.com", now=LATER)
    assert QuarantinedRow.objects.get().state == "waiting"


def test_request_goes_into_quarantine_and_back_with_its_row(feed, tenant):
    request = ("PUT", "resultCode=delivered", "application/xml", "")
    body = b"<dlr><id>m1</id></dlr>"
    with bulk_cursor() as cursor:
        cursor.execute(INSERT, packed_columns([NewRow(feed.id, 0, body, None, None, *request)]))
    apply_waiting(now=NOW)

    row = QuarantinedRow.objects.get()
    assert (row.method, row.query, row.content_type, row.content_encoding) == request
    assert (row.reason, row.detail) == ("wrong type", "resultCode: an integer is required")

    QuarantinedRow.objects.update(query="resultCode=1001")  # as if the parser had been mended
    InboxRow.objects.all()._raw_delete("default")
    replay(actor="staff@example.com", now=LATER)
    assert InboxRow.objects.values_list("method", "query", "content_type", "content_encoding").get() == (
        "PUT", "resultCode=1001", "application/xml", "",
    )  # fmt: skip
    assert apply_waiting(now=LATER) == BatchResult(claimed=1, reports=1, new_messages=1)


def test_row_that_can_be_read_now_is_replayed_in_the_slice_of_its_message(feed, tenant):
    with bulk_cursor() as cursor:  # as it was stored before form pairs were read
        cursor.execute(INSERT, packed_columns([NewRow(feed.id, 0, b"id=m1&resultCode=1001")]))
    row, number = InboxRow.objects.get(), slice_of(feed.account_id, "m1")
    QuarantinedRow.objects.create(
        inbox_id=row.id, feed=feed, received_at=row.received_at, body=row.body, reason="not JSON", detail="x"
    )
    WaitingRow.objects.all()._raw_delete("default")
    IngestCount.objects.create(
        feed=feed, hour=row.received_at.replace(minute=0, second=0, microsecond=0), received=1, quarantined=1
    )

    replay(actor="staff@example.com", now=LATER)

    assert list(WaitingRow.objects.values_list("slice", "id")) == [(number, row.id)]
    assert list(InboxRow.objects.values_list("slice", "id")) == [(number, row.id)]
    assert apply_waiting(now=LATER) == BatchResult(claimed=1, reports=1, new_messages=1)

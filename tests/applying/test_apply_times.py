"""To which day and month a message belongs, and what times that cannot be do (docs/link.md section 5.6)."""

from datetime import UTC, date, datetime

import pytest

from deliveries.applying.apply import BatchResult
from deliveries.models import IngestCount, Message
from tests.deliveries.applied import NOW, apply, reports_of, rows, shop

pytestmark = pytest.mark.django_db


def test_message_belongs_to_the_month_of_its_tenants_zone(feed, tenant):
    apply(feed, shop("late", sentTimestamp="2026-10-31T22:30:00Z"), shop("early", sentTimestamp="2026-10-31T21:59:59Z"))

    assert dict(Message.objects.values_list("message_id", "day")) == {
        "late": date(2026, 11, 1),
        "early": date(2026, 10, 31),
    }
    assert rows("daily_count", "day", "messages") == [(date(2026, 10, 31), 1), (date(2026, 11, 1), 1)]
    assert rows("hour_count", "quarter", "messages") == [
        (datetime(2026, 10, 31, 21, 45, tzinfo=UTC), 1),
        (datetime(2026, 10, 31, 22, 30, tzinfo=UTC), 1),
    ]


def test_day_is_of_the_sending_and_not_of_the_report(feed, tenant):
    apply(feed, shop("m1", sentTimestamp="2026-10-31T12:00:00Z", timestamp="2026-11-02T12:00:00Z"))

    assert Message.objects.get().day == date(2026, 10, 31)
    assert reports_of("m1") == [(tenant.id, date(2026, 10, 31), None, 1001)]


def test_earlier_sending_moves_the_message_to_its_day(feed, tenant):
    apply(feed, shop("m1$1", 1001, sentTimestamp="2026-11-01T10:00:00Z", timestamp="2026-11-01T10:00:05Z", segments=2))
    apply(feed, shop("stays", 1001, sentTimestamp="2026-11-01T10:00:00Z"))

    result = apply(feed, shop("m1$0", 1001, sentTimestamp="2026-10-31T10:00:00Z", timestamp="2026-10-31T10:00:05Z"))

    assert result == BatchResult(claimed=1, reports=1, changed_messages=1)
    assert dict(Message.objects.values_list("message_id", "day")) == {
        "m1": date(2026, 10, 31),
        "stays": date(2026, 11, 1),
    }
    assert reports_of("m1") == [(tenant.id, date(2026, 10, 31), 1, 1001), (tenant.id, date(2026, 10, 31), 0, 1001)]
    assert rows("daily_count", "day", "status", "messages", "parts") == [
        (date(2026, 10, 31), "delivered", 1, 2),
        (date(2026, 11, 1), "delivered", 1, 1),
    ]
    assert rows("latency_count", "day", "messages") == [(date(2026, 10, 31), 1)]


def test_report_far_from_the_others_finds_its_message(feed, tenant):
    apply(
        feed, shop("old", 1000, timestamp="2026-03-01T10:00:00Z"), shop("new", 1000, timestamp="2026-11-01T10:00:00Z")
    )

    result = apply(feed, shop("old", 1001, timestamp="2026-11-19T10:00:00Z"))
    assert result == BatchResult(claimed=1, reports=1, changed_messages=1)
    result = apply(feed, shop("new", 1005, timestamp="2026-03-01T11:00:00Z"))
    assert result == BatchResult(claimed=1, reports=1, changed_messages=1)

    assert list(Message.objects.order_by("message_id").values_list("message_id", "day", "status")) == [
        ("new", date(2026, 3, 1), "sent"),
        ("old", date(2026, 3, 1), "delivered"),
    ]
    assert [d for _t, d, _p, _c in reports_of("new")] == [date(2026, 3, 1)] * 2


def test_times_out_of_the_window_are_counted_as_oddities(feed, tenant):
    apply(
        feed,
        shop("m1", timestamp="2026-12-20T10:00:00Z"),
        shop("m2", sentTimestamp="2020-01-01T00:00:00Z"),
        shop("m3", timestamp="2026-11-20T10:00:00Z"),
    )

    assert IngestCount.objects.get().clock_oddities == 2
    assert dict(Message.objects.values_list("message_id", "sent_at")) == {
        "m1": NOW,
        "m2": NOW,
        "m3": datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
    }


def test_delivery_before_its_sending_is_counted_as_an_oddity_once(feed, tenant):
    early = {"sentTimestamp": "2026-11-20T10:00:35Z", "timestamp": "2026-11-20T10:00:00Z"}
    apply(feed, shop("m1", **early), shop("m1", 1000, **early), shop("m2", 1000, **early))
    apply(feed, shop("m1", **early), shop("m1", 1005, **early))

    assert Message.objects.get(message_id="m1").latency_bucket == 0
    assert IngestCount.objects.get().clock_oddities == 1


def test_archive_accepts_older_times(feed, tenant):
    apply(feed, shop("m1", sentTimestamp="2019-05-31T21:30:00Z"), accept_days=4000)
    apply(feed, shop("m2", sentTimestamp="1969-05-31T21:30:00Z"), accept_days=36_500)

    assert dict(Message.objects.values_list("message_id", "day")) == {
        "m1": date(2019, 6, 1),
        "m2": date(2026, 11, 20),
    }

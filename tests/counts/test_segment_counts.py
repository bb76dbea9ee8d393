"""Counts by segment are those of the messages through every change, and add up to the daily counts."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import RefIdScheme, SegmentKey, SegmentValue
from campaigns.segments import MAX_VALUES
from deliveries.applying.apply import apply_waiting
from deliveries.applying.replay import replay_inbox
from deliveries.checks.reconcile import find_differences, repair
from deliveries.counts import segment_fold
from deliveries.counts.rollups import roll_up
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.models import (
    CondensedSegmentCount,
    CondensedSpan,
    DailyCount,
    Message,
    PartnerMove,
    SegmentCount,
    SegmentLatencyCount,
    StoredSegmentCount,
    StoredSegmentLatencyCount,
)
from deliveries.rederiving import segment_figures, segment_keys
from deliveries.rederiving.moves import run_moves
from deliveries.rederiving.recount import request_recount, run_recounts
from deliveries.rederiving.segment_keys import choose, remove, run_segment_keys
from deliveries.retention.retention import apply_retention
from portal.accounts.models import AuditEntry
from portal.common import jobs
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import NOW, apply, dlr, put
from tests.deliveries.watched_plans import watched
from tests.faults.oracle import segment_sums

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


def report(id_: str, code: int = 1001, partner: str = "nr-fi", day: int = 5, **parameters) -> dict:
    return dlr(
        id_,
        code,
        sentTimestamp=f"2026-11-{day:02}T10:00:00Z",
        timestamp=f"2026-11-{day:02}T10:00:05Z",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters=parameters,
    )


def chosen(tenant, *keys: str) -> None:
    for key in keys:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)
    run_segment_keys()


def counted(model=SegmentCount, *columns: str) -> list[tuple]:
    """Return (key, value, more columns, messages), by key and value."""
    sums: Counter[tuple] = Counter()
    for *key, messages in model.objects.values_list("key", "value", *columns, "messages"):
        sums[tuple(key)] += messages
    return sorted((*key, messages) for key, messages in sums.items() if messages)


def agrees() -> None:
    assert (list(map(str, find_differences())), segment_sums()) == ([], [])


def fill_month(tenant, key: str, *, room: int, month: date = date(2026, 11, 1)) -> None:
    """Leave room for this many values of a key in a month."""
    SegmentValue.objects.create(tenant=tenant, key=key, month=month, value="an earlier one", number=MAX_VALUES - room)


def test_messages_are_counted_by_the_values_of_chosen_keys(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier")

    apply(
        feed,
        report("a", store="7", tier="gold") | {"segments": 3},
        report("b", 1000, store="7"),
        report("c", store="", tier="7", language="fi"),
        report("other", partner="baltic-ee", store="7"),
        report("pool", partner="nobody", store="7"),
    )

    assert counted(SegmentCount, "status", "parts") == [
        ("store", "(none)", "delivered", 1, 1),
        ("store", "7", "delivered", 3, 1),
        ("store", "7", "sent", 1, 1),
        ("tier", "(none)", "sent", 1, 1),
        ("tier", "7", "delivered", 1, 1),
        ("tier", "gold", "delivered", 3, 1),
    ]
    assert counted(SegmentLatencyCount) == [
        ("store", "(none)", 1),
        ("store", "7", 1),
        ("tier", "7", 1),
        ("tier", "gold", 1),
    ]
    assert SegmentCount.objects.values_list("tenant__slug", "day").distinct().get() == (
        "nordic-retail",
        date(2026, 11, 5),
    )
    agrees()


def test_report_moves_its_message_between_counts(feed, tenant):
    chosen(tenant, "store")
    late = dlr("a", 1000, timestamp="2026-11-09T23:30:00Z", customParameters={"store": "7"})
    apply(feed, late | {"gateCustomParameters": {"platformPartnerId": "nr-fi"}})
    assert counted(SegmentCount, "day", "status") == [("store", "7", date(2026, 11, 10), "sent", 1)]

    apply(feed, report("a", store="7"))

    assert counted(SegmentCount, "day", "status") == [("store", "7", date(2026, 11, 5), "delivered", 1)]
    agrees()


def test_without_keys_nothing_more_is_sent_to_the_database(feed, tenant, other_tenant, monkeypatch):
    chosen(other_tenant, "store")
    apply(feed, report("before", store="7"))
    put(feed, report("a", store="7"), report("before", 1006, store="7"))

    with watched(monkeypatch, most=10_000) as statements:
        assert apply_waiting(now=NOW).claimed == 2

    about = [statement for statement in statements if "segment" in statement]
    assert (len(about), "campaigns_segmentkey" in about[0], "segment_count" in about[0]) == (1, True, False)


def test_values_after_those_of_a_full_month_are_other_in_all_that_follows(feed, tenant):
    chosen(tenant, "store")
    fill_month(tenant, "store", room=2)
    reports = [report(f"m{n}", store=str(n)) for n in range(4)]
    apply(feed, *reports[:1])
    apply(feed, *reports[1:])
    apply(feed, report("m1", 1006, store="1"), report("m3", 1006, store="3"), report("no", store=""))
    december = report("next", store="3") | {
        "sentTimestamp": "2026-12-01T10:00:00Z",
        "timestamp": "2026-12-01T10:00:05Z",
    }
    put(feed, december, received_at=datetime(2026, 12, 1, 11, tzinfo=UTC))
    apply_waiting(now=datetime(2026, 12, 1, 12, tzinfo=UTC))

    november = [("store", "(none)", 1), ("store", "(other)", 2), ("store", "0", 1), ("store", "1", 1)]
    assert counted() == [*november, ("store", "3", 1)]
    agrees()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE message, delivery_report, message_parameter")
        cursor.execute("DELETE FROM segment_change; DELETE FROM daily_count")
        cursor.execute("DELETE FROM stored_segment_count; DELETE FROM stored_segment_latency_count")
    replay_inbox(start=NOW - timedelta(days=99), end=datetime(2027, 1, 1, tzinfo=UTC), actor="tests")
    apply_waiting(now=datetime(2026, 12, 1, 12, tzinfo=UTC))
    assert counted() == [*november, ("store", "3", 1)]


def test_texts_of_the_two_rows_without_a_value_count_with_them(feed, tenant):
    apply(feed, report("a", store="(none)"), report("b", store="(other)"))
    chosen(tenant, "store")
    apply(feed, report("c", store="(none)"), report("d", store="(other)"), report("e"))

    assert counted() == [("store", "(none)", 3), ("store", "(other)", 2)]
    assert SegmentValue.objects.count() == 0
    agrees()


def test_choosing_a_key_counts_what_is_stored_while_messages_change(feed, tenant, monkeypatch):
    monkeypatch.setattr(segment_keys, "BATCH", 2)
    apply(feed, *(report(f"m{n}", 1000, day=n, store=str(n % 2)) for n in range(1, 7)))
    key = choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)

    def change(shown: SegmentKey) -> None:
        """Change a message on each side of the walk, move one over it, and let new ones come on both sides."""
        if shown.done != 2 or Message.objects.filter(message_id="new2").exists():
            return
        assert list(map(str, find_differences())) == []
        apply(feed, report("m6", store="0"), report("m1", store="1"))
        earlier = report("m5", store="1", day=2)
        apply(feed, earlier, report("new2", day=2, store="1"), report("new6", day=6, store="new"))
        assert list(map(str, find_differences())) == []

    shown = []
    run_segment_keys(progress=lambda key: (shown.append((key.state, key.done)), change(key)))

    assert shown[-1][0] == "done"
    key.refresh_from_db()
    assert (key.has_figures, key.position) == (True, SegmentKey.BEGINNING)
    assert counted() == [("store", "0", 3), ("store", "1", 4), ("store", "new", 1)]
    agrees()


def test_cancelled_walk_stays_exact_and_goes_on_when_it_is_retried(feed, tenant, monkeypatch):
    monkeypatch.setattr(segment_keys, "BATCH", 2)
    apply(feed, *(report(f"m{n}", day=n, store="7") for n in range(1, 7)))
    key = choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)

    def cancel(shown: SegmentKey) -> None:
        if shown.done == 2:
            jobs.cancel(SegmentKey, ids=[key.id])

    run_segment_keys(progress=cancel)
    key.refresh_from_db()
    assert (key.state, key.has_figures) == ("cancelled", False)
    apply(feed, report("m6", 1006, store="7"), report("m1", 1006, store="7"), report("late", day=1, store="8"))
    assert list(map(str, find_differences())) == []

    jobs.retry(SegmentKey, ids=[key.id])
    run_segment_keys()

    assert counted() == [("store", "7", 6), ("store", "8", 1)]
    agrees()


def test_removing_a_key_deletes_its_counts_and_values_alone(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier")
    chosen(other_tenant, "store")
    apply(feed, report("a", store="7", tier="gold"), report("other", partner="baltic-ee", store="7"))
    roll_up(now=NOW)
    assert CondensedSpan.objects.filter(tenant=tenant, day=date(2026, 11, 5), is_ready=True).exists()

    remove(key=SegmentKey.objects.get(tenant=tenant, key="store"), actor="manager@example.com", now=NOW)
    apply(feed, report("b", store="7", tier="gold"))
    assert list(map(str, find_differences())) == []
    run_segment_keys()

    assert counted(SegmentCount, "tenant__slug") == [
        ("store", "7", "baltic-parcel", 1),
        ("tier", "gold", "nordic-retail", 2),
    ]
    assert sorted(SegmentValue.objects.values_list("tenant__slug", "key")) == [
        ("baltic-parcel", "store"),
        ("nordic-retail", "tier"),
    ]
    assert not CondensedSpan.objects.filter(tenant=tenant, day=date(2026, 11, 5)).exists()
    roll_up(now=NOW)
    assert not CondensedSegmentCount.objects.filter(tenant=tenant, key="store").exists()
    agrees()


def test_rollups_hold_the_sums_of_segments(feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", store="7"), report("b", store="7") | {"operator": "fi.elisa"}, report("c", 1000))
    roll_up(now=NOW)

    rows = CondensedSegmentCount.objects.filter(tenant=tenant, span="day").values_list(
        "day", "key", "value", "status", "messages", "parts"
    )
    assert sorted(rows) == [
        (date(2026, 11, 5), "store", "(none)", "sent", 1, 1),
        (date(2026, 11, 5), "store", "7", "delivered", 2, 2),
    ]


def test_counts_follow_a_message_to_another_tenant_and_zone(feed, tenant, other_tenant):
    chosen(tenant, "store", "tier")
    chosen(other_tenant, "language", "store")
    apply(feed, report("a", store="7", tier="gold", language="fi") | {"sentTimestamp": "2026-11-04T22:30:00Z"})
    partner = PartnerId.objects.get(value="nr-fi")
    partner.tenant = other_tenant
    partner.save()
    PartnerMove.objects.create(tenant=other_tenant, partner=partner)

    run_moves()
    agrees()
    other_tenant.timezone = "America/Los_Angeles"
    other_tenant.save()
    request_recount(tenant=other_tenant, reason="time zone", now=NOW)
    run_recounts()

    assert counted(SegmentCount, "tenant__slug", "day") == [
        ("language", "fi", "baltic-parcel", date(2026, 11, 4), 1),
        ("store", "7", "baltic-parcel", date(2026, 11, 4), 1),
    ]
    agrees()


def test_labels_of_the_scheme_are_keys_and_follow_a_changed_scheme(feed, tenant):
    scheme = RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "shop"])
    apply(feed, report("a") | {"refId": "sale|7"})
    chosen(tenant, "ref:shop")
    parameter = {"customParameters": {"ref:shop": "no label"}}
    apply(feed, report("b") | {"refId": "sale|8"} | parameter, report("c") | {"refId": "sale"} | parameter)
    assert counted() == [("ref:shop", "(none)", 1), ("ref:shop", "7", 1), ("ref:shop", "8", 1)]
    agrees()

    scheme.fields = ["shop", "campaign"]
    scheme.save()
    request_recount(tenant=tenant, reason="scheme", now=NOW)
    run_recounts()

    assert counted() == [("ref:shop", "sale", 3)]
    agrees()


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("ref:shop", "The refId scheme has no label “shop”."),
        ("ref:variant", "After “ref:” the key must be the name of a label of the refId scheme."),
        ("ref:Åland", "After “ref:” the key must be the name of a label of the refId scheme."),
    ],
)
def test_label_that_the_scheme_does_not_have_is_refused(tenant, key, text):
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant", "group"])

    with pytest.raises(segment_keys.SegmentKeyError) as error:
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)

    assert error.value.text == text


def test_key_with_nearly_as_many_values_as_messages_is_searchable_without_figures(feed, tenant, monkeypatch):
    monkeypatch.setattr("campaigns.segments.JUDGED_MESSAGES", 4)
    apply(feed, *(report(f"m{n}", order=str(n), store=str(n % 2)) for n in range(4)))

    chosen(tenant, "order", "store")
    apply(feed, report("later", order="9", store="9"))

    assert list(SegmentKey.objects.order_by("key").values_list("key", "figures", "state")) == [
        ("order", "unique", "done"),
        ("store", "yes", "done"),
    ]
    assert counted() == [("store", "0", 2), ("store", "1", 2), ("store", "9", 1)]
    assert not SegmentKey.objects.get(key="order").has_figures
    assert Message.objects.count() == 5
    agrees()


def test_key_whose_month_is_full_of_single_values_loses_its_figures(feed, tenant):
    chosen(tenant, "order", "store")
    fill_month(tenant, "store", room=1)
    fill_month(tenant, "order", room=3)
    apply(feed, *(report(f"m{n}", order=str(n), store="7") for n in range(4)))
    plant_singles(tenant, "order", 997)  # the values that were there before

    assert segment_figures.judge(now=NOW) == 1
    apply(feed, report("later", order="9", store="7"))

    assert list(SegmentKey.objects.order_by("key").values_list("key", "figures", "state")) == [
        ("order", "scattered", "done"),
        ("store", "yes", "done"),
    ]
    assert counted() == [("store", "7", 5)]
    assert not SegmentValue.objects.filter(key="order").exists()
    assert AuditEntry.objects.filter(action="segment_key.refused", subject="order").count() == 1
    assert segment_figures.judge(now=NOW) == 0
    agrees()


def plant_singles(tenant, key: str, n: int) -> None:
    segment_fold.fold_waiting()
    like = StoredSegmentCount.objects.filter(tenant=tenant, key=key, value="0").values().get()
    StoredSegmentCount.objects.bulk_create(
        StoredSegmentCount(**like | {"value": f"earlier {number}"}) for number in range(n)
    )


def test_planted_differences_of_segments_are_found_and_repaired(feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", store="7"), report("b", store="8"))
    before = counted()
    segment_fold.fold_waiting()
    StoredSegmentCount.objects.filter(value="7").update(messages=5)
    StoredSegmentLatencyCount.objects.filter(value="8").delete()

    differences = find_differences()

    assert [difference.table.name for difference in differences] == ["segment_count", "segment_latency_count"]
    repair(differences)
    assert (counted(), find_differences()) == (before, [])


def test_erased_numbers_leave_values_and_counts_on_sealed_days_too(feed, tenant):
    number, another = "+358401234567", "+358509998877"
    chosen(tenant, "customer")
    tenant.message_days = tenant.number_days = 17
    tenant.save()
    apply(feed, report("gone", day=2, destination=another, customer="040 123 4567"))
    apply_retention(now=NOW)
    tenant.message_days = 400
    tenant.save()
    apply(
        feed,
        report("a", day=6, destination=number, customer="0401234567"),
        report("b", day=6, destination=another, customer=another),
        report("c", day=6, destination=another, customer="friend of +358401234567"),
    )
    assert (len(counted()), len(SegmentValue.objects.exclude(value=""))) == (4, 4)

    erase_number(number=number, tenant=tenant, actor="tests")

    assert counted(SegmentCount, "day") == [
        ("customer", "+358 •••••••67", date(2026, 11, 6), 1),
        ("customer", "+358 •••••••67 (2)", date(2026, 11, 2), 1),
        ("customer", another, date(2026, 11, 6), 1),
        ("customer", "friend of +358 •••••••67", date(2026, 11, 6), 1),
    ]
    assert sorted(SegmentValue.objects.exclude(value="").values_list("value", flat=True)) == [
        "+358 •••••••67",
        another,
        "friend of +358 •••••••67",
    ]
    agrees()


def test_day_sealed_during_the_walk_has_no_counts(feed, tenant, monkeypatch):
    monkeypatch.setattr(segment_keys, "BATCH", 2)
    apply(feed, *(report(f"m{n}", day=n, store="7") for n in range(1, 7)))
    key = choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)

    def seal(shown: SegmentKey) -> None:
        if shown.done == 2:
            tenant.message_days = tenant.number_days = 15  # days before the 5th
            tenant.save()
            apply_retention(now=NOW)

    run_segment_keys(progress=seal)

    key.refresh_from_db()
    assert (key.figures_from, counted(SegmentCount, "day")) == (
        date(2026, 11, 5),
        [("store", "7", date(2026, 11, 5), 1), ("store", "7", date(2026, 11, 6), 1)],
    )
    assert DailyCount.objects.filter(tenant=tenant).count() == 6
    agrees()

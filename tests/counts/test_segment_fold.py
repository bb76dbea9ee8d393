"""Folding changes of counts by segment changes no figure, loses nothing and counts nothing twice."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum

from campaigns.models import SegmentKey
from deliveries.applying.apply import apply_slices
from deliveries.checks.reconcile import find_differences
from deliveries.checks.run import run_checks
from deliveries.counts import segment_fold
from deliveries.erasure.erase import erase_number
from deliveries.messages import partitions
from deliveries.models import SegmentChange, SegmentCount, StoredSegmentCount, StoredSegmentLatencyCount, WaitingRow
from deliveries.rederiving.segment_keys import choose, remove, run_segment_keys
from portal.tenants.scope import web_scope
from tests.applying.test_appliers_together import together
from tests.counts.test_segment_counts import agrees, chosen, counted, report
from tests.deliveries.helpers import NOW, apply, put

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgotten():
    """Clear caches: the rows of a test are rolled back."""
    partitions.forget()
    yield
    partitions.forget()


def stored(*columns: str) -> list[tuple]:
    return sorted(StoredSegmentCount.objects.values_list("key", "value", *columns, "messages"))


def test_applying_adds_a_row_for_each_message_and_reading_counts_it(feed, tenant):
    chosen(tenant, "store", "tier")
    apply(feed, report("a", 1000, store="7", tier="gold"), report("b", store="7"))
    apply(feed, report("a", store="7", tier="gold"))

    assert (SegmentChange.objects.count(), stored()) == (3, [])
    expected = [
        ("store", "7", "delivered", 2),
        ("tier", "(none)", "delivered", 1),
        ("tier", "gold", "delivered", 1),
    ]
    assert counted(SegmentCount, "status") == expected
    agrees()

    assert segment_fold.fold_waiting() == 3

    assert (SegmentChange.objects.count(), stored("status")) == (0, expected)
    assert StoredSegmentLatencyCount.objects.aggregate(n=Sum("messages"))["n"] == 4
    agrees()


def test_each_chunk_of_changes_leaves_all_figures_as_they_are(feed, tenant, other_tenant):
    chosen(tenant, "store")
    chosen(other_tenant, "store", "tier")
    for code in (1000, 1001, 1006):
        apply(feed, *(report(f"m{n}", code, day=4 + n % 2, store=str(n % 3)) for n in range(6)))
        apply(feed, *(report(f"o{n}", code, "baltic-ee", store=str(n), tier="x") for n in range(2)))
    before = counted(SegmentCount, "tenant_id", "day", "status", "result_code")

    waiting, sizes = SegmentChange.objects.count(), []
    while folded := segment_fold.fold(limit=5):
        sizes.append(folded)
        assert counted(SegmentCount, "tenant_id", "day", "status", "result_code") == before
        agrees()

    assert (sum(sizes), max(sizes), SegmentChange.objects.count()) == (waiting, 5, 0)


def test_day_and_segment_of_a_message_change_before_and_after_a_fold(feed, tenant):
    chosen(tenant, "store")
    late = report("a", 1000, store="7") | {"sentTimestamp": None, "timestamp": "2026-11-09T23:30:00Z"}
    apply(feed, {name: value for name, value in late.items() if value is not None})
    segment_fold.fold_waiting()

    apply(feed, report("a", store="7"))
    assert counted(SegmentCount, "day", "status") == [("store", "7", date(2026, 11, 5), "delivered", 1)]
    segment_fold.fold_waiting()

    assert [row for row in stored("day", "status") if row[-1]] == [
        ("store", "7", date(2026, 11, 5), "delivered", 1),
    ]
    agrees()


def test_changes_of_a_removed_key_leave_nothing_when_it_is_chosen_again(feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", store="7"))
    key = SegmentKey.objects.get()
    remove(key=key, actor="manager@example.com", now=NOW)
    choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    apply(feed, report("b", store="8"))

    run_segment_keys()
    apply(feed, report("c", store="8"))
    segment_fold.fold_waiting()

    assert stored() == [("store", "7", 1), ("store", "8", 2)]
    agrees()


def test_changes_of_a_removed_key_are_dropped(feed, tenant):
    chosen(tenant, "store", "tier")
    apply(feed, report("a", store="7", tier="gold"))
    remove(key=SegmentKey.objects.get(key="store"), actor="manager@example.com", now=NOW)
    SegmentKey.objects.filter(key="store").delete()
    assert counted() == [("tier", "gold", 1)]

    segment_fold.fold_waiting()

    assert stored() == [("tier", "gold", 1)]


def test_erased_number_is_in_no_change(feed, tenant):
    chosen(tenant, "customer")
    number = "+358401234567"
    apply(feed, report("a", destination=number, customer="0401234567"), report("b", 1000, customer="+358 40 123 4567"))
    assert SegmentChange.objects.count() == 2

    erase_number(number=number, tenant=tenant, actor="tests")

    assert SegmentChange.objects.count() == 0
    assert not [value for _key, value, _n in stored() if "0401234567" in value or "1234567" in value.replace(" ", "")]
    agrees()


def test_web_reads_changes_of_its_own_tenants_alone(feed, tenant, other_tenant):
    chosen(tenant, "store")
    chosen(other_tenant, "store")
    apply(feed, report("a", store="7"), report("o", partner="baltic-ee", store="8"))
    for _ in range(2):  # from changes, then from stored counts
        with web_scope([tenant.id]):
            assert counted() == [("store", "7", 1)]
        with web_scope([]):
            assert counted() == []
        segment_fold.fold_waiting()


def test_late_changes_are_folded_by_those_who_add_new_ones(feed, tenant, django_capture_on_commit_callbacks):
    chosen(tenant, "store")
    with django_capture_on_commit_callbacks(execute=True):
        apply(feed, report("a", store="7"))
    assert SegmentChange.objects.count() == 1

    SegmentChange.objects.update(since=datetime.now(UTC) - timedelta(minutes=2))
    with django_capture_on_commit_callbacks(execute=True):
        apply(feed, report("b", store="7"))

    assert (SegmentChange.objects.count(), stored()) == (0, [("store", "7", 2)])


def test_old_change_is_a_finding_and_in_the_metrics(client, feed, tenant):
    chosen(tenant, "store")
    apply(feed, report("a", store="7"))
    now = datetime.now(UTC)
    assert run_checks(now=now, names=["jobs"]) == {"jobs": []}
    SegmentChange.objects.update(since=now - timedelta(minutes=6))

    (problem,) = run_checks(now=now, names=["jobs"])["jobs"]
    oldest = re.search(
        r"^portal_segment_changes_oldest_seconds ([\d.]+)", client.get("/metrics").content.decode(), re.MULTILINE
    )

    assert f"changes wait since {now - timedelta(minutes=6):%Y-%m-%d %H:%M} UTC" in problem
    assert oldest is not None
    assert float(oldest[1]) >= 360


@pytest.mark.django_db(transaction=True)
def test_appliers_and_two_folds_at_once_count_each_message_once(feed, tenant):
    choose(tenant=tenant, key="store", actor="manager@example.com", now=NOW)
    run_segment_keys()
    put(feed, *(report(f"m{n}", code, store=str(n % 7)) for code in (1000, 1001) for n in range(300)), received_at=NOW)

    def applier() -> None:
        while WaitingRow.objects.exists():
            apply_slices(slices=range(64), now=NOW, limit=40)

    def folder() -> None:
        while WaitingRow.objects.exists():
            segment_fold.fold(limit=30)
            assert list(map(str, find_differences())) == []

    together(applier, folder, lambda: [segment_fold.fold(limit=7) for _ in range(100)])
    segment_fold.fold_waiting()

    assert sum(row[-1] for row in stored()) == 300
    agrees()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM stored_segment_count WHERE messages < 0")
        assert cursor.fetchone() == (0,)

"""Two appliers at once, on connections of their own, with real commits."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from campaigns.models import Campaign
from deliveries.applying.apply import BatchResult, apply_slices, apply_waiting
from deliveries.checks.identities import find_duplicates
from deliveries.checks.reconcile import find_differences
from deliveries.messages import partitions, slices
from deliveries.models import DailyCount, DeliveryReport, IngestCount, Message, QuarantinedRow, WaitingRow
from portal.tenants.models import PartnerId
from tests.deliveries.helpers import dlr, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def on_a_connection_of_its_own(work: Callable[[], object]) -> object:
    try:
        return work()
    finally:
        connection.close()


def together(*works: Callable[[], object]) -> list:
    """Run the works at the same time and return their results; what one raises is raised here."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result(60) for future in [pool.submit(on_a_connection_of_its_own, work) for work in works]]


def traffic(name: str, months: range) -> list[dict]:
    """Three parts each of 120 messages: sent over months, of new partners and campaigns, every third report twice."""
    reports = []
    for n in range(120):
        sent_at = datetime(2026, months[n % len(months)], 1 + n % 25, 12, 0, tzinfo=UTC)
        for part in (2, 0, 1):
            report = dlr(
                f"{name}{n}${part}",
                1001 if n % 4 else 1006,
                refId=f"campaign {n % 7}",
                operator=("fi.elisa", "no.telenor", "se.telia")[n % 3],
                segments=3,
                sentTimestamp=sent_at.isoformat(),
                timestamp=(sent_at + timedelta(seconds=n + part)).isoformat(),
                gateCustomParameters={"platformPartnerId": ("nr-fi", "baltic-ee", f"new {name} {n % 5}")[n % 3]},
            )
            reports += [report] * (2 if (n + part) % 3 == 0 else 1)
    return reports


@pytest.mark.parametrize("batch", [50, 5000])
def test_two_appliers_apply_everything_once_and_never_deadlock(feed, tenant, other_tenant, batch, caplog):
    """They go through the slices in opposite orders, and meet at every count, new campaign, partner and month."""
    months = range(1, 7) if batch == 50 else range(6, 12)
    reports = [*traffic("a", months), b"broken", *traffic("b", months)]
    put(feed, *reports, received_at=NOW)
    groups = [range(first, first + 8) for first in range(0, 64, 8)]
    start = Barrier(2)

    def applier(order: list[range]) -> BatchResult:
        total = BatchResult()
        start.wait(30)
        while WaitingRow.objects.exists():
            for group in order:
                total += apply_slices(slices=group, now=NOW, limit=batch)
        return total

    one, other = together(lambda: applier(groups), lambda: applier(groups[::-1]))

    assert [record.getMessage() for record in caplog.records] == []  # no batch failed and was searched for poison
    assert (one + other).claimed == len(reports) == 961
    assert (one + other).reports == 720
    assert (one + other).duplicates == 240
    assert (one + other).quarantined == QuarantinedRow.objects.count() == 1
    assert (one + other).new_messages == Message.objects.count() == 240
    assert DeliveryReport.objects.count() == 720
    assert Counter(Message.objects.values_list("status", "parts")) == {("delivered", 3): 180, ("failed", 3): 60}
    assert Counter(Message.objects.values_list("tenant_id", flat=True)) == {
        tenant.id: 80,
        other_tenant.id: 80,
        feed.account.pool_id: 80,
    }
    assert Counter(Campaign.objects.values_list("tenant_id", flat=True)) == {tenant.id: 7, other_tenant.id: 7}
    assert PartnerId.objects.filter(declared_at=None).count() == 10
    assert sum(DailyCount.objects.values_list("messages", flat=True)) == 240
    assert [find_differences(), find_duplicates(days=400)] == [[], []]
    row = IngestCount.objects.get()
    assert (row.received, row.reports, row.duplicates, row.quarantined) == (961, 720, 240, 1)


def test_slices_in_anothers_hands_are_left_alone(feed, tenant):
    put(feed, *(dlr(f"m{n}") for n in range(100)), received_at=NOW)
    held = range(32)
    have_locked, may_end = Event(), Event()

    def holder() -> None:
        with transaction.atomic():
            slices.lock(held)
            have_locked.set()
            assert may_end.wait(30)

    def applier() -> tuple[BatchResult, set[bool]]:
        assert have_locked.wait(30)
        try:
            result = apply_waiting(now=NOW)
            return result, {number in held for number in WaitingRow.objects.values_list("slice", flat=True)}
        finally:
            may_end.set()

    _none, (result, waiting_in_held) = together(holder, applier)

    mine = sum(slices.slice_of(feed.account_id, f"m{n}") not in held for n in range(100))
    assert 0 < mine < 100
    assert (result.claimed, waiting_in_held) == (mine, {True})
    assert apply_waiting(now=NOW).claimed == 100 - mine


def test_month_that_two_need_at_once_is_made_once(feed):
    """A year that no other test needs, so that it is not there yet."""
    start = Barrier(2)

    def maker(order: int) -> None:
        start.wait(30)
        for month in (range(1, 13), range(12, 0, -1))[order]:
            partitions.ensure_months([date(1999, month, 5)])

    together(lambda: maker(0), lambda: maker(1))

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'message'::regclass"
            " AND inhrelid::regclass::text LIKE 'message\\_1999\\_%'"
        )
        assert cursor.fetchone() == (12,)

"""The applier's loop with two threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest

from deliveries.applying.apply import BatchResult
from deliveries.applying.loop import Applier
from deliveries.importing.load import applier_runs
from deliveries.models import ApplierStop, Message, QuarantinedRow, WaitingRow
from tests.applying import faulty
from tests.deliveries.helpers import dlr, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until(found: Callable[[], object]) -> object:
    while not (result := found()):
        Event().wait(0.02)
    return result


def wait_until_applied() -> None:
    wait_until(lambda: not WaitingRow.objects.exists())


def test_threads_apply_everything_once_and_end_when_told(feed, tenant):
    put(feed, *(dlr(f"m{n}", sentTimestamp="2026-11-20T11:00:00Z") for n in range(500)), received_at=NOW)
    applier = Applier(threads=2, limit=50)
    assert not applier_runs()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(applier.run)
        try:
            wait_until_applied()
            assert applier_runs()  # which imports wait for
            put(feed, dlr("late", sentTimestamp="2026-11-20T11:00:00Z"), received_at=NOW)
            wait_until_applied()
        finally:
            applier.stopping.set()
        total = running.result(30)

    assert total == BatchResult(claimed=501, reports=501, new_messages=501)
    assert Message.objects.count() == 501


FAULTS = {
    "a missing table": lambda: faulty.without_table("inbox_todo"),
    "a missing column": lambda: faulty.without_column("message", "operator"),
    "a lost privilege": lambda: faulty.without_privilege("delivery_report"),
    "the same error from all rows": lambda: faulty.refused("message", "true", errcode="not_null_violation"),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", FAULTS)
def test_applier_stops_at_what_is_about_no_row_and_goes_on_by_itself(feed, tenant, name, threads):
    applier = Applier(threads=threads, retry_after=(0.05,))
    put(feed, *(dlr(f"m{n}") for n in range(40)), received_at=NOW)
    with ThreadPoolExecutor(1) as pool:
        with FAULTS[name]():
            running = pool.submit(applier.run)
            try:
                first = wait_until(lambda: ApplierStop.objects.first())
                wait_until(lambda: ApplierStop.objects.filter(tried_at__gt=first.tried_at).first())
                assert ApplierStop.objects.get().since == first.since  # tried again, and it is the same stop
                assert not Message.objects.exists()
                assert not QuarantinedRow.objects.filter(
                    state="waiting"
                ).exists()  # one that a thread put there is back
            except BaseException:
                applier.stopping.set()
                raise
        try:
            wait_until_applied()
            wait_until(lambda: not ApplierStop.objects.exists())
        finally:
            applier.stopping.set()
        total = running.result(30)

    assert (total.reports, total.quarantined) == (40, 0)
    assert Message.objects.count() == 40


def test_applier_that_starts_takes_away_the_stop_of_one_that_was_ended(feed):
    ApplierStop.objects.create(since=NOW, cause="programme", code="TypeError", error="TypeError: x", tried_at=NOW)
    applier = Applier()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(applier.run)
        try:
            wait_until(lambda: not ApplierStop.objects.exists())
        finally:
            applier.stopping.set()
        running.result(30)


def test_applier_that_stands_still_ends_when_told(feed, tenant):
    applier = Applier(threads=2, retry_after=(600.0,))
    put(feed, dlr("m"), received_at=NOW)
    with ThreadPoolExecutor(1) as pool, faulty.without_column("message", "operator"):
        running = pool.submit(applier.run)
        try:
            wait_until(lambda: ApplierStop.objects.exists())
        finally:
            applier.stopping.set()
        running.result(30)
    assert WaitingRow.objects.count() == 1

"""The applier's loop with two threads."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from django.db import connection

from deliveries.models import Message, WaitingRow
from deliveries.services.apply import BatchResult
from deliveries.services.importing import applier_runs
from deliveries.services.loop import Applier
from tests.deliveries.helpers import dlr, put

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db(transaction=True)


def wait_until_applied() -> None:
    while WaitingRow.objects.exists():
        Event().wait(0.02)


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


def test_thread_that_fails_ends_all(feed):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inbox_todo RENAME TO inbox_todo_elsewhere")
    try:
        with ThreadPoolExecutor(1) as pool, pytest.raises(Exception, match='"inbox_todo" does not exist'):
            pool.submit(Applier(threads=2).run).result(30)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE inbox_todo_elsewhere RENAME TO inbox_todo")

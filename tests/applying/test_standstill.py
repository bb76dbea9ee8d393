"""Threads of an applier that stop and resume at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest
from django.db import connection, transaction

from deliveries.applying.failures import stop_of
from deliveries.applying.standstill import Standstill
from deliveries.models import ApplierStop
from tests.running import until

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def in_thread(call: Callable[..., None], *values: object) -> None:
    """Call it, and close the connection that it has opened in its thread."""
    try:
        call(*values)
    finally:
        connection.close()


def waits_for_row() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def test_resuming_thread_leaves_alone_a_thread_that_stops_meanwhile():
    stopping = Event()
    standstill = Standstill(stopping, retry_after=(600.0,))
    ApplierStop.objects.create(since=NOW, cause="programme", code="Earlier", error="x", tried_at=NOW)
    with ThreadPoolExecutor(3) as pool:
        try:
            with transaction.atomic():
                ApplierStop.objects.select_for_update().get()
                resuming = pool.submit(in_thread, standstill.end)
                until(waits_for_row, "the deletion that waits for the row")
                pool.submit(in_thread, standstill.begin, stop_of(TypeError("of this code")))
                Event().wait(0.3)  # as far as it comes meanwhile
            resuming.result(30)
            until(ApplierStop.objects.filter(code="TypeError").exists, "the record of the stop")

            with pytest.raises(TimeoutError):
                pool.submit(standstill.wait_for_others).result(1)
            assert ApplierStop.objects.get().code == "TypeError"
        finally:
            stopping.set()

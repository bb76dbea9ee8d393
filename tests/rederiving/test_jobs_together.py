"""Jobs and their workers as processes and connections of their own: two at once, and one that is killed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from deliveries.models import Message, PartnerMove, TenantRecount
from deliveries.rederiving.moves import run_moves
from portal.common import jobs
from portal.common.database import connection_string
from tests.applying.test_appliers_together import together
from tests.deliveries.helpers import apply, dlr
from tests.rederiving.test_moves import declare
from tests.running import until
from tests.servers import environment

pytestmark = pytest.mark.django_db(transaction=True)
HOLD = 4713  # the lock by which a move is held in its middle


def test_two_workers_never_have_one_job(tenant):
    count = 20
    TenantRecount.objects.bulk_create([TenantRecount(tenant=tenant, reason=str(number)) for number in range(count)])
    start = Barrier(2)

    def worker() -> list[int]:
        start.wait(30)
        found = []
        while (job := jobs.claim(TenantRecount)) is not None:
            found.append(job.id)
        return found

    first, second = together(worker, worker)

    assert sorted(first + second) == sorted(TenantRecount.objects.values_list("id", flat=True))
    assert set(TenantRecount.objects.values_list("state", "attempts")) == {("running", 1)}


@contextmanager
def held_moves() -> Iterator[psycopg.Connection]:
    """Let every move wait where it writes its progress; yield a connection beside it."""
    with psycopg.connect(connection_string(), autocommit=True) as database:
        database.execute("SELECT pg_advisory_lock(%s)", [HOLD])
        database.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
        )
        database.execute(
            "CREATE TRIGGER hold BEFORE UPDATE ON partner_move FOR EACH ROW WHEN (NEW.done > 0) EXECUTE FUNCTION hold()"
        )
        try:
            yield database
        finally:
            database.execute("SELECT pg_advisory_unlock(%s)", [HOLD])
            database.execute("DROP TRIGGER hold ON partner_move; DROP FUNCTION hold()")


def kill_in_its_middle(database: psycopg.Connection) -> None:
    """Run the moves in a process of their own, and kill it with the first batch done and not yet told."""
    words = [sys.executable, "manage.py", "move_partner_ids"]
    process = subprocess.Popen(words, cwd=settings.BASE_DIR, env=os.environ | environment(), stdout=subprocess.DEVNULL)
    try:
        waiting = "SELECT pid FROM pg_locks WHERE objid = %s AND NOT granted"
        ((pid,),) = until(lambda: database.execute(waiting, [HOLD]).fetchall(), "the move is in its middle")
    finally:
        process.kill()
        process.wait()
    database.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def test_killed_move_counts_as_an_attempt_and_is_continued_after_its_lease(account, feed, tenant):
    apply(feed, *(dlr(id_, gateCustomParameters={"platformPartnerId": "later"}) for id_ in ("a", "b")))
    move = declare(account, tenant)
    with held_moves() as database:
        kill_in_its_middle(database)

    move.refresh_from_db()
    assert (move.state, move.attempts, move.done, run_moves()) == ("running", 1, 0, 0)  # the lease still holds
    PartnerMove.objects.filter(id=move.id).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert run_moves() == 1

    move.refresh_from_db()
    assert (move.state, move.attempts, move.error) == ("done", 2, "")
    assert set(Message.objects.values_list("tenant_id", flat=True)) == {tenant.id}


def test_move_that_kills_its_worker_each_time_fails(account, feed, tenant):
    apply(feed, dlr("a", gateCustomParameters={"platformPartnerId": "later"}))
    move = declare(account, tenant)
    PartnerMove.objects.filter(id=move.id).update(attempts=jobs.MAX_ATTEMPTS - 1)
    with held_moves() as database:
        kill_in_its_middle(database)
    PartnerMove.objects.filter(id=move.id).update(lease_until=timezone.now() - timedelta(seconds=1))

    assert run_moves() == 0

    move.refresh_from_db()
    assert (move.state, move.attempts, move.error) == ("failed", 5, "The worker stopped before the job ended.")
    assert jobs.retry(PartnerMove, ids=[move.id]) == [move.id]
    assert run_moves() == 1

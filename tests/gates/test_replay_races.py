"""Replays beside deletions, pauses and cancellations at the same moment, and a worker that is killed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.utils import timezone

from deliveries.gates import changing
from deliveries.gates.replaying import asking, running
from deliveries.models import Gate, GateAttempt, GateDelivery, GateReplay
from portal.common.database import connection_string
from tests.applying.test_appliers_together import together
from tests.deliveries.helpers import apply
from tests.gates.dispatching import dispatching
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, answers
from tests.gates.test_dispatcher import is_done, report
from tests.gates.test_replaying import ANNA, fail_for_good, queued, run, run_to_its_end, wanted
from tests.running import until
from tests.servers import environment

pytestmark = pytest.mark.django_db(transaction=True)
HOLD = 4715  # the lock by which a replay is held behind what it has queued


@contextmanager
def held_behind_its_portion(*, after: int = 0) -> Iterator[psycopg.Connection]:
    """Let every replay wait in the transaction that queued more than so many; yield a connection beside it."""
    with psycopg.connect(connection_string(), autocommit=True) as database:
        database.execute("SELECT pg_advisory_lock(%s)", [HOLD])
        database.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
        )
        database.execute(
            "CREATE TRIGGER hold BEFORE UPDATE ON gate_replay FOR EACH ROW"
            f" WHEN (NEW.queued > {after} AND NEW.queued > OLD.queued) EXECUTE FUNCTION hold()"
        )
        try:
            yield database
        finally:
            database.execute("SELECT pg_advisory_unlock_all()")
            database.execute("DROP TRIGGER hold ON gate_replay; DROP FUNCTION hold()")


def waits_for(database: psycopg.Connection, kind: str) -> list[tuple]:
    """Return the processes that wait for a lock of this kind."""
    return database.execute("SELECT pid FROM pg_locks WHERE locktype = %s AND NOT granted", [kind]).fetchall()


def beside_a_portion(replay: GateReplay, change) -> None:
    """Make a change while a worker has queued a portion and not committed it yet."""
    with held_behind_its_portion() as database:

        def changing_meanwhile() -> None:
            until(lambda: waits_for(database, "advisory"), "the portion is queued")
            change()

        def going_on() -> None:
            until(lambda: waits_for(database, "transactionid"), "the change waits for the portion")
            database.execute("SELECT pg_advisory_unlock(%s)", [HOLD])

        together(lambda: running.run_replays(replay_id=replay.pk), changing_meanwhile, going_on)


@pytest.fixture
def gate(feed, tenant) -> Gate:
    """A gate with three reports that failed for good."""
    found = make_gate(tenant)
    apply(feed, report("one"), report("two"), report("three"))
    fail_for_good(found)
    return found


def test_gate_that_is_deleted_meanwhile_leaves_nothing_behind(gate):
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)

    beside_a_portion(replay, lambda: changing.delete(gate, actor=ANNA))

    assert (Gate.objects.count(), GateReplay.objects.count(), GateDelivery.objects.count()) == (0, 0, 0)


def test_replay_that_is_cancelled_meanwhile_leaves_nothing_waiting(gate):
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)

    beside_a_portion(replay, lambda: asking.cancel(replay, actor=ANNA))
    running.run_replays()

    replay.refresh_from_db()
    assert (replay.state, replay.queued, replay.withdrawn, queued(gate)) == ("cancelled", 3, 3, [])


def test_gate_that_is_paused_meanwhile_holds_what_was_queued(gate):
    with Receiver(answers(200)) as receiver, dispatching():
        Gate.objects.update(state="active")
        replay = asking.start(wanted(gate, "failed"), actor=ANNA)
        changing.pause(gate, actor=ANNA)
        run(replay)
        assert queued(gate) == []
        changing.resume(gate, actor=ANNA)
        gate.destinations.update(url=receiver.url())
        Gate.objects.filter(pk=gate.pk).update(changed_at=timezone.now())
        run_to_its_end(replay)

        assert len(receiver.requests) == 3


def test_killed_worker_neither_loses_nor_repeats_a_report(gate, monkeypatch):
    replay = asking.start(wanted(gate, "failed"), actor=ANNA, expected=3)
    code = (
        "import django; django.setup(); from deliveries.gates.replaying import running; running.PORTION = 1;"
        f" running.run_replays(replay_id={replay.pk})"
    )
    with held_behind_its_portion(after=1) as database:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=settings.BASE_DIR,
            env=os.environ | environment() | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
        )
        try:
            ((waiting,),) = until(lambda: waits_for(database, "advisory"), "the second portion is queued")
        finally:
            process.kill()
            process.wait()
        database.execute("SELECT pg_terminate_backend(%s, 10000)", [waiting])
    assert (len(queued(gate)), GateReplay.objects.get().state) == (1, "running")
    assert run(replay).state == "running"  # its lease holds

    GateReplay.objects.update(lease_until=timezone.now())
    with Receiver(answers(200)) as receiver:
        gate.destinations.update(url=receiver.url())
        with dispatching():
            run_to_its_end(replay)
        ids = sorted(one.headers["webhook-id"] for one in receiver.requests)
    assert len(ids) == len(set(ids)) == 3
    assert (replay.queued, replay.already, replay.delivered) == (3, 0, 3)


def test_two_workers_queue_each_report_once(gate):
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)

    together(lambda: running.run_replays(), lambda: running.run_replays())

    replay.refresh_from_db()
    assert (replay.queued, replay.already, len(queued(gate))) == (3, 0, 3)


def test_throttled_gate_gets_no_more_requests_than_its_limit(feed, tenant):
    """A throttle of 20 lets 20 requests begin at once, and each further one 50 ms later: never earlier."""
    with Receiver(answers(200)) as receiver, dispatching():
        gate = make_gate(tenant, receiver.url(), throttle=20)
        apply(feed, *[report(f"m{number}") for number in range(60)])
        is_done(gate, *["delivered"] * 60)
        GateAttempt.objects.filter(gate_id=gate.pk).update(outcome="http_500")
        began = timezone.now()
        replay = run_to_its_end(asking.start(wanted(gate, "failed"), actor=ANNA))
    times = list(GateAttempt.objects.filter(replay_id=replay.pk).order_by("at").values_list("at", flat=True))
    assert len(times) == 60
    assert times[-1] - began >= timedelta(seconds=2)

"""kill -9 of the dispatcher and of PostgreSQL in mid-forwarding: no delivery is lost, each is repeated once at most."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
import pytest

from tests.faults.checker import is_applied
from tests.faults.load import Load
from tests.faults.portal import Portal
from tests.faults.victims import kill_postgres
from tests.gates.receivers import Received, Receiver
from tests.running import in_time, say, until

pytestmark = [pytest.mark.timeout(3600), pytest.mark.any_python]  # a crowded machine may take its time


@dataclass
class Forwarding:
    """A gate of the tenant whose reports a load sends, with its receiver; the test starts the dispatcher."""

    portal: Portal
    receiver: Receiver
    gate_id: int
    public_id: str

    def start(self) -> None:
        """Start a dispatcher that may send to this machine."""
        self.portal.variables["GATE_ALLOWED_NETWORKS"] = "127.0.0.0/8"
        try:
            self.portal.start("dispatcher")
        finally:
            self.portal.variables.pop("GATE_ALLOWED_NETWORKS")

    def wait_for_more(self, count: int) -> None:
        """Wait until so many more requests have arrived."""
        goal = len(self.receiver.requests) + count
        until(lambda: len(self.receiver.requests) >= goal, f"{count} more requests arrive")

    def end_claims(self) -> None:
        """Let two minutes pass for the claims of a dispatcher that is no more."""
        with self.portal.database() as database:
            database.execute("UPDATE gate_delivery SET due_at = now() WHERE token IS NOT NULL")

    def waiting(self) -> tuple[int, int]:
        """Return how many deliveries wait, and how many of them are claimed."""
        with self.portal.database() as database:
            count = "SELECT count(*), count(token) FROM gate_delivery WHERE gate_id = %s"
            return database.execute(count, [self.gate_id]).fetchone()

    def finish(self) -> None:
        """Wait until all is sent, also what was claimed by a statement whose answer got lost."""
        until(lambda: is_applied(self.portal), "everything is applied")
        until(self._is_claimed, "everything is claimed", within=in_time(60), pause=0.2)
        self.portal.end("dispatcher")  # it gives back what it knows of
        self.end_claims()
        self.start()
        until(lambda: self.waiting() == (0, 0), "everything is sent", within=in_time(60), pause=0.2)

    def _is_claimed(self) -> bool:
        waiting, claimed = self.waiting()
        return waiting == claimed

    def problems(self, load: Load) -> list[str]:
        """Return what is wrong with what arrived; nothing is."""
        with self.portal.database() as database:
            rows = database.execute(
                "SELECT inbox_id FROM delivery_report WHERE message_id LIKE %s", [f"{load.seed}-%"]
            ).fetchall()
        expected = {f"dlr_{self.public_id}_{inbox_id}" for (inbox_id,) in rows}
        arrived = [request for request in self.receiver.requests if _seed_of(request) == str(load.seed)]
        times = Counter(request.headers["webhook-id"] for request in arrived)
        bodies = {(request.headers["webhook-id"], request.body) for request in arrived}
        repeated = sum(count == 2 for count in times.values())
        say(f"{len(expected)} reports, {len(arrived)} requests, {repeated} repeated")
        found = {
            "did not arrive": expected - times.keys(),
            "arrived and are not stored": times.keys() - expected,
            "arrived more than twice": [id_ for id_, count in times.items() if count > 2],
            "arrived with different bodies": [id_ for id_, n in Counter(id_ for id_, _ in bodies).items() if n > 1],
        }
        return [f"{len(ids)} {what}" for what, ids in found.items() if ids]


@pytest.fixture
def forwarding(portal) -> Iterator[Forwarding]:
    with Receiver() as receiver:
        gate_id, public_id = portal.inspector.ask(
            "from portal.tenants.models import Tenant\n"
            "from tests.gates.factors import make_gate\n"
            f"gate = make_gate(Tenant.objects.get(slug='nordic'), {receiver.url('/dlr')!r})\n"
            "result = [gate.id, gate.public_id]"
        )
        forwarding = Forwarding(portal, receiver, gate_id, public_id)
        forwarding.start()
        try:
            yield forwarding
        finally:
            if "dispatcher" in portal.processes:
                portal.end("dispatcher")
            portal.inspector.ask(
                "from deliveries.gates.changing import delete\n"
                "from deliveries.models import Gate\n"
                f"result = delete(Gate.objects.get(id={gate_id}), actor='tests')"
            )


def test_dispatcher_killed_between_sending_and_recording_repeats_what_it_had_sent(portal, load, forwarding):
    with load(per_body=10, pause=0.1) as load:
        forwarding.wait_for_more(100)
        with recording_held(portal):
            forwarding.wait_for_more(3)
            portal.kill("dispatcher")
        forwarding.end_claims()
        forwarding.start()
        until(load.grown(100), "the load goes on")
    forwarding.finish()

    assert forwarding.problems(load) == []
    times = Counter(request.headers["webhook-id"] for request in forwarding.receiver.requests)
    assert 2 in times.values()  # else nothing was between sending and recording


def test_event_sent_before_the_dispatcher_was_killed_comes_again_with_its_id(portal, forwarding):
    with recording_held(portal):
        portal.inspector.ask(
            "from django.utils import timezone\n"
            "from deliveries.gates.events import queue_event\n"
            "from deliveries.models import Gate\n"
            f"gate = Gate.objects.get(id={forwarding.gate_id})\n"
            "Gate.objects.filter(id=gate.id).update(events=['export.ready'])\n"
            "body = {'export': 7}\n"
            "result = queue_event(tenant_id=gate.tenant_id, event='export.ready', body=body, now=timezone.now())"
        )
        forwarding.receiver.wait(1)
        portal.kill("dispatcher")
    forwarding.end_claims()
    forwarding.start()
    first, second = forwarding.receiver.wait(2)
    until(lambda: forwarding.waiting() == (0, 0), "it is recorded")

    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert len(forwarding.receiver.requests) == 2


def test_killed_database_loses_no_delivery(portal, load, forwarding):
    with load(per_body=10, pause=0.1) as load:
        forwarding.wait_for_more(100)
        kill_postgres(portal)
        until(load.grown(100), "work is taken again")
        forwarding.wait_for_more(100)
    forwarding.finish()

    assert forwarding.problems(load) == []


@contextmanager
def recording_held(portal: Portal) -> Iterator[None]:
    """Let nothing be recorded for the length of a `with`; sending goes on."""
    with psycopg.connect(portal.database_url) as blocker:
        blocker.execute("LOCK TABLE gate_attempt IN ACCESS EXCLUSIVE MODE")
        yield
        blocker.rollback()


def _seed_of(request: Received) -> str:
    return json.loads(request.body)["id"].partition("-")[0]

"""kill -9 in mid-load: what was acknowledged is stored once, and the counts agree with it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import psycopg
import pytest
import yaml

from tests.e2e.recount import recount
from tests.e2e.running import Running, say, until

TOKEN = "token-of-the-numbered-reports"
PROGRAMS = ("engines", "web", "applier")
FINAL_CODES = (1001, 1001, 1001, 1002, 1010, 2104)


@dataclass
class Load:
    """Numbered messages posted without pause from several threads, with a log of what was answered 200.

    A message's reports go in bodies of their own; a body that got no answer is sent again like a gateway does, or
    (every third) forgotten, so that some reports are sent and never acknowledged.
    """

    url: str
    seed: int
    pause: float = 0.02
    sent: set[tuple[str, int]] = field(default_factory=set)
    acknowledged: set[tuple[str, int]] = field(default_factory=set)
    answers: Counter = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    numbers: int = 0

    def __enter__(self) -> Load:
        self.threads = [threading.Thread(target=self._post, args=(n,)) for n in range(4)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join(60)

    def grown(self, by: int) -> Callable[[], bool]:
        """Return what tells whether so many more reports were acknowledged since now."""
        goal = len(self.acknowledged) + by
        return lambda: len(self.acknowledged) >= goal

    def _post(self, thread: int) -> None:
        random = Random(f"{self.seed} {thread}")
        with httpx.Client(timeout=10, trust_env=False) as http:
            while not self.ended.is_set():
                for body in self._bodies(random):
                    keys = {(dlr["id"], dlr["resultCode"]) for dlr in body}
                    with self.lock:
                        self.sent |= keys
                    content = json.dumps(body).encode()
                    while not self._is_taken(http, content, len(body)) and random.random() > 0.33:
                        self.ended.wait(0.1)
                    self.ended.wait(self.pause)

    def _bodies(self, random: Random) -> Iterator[list[dict]]:
        """Yield two bodies about the same 40 messages: what began, and how it ended."""
        with self.lock:
            first, self.numbers = self.numbers, self.numbers + 40
        sent_at = datetime.now(UTC) - timedelta(days=random.randrange(40), seconds=random.randrange(86400))
        for codes in ((1000,), FINAL_CODES):
            at = sent_at + timedelta(seconds=random.randrange(1, 100))
            yield [_dlr(f"{self.seed}-{n}", random.choice(codes), sent_at, at) for n in range(first, first + 40)]

    def _is_taken(self, http: httpx.Client, content: bytes, count: int) -> bool:
        try:
            answer = http.post(self.url, content=content)
        except httpx.TransportError as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[answer.status_code] += 1
        if answer.status_code != 200:
            assert answer.status_code == 503
            return False
        assert answer.json() == {"received": count}
        with self.lock:
            self.acknowledged |= {(dlr["id"], dlr["resultCode"]) for dlr in json.loads(content)}
        return True


def _dlr(id_: str, code: int, sent_at: datetime, at: datetime) -> dict:
    return {
        "id": id_,
        "resultCode": code,
        "sentTimestamp": sent_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "operator": "fi.elisa",
        "refId": f"campaign-{len(id_)}",
        "gateCustomParameters": {"platformPartnerId": "nr-fi"},
        "customParameters": {"destination": "+358401234567"},
    }


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Running]:
    """Ingest, applier and embedded engines as processes of their own, none of them under a supervisor."""
    path = Path(tempfile.mkdtemp(prefix="portal-kills-"))
    path.chmod(0o755)
    portal = Running(path, logs=tmp_path)
    provisioning = {
        "gateway_accounts": [
            {
                "name": "link-main",
                "platform_id": "ACME",
                "timezone": "Europe/Helsinki",
                "feeds": [{"name": "main", "dialect": "link", "token": TOKEN}],
            }
        ],
        "tenants": [
            {"slug": "nordic", "name": "Nordic", "timezone": "Europe/Oslo", "partner_ids": {"link-main": ["nr-fi"]}}
        ],
    }
    (tmp_path / "provisioning.yaml").write_text(yaml.safe_dump(provisioning))
    try:
        portal.start("engines")
        portal.command("migrate", "--noinput", "--verbosity", "0")
        portal.command("provision", str(tmp_path / "provisioning.yaml"))
        portal.start("web")
        portal.start("applier")
        until(portal.answers, "the ingest takes work")
        yield portal
    finally:
        for name in reversed(PROGRAMS):
            if name in portal.processes:
                portal.end(name)
        portal.remove()


@pytest.fixture
def rounds(request) -> int:
    return 12 if request.config.getoption("--long") else 2


def test_nothing_acknowledged_is_lost_by_kills(portal: Running, rounds: int):
    seed = int(datetime.now(UTC).timestamp())
    random = Random(seed)
    with Load(f"{portal.url}/dlr/{TOKEN}/", seed) as load:
        for round_ in range(rounds):
            victims = [*["applier"] * 3, "postgres", "web"]
            random.shuffle(victims)
            for victim in victims:
                until(load.grown(random.randrange(1, 600)), "the load goes on")
                if victim == "postgres":
                    kill_postgres(portal)
                else:
                    if victim == "applier":
                        until(lambda: in_a_batch(portal), "the applier is in the middle of a batch")
                    portal.kill(victim)
                    portal.start(victim)
                until(load.grown(1), f"work is taken again after kill -9 of {victim}")
            say(f"seed {seed}, round {round_ + 1}: {victims}, {len(load.acknowledged)} acknowledged, {load.answers}")

    check(portal, load)


def in_a_batch(portal: Running) -> bool:
    """Tell whether a transaction of several statements is open: the applier's alone are such."""
    with contextlib.suppress(psycopg.OperationalError), portal.database() as database:
        open_ones = "SELECT 1 FROM pg_stat_activity WHERE xact_start < query_start AND pid <> pg_backend_pid()"
        return bool(database.execute(open_ones).fetchone())
    return False


def is_applied(portal: Running) -> bool:
    with portal.database() as database:
        return database.execute("SELECT count(*) FROM inbox_todo").fetchone() == (0,)


def kill_postgres(portal: Running) -> None:
    """kill -9 the postmaster and all of its children; `python -m portal.engines watch` heals it."""
    pid_file = portal.path / "postgres" / "postmaster.pid"
    postmaster = int(pid_file.read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    for number in (postmaster, *map(int, children)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def check(portal: Running, load: Load) -> None:
    """Acknowledged ⊆ stored ⊆ sent, each once; the messages are those of a recount; the counts agree."""
    until(lambda: is_applied(portal), "everything is applied")
    assert portal.end("applier") == 0
    with portal.database() as database:
        raw = [bytes(body) for (body,) in database.execute("SELECT body FROM inbox ORDER BY id")]
        messages = database.execute("SELECT message_id, status, result_code, final FROM message").fetchall()
        reports = database.execute("SELECT message_id, result_code FROM delivery_report").fetchall()
        tallies = database.execute("SELECT sum(received), sum(reports), sum(quarantined) FROM ingest_count").fetchone()
    stored = set(reports)
    expected = {(m.id, m.status, m.code, m.final) for m in recount(raw, received_at=datetime.now(UTC))}

    assert load.acknowledged <= stored <= load.sent
    assert {(dlr["id"], dlr["resultCode"]) for dlr in map(json.loads, raw)} == stored
    assert len(reports) == len(stored)
    assert len(messages) == len({message_id for message_id, *_ in messages})
    assert set(messages) == expected
    assert tallies == (len(raw), len(stored), 0)
    assert portal.command("reconcile") == "counts and messages agree\n"
    assert len(load.acknowledged) > 1000
    assert load.sent > load.acknowledged  # else nothing was in flight when something was killed

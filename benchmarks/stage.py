"""Environment of benchmarks: an empty portal with the demo's tenants, on the embedded engines."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection

from benchmarks import many_campaigns, seed, traffic
from benchmarks.programs import REPOSITORY, Program, free_port, memory_of, parent_of, running, tree_cpu
from campaigns.models import SegmentKey
from deliveries.applying import loop as applying
from deliveries.dialects.registry import DIALECTS
from deliveries.gates import dispatcher
from deliveries.ingest.inbox import INSERT, NewRow, packed_columns
from deliveries.ingest.split import split_line
from deliveries.messages import partitions
from portal import serve
from portal.common.database import connection_string
from portal.provisioning.apply import provision
from portal.tenants.feeds import add_token
from portal.tenants.models import Feed, FeedToken

PROVISIONING = REPOSITORY / "docs" / "examples" / "demo.yaml"
TOKEN = "token-of-the-benchmarks-only"  # noqa: S105
PATH = f"/dlr/{TOKEN}/"
MESSAGES = 60_000  # simulated; their reports are sent round after round
SPREAD = 6000  # reports between two of one message: more than a batch of the applier
FACTS = (
    "inbox, inbox_todo, event_log, message,"
    " delivery_report, quarantine, ingest_count, daily_count, campaign_count, hour_count,"
    " latency_count, submission_count, condensed_span, condensed_campaign, condensed_campaign_count,"
    " condensed_campaign_latency, condensed_campaign_place, condensed_daily_count, condensed_day,"
    " condensed_latency, condensed_place,"
    " message_parameter, identity_filter, segment_value, segment_change, stored_segment_count,"
    " stored_segment_latency_count,"
    " condensed_segment, condensed_segment_count, count_cause, closed_month, conversion_event"
)
GATES = "gate, gate_destination, gate_delivery, gate_attempt, gate_hour"


@dataclass
class Stage:
    """Tools for every benchmark. `seconds` is the time limit of one measurement."""

    quick: bool
    messages: int = 0  # stored before the measurement begins
    campaigns: int = 0  # of one tenant, counted beside them

    @property
    def seconds(self) -> float:
        return 5.0 if self.quick else 20.0

    def prepare(self, *, keep: bool = False) -> None:
        """Set up tenants and feed where they are not there yet, and fill or empty the facts, unless they are kept."""
        now = datetime.now(UTC)
        provision(PROVISIONING.read_text(), str(PROVISIONING), now=now, wake=False)
        if not FeedToken.objects.filter(hint=TOKEN[:4]).exists():
            add_token(self.feed, now=now, token=TOKEN)
        SegmentKey.objects.all().delete()  # `searching` chooses its own; nothing else is to pay for them
        if keep:
            with self.connect() as own:
                self.messages = own.execute("SELECT coalesce(sum(messages), 0)::int FROM daily_count").fetchone()[0]
        elif self.messages:
            seed.fill(self, self.messages)
        else:
            self.empty()
        if self.campaigns and not keep:
            many_campaigns.fill(self, self.campaigns)

    def clear(self) -> None:
        """Prepare a measurement: delete all facts, or only the inbox if stored messages are needed."""
        if self.messages:
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE inbox, inbox_todo, quarantine, ingest_count, {GATES} RESTART IDENTITY")
        else:
            self.empty()

    def empty(self) -> None:
        """Delete all facts."""
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {FACTS}, {GATES}, campaigns_campaign RESTART IDENTITY CASCADE")
        partitions.make_ahead(datetime.now(UTC).date())

    @property
    def feed(self) -> Feed:
        return Feed.objects.get(account__name="link-main")

    @cached_property
    def lines(self) -> list[bytes]:
        """Simulated reports in the order of arrival, those of one message apart from each other."""
        return traffic.reports(messages=MESSAGES, spread=SPREAD)

    @cached_property
    def lines_file(self) -> Path:
        path = settings.PORTAL_HOME / "traffic.ndjson"
        traffic.save(self.lines, path)
        return path

    def put(self, count: int) -> None:
        """Put `count` reports into the inbox in one transaction."""
        feed = self.feed
        reports = traffic.rounds(self.lines, traffic.fresh())
        with self.connect(autocommit=False) as own:
            for start in range(0, count, 10_000):
                size = min(10_000, count - start)
                rows = [
                    NewRow(feed.id, *split_line(next(reports), account_id=feed.account_id, dialect=DIALECTS["link"]))
                    for _ in range(size)
                ]
                own.execute(INSERT, packed_columns(rows))

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        return psycopg.connect(connection_string(), autocommit=autocommit)

    @contextmanager
    def web(self, app: str = "") -> Iterator[tuple[Program, int]]:
        """Run the portal's own web program, or another ASGI app with its settings; yield it with its port."""
        port = free_port()
        env = os.environ | {"PORT": str(port), "BIND": "127.0.0.1", "PORTAL_HOME": str(settings.PORTAL_HOME)}
        words = serve.commands(env)["web"]
        url = f"http://127.0.0.1:{port}/readyz"
        if app:
            words, url = [*words[:-1], app], f"http://127.0.0.1:{port}/"
        with running(words, log=self.log("web"), env=env, url=url) as program:
            time.sleep(0 if app else 1.2)  # the ingest reads its feeds once a second
            yield program, port

    @contextmanager
    def applier(self, *words: str) -> Iterator[Program]:
        env = {"PORTAL_HOME": str(settings.PORTAL_HOME)}
        with running(["manage.py", "run_applier", *words], log=self.log("applier"), env=env) as program:
            self._wait_for_listener(applying.LISTENER)
            yield program

    @contextmanager
    def dispatcher(self) -> Iterator[Program]:
        with self.program("dispatcher") as program:
            self._wait_for_listener(dispatcher.LISTENER)
            yield program

    def _wait_for_listener(self, name: str) -> None:
        self.wait_for(f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = '{name}')", within=60)

    @contextmanager
    def program(self, name: str) -> Iterator[Program]:
        """Run another of the programs of `bin/serve`."""
        env = os.environ | {"PORT": "0", "BIND": "127.0.0.1", "PORTAL_HOME": str(settings.PORTAL_HOME)}
        with running(serve.commands(env)[name], log=self.log(name), env=env) as program:
            yield program

    def log(self, name: str) -> Path:
        return settings.PORTAL_HOME / "log" / f"bench-{name}.log"

    def wait_for(self, condition: str, *, within: float = 600, every: float = 0.02) -> float:
        """Ask until the SQL `condition` is true and return how many seconds that took. Raises TimeoutError."""
        began = time.monotonic()
        with self.connect() as own:
            while not own.execute(condition).fetchone()[0]:
                if time.monotonic() - began > within:
                    raise TimeoutError(condition)
                time.sleep(every)
        return time.monotonic() - began

    @cached_property
    def postmaster(self) -> int:
        with self.connect() as own:
            return parent_of(own.info.backend_pid)

    def database_cpu(self) -> float:
        """Return the processor seconds of all of PostgreSQL so far."""
        return tree_cpu(self.postmaster)

    def database_backends(self) -> list[tuple[str, float, float]]:
        """Return (what it does, RSS, PSS) of PostgreSQL's processes, MB."""
        with self.connect() as own:
            found = own.execute(
                "SELECT pid, concat_ws(' ', backend_type, application_name) FROM pg_stat_activity"
            ).fetchall()
        return [(kind, *memory_of(pid)) for pid, kind in found]

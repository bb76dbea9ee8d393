"""stream: delivery reports, and totals of days, that many follow at once, with the listeners on the same cores."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks import load
from benchmarks.figure import Figure
from benchmarks.gates import TENANTS
from benchmarks.programs import REPOSITORY
from benchmarks.stage import PATH, Stage
from deliveries.messages import event_log
from deliveries.stream.opening import MAX_LISTENERS
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, Tenant

LISTENERS = 200
EVENTS = 5_000  # a second, in all
REPORTS = 300.0  # a second that come in, of these tenants and of others
MOST_P95 = 2.0  # seconds from the receipt of a report to its arrival
MOST_MEMORY = 300.0  # MB of the web program


@dataclass(frozen=True)
class Heard:
    """Events that all listeners heard a second, and what they cost: seconds of the processor, MB of the web program."""

    events: float
    p50: float
    p95: float
    own_cpu: float
    database_cpu: float
    memory: float


def stream(stage: Stage) -> Iterator[Figure]:
    """200 listeners of six tenants, as server-sent events, while reports come in and are applied."""
    heard = _listen(stage, "/api/v1/delivery-reports/stream/")
    note = f"{LISTENERS} listeners, {REPORTS:.0f} reports/s"
    yield Figure("stream_events", heard.events, "events/s", note=note, is_missed=heard.events < EVENTS)
    yield Figure("stream_p50", heard.p50, "s", note="from receipt to arrival")
    yield Figure("stream_p95", heard.p95, "s", is_missed=heard.p95 > MOST_P95)
    each = 1e6 / max(heard.events * stage.seconds, 1)
    note = f"web {heard.own_cpu * each:.0f}, PostgreSQL {heard.database_cpu * each:.0f}, the applying included"
    yield Figure("stream_cpu", (heard.own_cpu + heard.database_cpu) * each, "µs/event", note=note)
    yield _memory("stream_memory", heard)

    heard = _listen(stage, "/api/v1/statistics/stream/?period=30d")
    note = f"{LISTENERS} listeners, {REPORTS:.0f} reports/s; at most {LISTENERS}"
    yield Figure("totals_events", heard.events, "events/s", note=note)
    yield Figure("totals_p50", heard.p50, "s", note="from what they are as of to their arrival")
    yield Figure("totals_p95", heard.p95, "s", is_missed=heard.p95 > MOST_P95)
    note = "of one core, by the web program"
    yield Figure("totals_cpu", 100 * heard.own_cpu / stage.seconds, "%", note=note)
    yield _memory("totals_memory", heard)
    stage.clear()


def _listen(stage: Stage, path: str) -> Heard:
    stage.clear()
    event_log.prepare()
    keys = [_key(slug, number) for slug in TENANTS for number in range(-(-LISTENERS // len(TENANTS) // MAX_LISTENERS))]
    chosen = [keys[number % len(keys)] for number in range(LISTENERS)]
    seconds = stage.seconds
    with stage.web() as (web, port), stage.applier():
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.listeners", str(port), str(seconds), path],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        ) as listeners:  # fmt: skip
            listeners.stdin.write("\n".join(chosen))
            listeners.stdin.close()
            if listeners.stdout.readline() != "listening\n":
                raise RuntimeError("the listeners were refused")
            cpu, database = web.cpu(), stage.database_cpu()
            with load.posting(port=port, path=PATH, lines=stage.lines_file, connections=4, rate=REPORTS) as sender:
                found = json.loads(listeners.stdout.readline())
                sender.stop()
            own, of_database = web.cpu() - cpu, stage.database_cpu() - database
        return Heard(found["events"] / seconds, found["p50"], found["p95"], own, of_database, web.peak_memory())


def _memory(name: str, heard: Heard) -> Figure:
    note = "of the web program at its peak"
    is_missed = heard.memory > MOST_MEMORY
    return Figure(name, heard.memory, "MB", ceiling=MOST_MEMORY, note=note, is_missed=is_missed)


def _key(slug: str, number: int) -> str:
    now, name = datetime.now(UTC), f"benchmark {number}"
    tenant = Tenant.objects.get(slug=slug)
    ApiKey.objects.filter(tenant=tenant, name=name).update(revoked_at=now)
    return api_keys.create_key(tenant=tenant, name=name, scopes=["read"], created_by="benchmarks", now=now)[1]

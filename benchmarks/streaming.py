"""stream: delivery reports that many listeners follow at once, with the listeners on the same cores."""

import json
import subprocess
import sys
from collections.abc import Iterator
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


def stream(stage: Stage) -> Iterator[Figure]:
    """200 listeners of six tenants, as server-sent events, while reports come in and are applied."""
    stage.clear()
    event_log.prepare()
    keys = [_key(slug, number) for slug in TENANTS for number in range(-(-LISTENERS // len(TENANTS) // MAX_LISTENERS))]
    chosen = [keys[number % len(keys)] for number in range(LISTENERS)]
    seconds = stage.seconds
    with stage.web() as (web, port), stage.applier():
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.listeners", str(port), str(seconds)],
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
        memory = web.peak_memory()
    heard = found["events"] / seconds
    note = f"{LISTENERS} listeners, {REPORTS:.0f} reports/s"
    yield Figure("stream_events", heard, "events/s", note=note, is_missed=heard < EVENTS)
    yield Figure("stream_p50", found["p50"], "s", note="from receipt to arrival")
    yield Figure("stream_p95", found["p95"], "s", is_missed=found["p95"] > MOST_P95)
    each = 1e6 / max(found["events"], 1)
    note = f"web {own * each:.0f}, PostgreSQL {of_database * each:.0f}, the applying included"
    yield Figure("stream_cpu", (own + of_database) * each, "µs/event", note=note)
    note = "of the web program at its peak"
    yield Figure("stream_memory", memory, "MB", ceiling=MOST_MEMORY, note=note, is_missed=memory > MOST_MEMORY)
    stage.clear()


def _key(slug: str, number: int) -> str:
    now, name = datetime.now(UTC), f"benchmark {number}"
    tenant = Tenant.objects.get(slug=slug)
    ApiKey.objects.filter(tenant=tenant, name=name).update(revoked_at=now)
    return api_keys.create_key(tenant=tenant, name=name, scopes=["read"], created_by="benchmarks", now=now)[1]

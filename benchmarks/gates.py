"""gates: reports that are forwarded to receivers, by one dispatcher, with the receivers on the same cores."""

import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from benchmarks import load
from benchmarks.applying import applied
from benchmarks.figure import Figure
from benchmarks.programs import Program, free_port, running
from benchmarks.stage import PATH, Stage
from deliveries.gates import changing
from deliveries.gates.definitions import DestinationInput, GateInput
from deliveries.models import Gate
from portal.tenants.models import Tenant

LEAST_RATE = 1_000.0  # deliveries a second, to one fast receiver
MOST_P95 = 2.0  # seconds from the receipt of a report to the answer to its first attempt
MOST_BESIDE_PITS = 1.2  # times as long as without them
MOST_MEMORY = 250.0  # MB of the dispatcher
RATE = 500.0  # reports a second that come in
PITS, IN_A_PIT = 50, 1_000  # receivers that never answer, and what waits for each
BACKLOG, QUICK_BACKLOG = 1_000_000, 30_000
DELIVERIES, QUICK_DELIVERIES = 60_000, 15_000
TENANTS = ("nordic-retail", "hansa-group", "hansa-norge", "hansa-danmark", "hansa-deutschland", "baltic-parcel")
ACTOR = "bin/bench"
_PERCENTILES = (
    "SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY s), percentile_cont(0.95) WITHIN GROUP (ORDER BY s)"
    " FROM (SELECT extract(epoch FROM a.at - i.received_at)::float8 + a.ms / 1000.0 AS s FROM gate_attempt a"
    " JOIN inbox i ON i.id = a.inbox_id WHERE a.number = 1 AND a.outcome = 'delivered' AND i.received_at > %s) t"
)
_WAITING = "FROM gate_delivery d JOIN gate g ON g.id = d.gate_id WHERE g.name = 'healthy'"
_NOTHING_WAITS = f"SELECT NOT EXISTS (SELECT FROM inbox_todo) AND NOT EXISTS (SELECT {_WAITING})"


@dataclass(frozen=True)
class Latency:
    """Seconds from the receipt of reports to the answers to their first attempts."""

    number: int
    p50: float
    p95: float


def gates(stage: Stage) -> Iterator[Figure]:
    """Rate, latency while reports come in, tar pits beside a healthy gate, a backlog, and memory."""
    yield from _rate(stage)
    yield from _latency(stage)
    yield from _pits(stage)
    yield from _backlog(stage)
    stage.clear()


def _rate(stage: Stage) -> Iterator[Figure]:
    """Send what waits to one fast receiver: of one gate, and of every tenant's gate."""
    count = QUICK_DELIVERIES if stage.quick else DELIVERIES
    for name, batch_size in (("gates_rate", 1), ("gates_rate_batches", 100)):
        with _receiver(stage) as (receiver, port):
            _begin(stage, port, slugs=["nordic-retail"], batch_size=batch_size)
            _queue(stage, count)
            with stage.dispatcher() as dispatcher:
                waiting = _waiting(stage)
                cpu = [dispatcher.cpu(), stage.database_cpu(), receiver.cpu()]
                began = time.monotonic()
                _resume()
                stage.wait_for(_NOTHING_WAITS, every=0.05)
                seconds = time.monotonic() - began
                now = [dispatcher.cpu(), stage.database_cpu(), receiver.cpu()]
                own, database, other = ((late - early) / waiting * 1e6 for early, late in zip(cpu, now, strict=True))
                memory = dispatcher.peak_memory()
        rate = waiting / seconds
        yield Figure(name, rate, "deliveries/s", note=f"{waiting:,} waited", is_missed=rate < LEAST_RATE)
        note = f"dispatcher {own:.0f}, PostgreSQL {database:.0f} (receiver {other:.0f})"
        yield Figure(f"{name}_cpu", own + database, "µs/delivery", note=note)
        yield _memory(name, memory)


def _latency(stage: Stage) -> Iterator[Figure]:
    """Forward what comes in over HTTP at RATE, every report to one gate."""
    with _receiver(stage) as (_, receiver):
        _begin(stage, receiver)
        _resume()
        with _portal(stage) as (dispatcher, port):
            latency = _measured(stage, port, RATE, stage.seconds)
            memory = dispatcher.peak_memory()
    yield from _figures("gates_first_attempt", latency, f"{RATE:.0f} reports/s")
    yield _memory("gates_first_attempt", memory)


def _pits(stage: Stage) -> Iterator[Figure]:
    """Compare a healthy gate's latency without tar pits and beside them, in turns."""
    ratios, without, beside = [], [], []
    for _ in range(1 if stage.quick else 4):
        for number, found in ((0, without), (PITS, beside)):
            with _receiver(stage) as (_, receiver):
                _begin(stage, receiver)
                _queue(stage, IN_A_PIT)
                with _portal(stage) as (_, port):
                    _resume()
                    stage.wait_for(_NOTHING_WAITS)
                    _add_pits(receiver, number)
                    found.append(_measured(stage, port, RATE / 2, stage.seconds / 2 + 10).p95)
        ratios.append(beside[-1] / without[-1])
    ratio = statistics.median(ratios)
    note = f"p95 {statistics.median(beside):.2f} s beside {PITS}, {statistics.median(without):.2f} s without"
    note += f"; pairs {', '.join(f'{one:.2f}' for one in ratios)}"
    yield Figure("gates_tar_pits", ratio, "×", note=note, is_missed=ratio > MOST_BESIDE_PITS)


def _backlog(stage: Stage) -> Iterator[Figure]:
    """Let reports come in while a backlog of the same gates is sent."""
    count = QUICK_BACKLOG if stage.quick else BACKLOG
    with _receiver(stage) as (_, receiver):
        _begin(stage, receiver)
        _queue(stage, count)
        with stage.connect() as own:
            own.execute(
                "UPDATE gate_delivery SET created_at = now() - interval '1 hour', due_at = now() - interval '1 hour'"
            )
            own.execute("VACUUM gate_delivery")
        with _portal(stage) as (dispatcher, port):
            _resume()
            began, before = time.monotonic(), _waiting(stage)
            latency = _measured(stage, port, RATE / 5, stage.seconds * 2, wait=False)
            rate = (before + latency.number - _waiting(stage)) / (time.monotonic() - began)
            memory = dispatcher.peak_memory()
    yield Figure("gates_backlog", rate, "deliveries/s", note=f"of {before:,}, beside {RATE / 5:.0f} fresh reports/s")
    yield from _figures("gates_backlog_fresh", latency, "of fresh reports meanwhile")
    yield _memory("gates_backlog", memory)


def _figures(name: str, latency: Latency, note: str) -> Iterator[Figure]:
    yield Figure(f"{name}_p50", latency.p50, "s", note=f"{note}; {latency.number:,} attempts")
    yield Figure(f"{name}_p95", latency.p95, "s", is_missed=latency.p95 > MOST_P95)


def _memory(name: str, value: float) -> Figure:
    return Figure(
        f"{name}_memory",
        value,
        "MB",
        ceiling=MOST_MEMORY,
        note="of the dispatcher at its peak",
        is_missed=value > MOST_MEMORY,
    )


def _measured(stage: Stage, port: int, rate: float, seconds: float, *, wait: bool = True) -> Latency:
    """Send reports for some seconds and return how long they took; without `wait` those that were forwarded by then."""
    with (
        stage.connect() as own,
        load.posting(port=port, path=PATH, lines=stage.lines_file, connections=16, rate=rate) as sender,
    ):
        time.sleep(1)
        (since,) = own.execute("SELECT clock_timestamp()").fetchone()
        time.sleep(seconds)
        sender.stop()
        if wait:
            stage.wait_for(_NOTHING_WAITS, within=120, every=0.2)
        else:
            time.sleep(MOST_P95)
        time.sleep(1)  # for the last ones to be recorded
        number, p50, p95 = own.execute(_PERCENTILES, [since]).fetchone()
    if number < rate * seconds / 3:
        raise RuntimeError(f"{number} first attempts of about {rate * seconds:.0f} reports")
    return Latency(number, p50, p95)


def _begin(stage: Stage, port: int, *, slugs: Sequence[str] = TENANTS, batch_size: int = 1) -> None:
    """Delete all facts and gates, and give each of the tenants a paused gate."""
    stage.clear()
    for tenant in Tenant.objects.filter(slug__in=slugs):
        new = changing.create(tenant, _gate("healthy", f"http://127.0.0.1:{port}/dlr", batch_size), actor=ACTOR)
        changing.pause(new.gate, actor=ACTOR)


def _gate(name: str, url: str, batch_size: int = 1) -> GateInput:
    return GateInput(name=name, ref_id=url, destinations=(DestinationInput(url),), batch_size=batch_size)


def _add_pits(port: int, number: int) -> None:
    """Give the tenants so many gates more whose receivers never answer, and let each have something to send."""
    tenants = list(Tenant.objects.filter(gates__name="healthy").order_by("id"))
    for n in range(number):
        tenant = tenants[n % len(tenants)]
        pit = changing.create(tenant, _gate(f"pit {n}", f"http://127.0.0.1:{port}/pit/{n}"), actor=ACTOR).gate
        Gate.objects.filter(id=pit.id).update(parameter_key="none has it")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO gate_delivery (tenant_id, gate_id, inbox_id, account_id, message_id, day)"
                " SELECT tenant_id, %s, inbox_id, account_id, message_id, day FROM delivery_report"
                " WHERE tenant_id = %s LIMIT %s",
                [pit.id, tenant.id, IN_A_PIT],
            )


def _queue(stage: Stage, count: int) -> None:
    """Apply so many reports; their deliveries wait at the paused gates."""
    with stage.applier():
        stage.put(count)
        stage.wait_for(applied(count), every=0.1)


def _resume() -> None:
    for gate in Gate.objects.filter(name="healthy"):
        changing.resume(gate, actor=ACTOR)


def _waiting(stage: Stage) -> int:
    with stage.connect() as own:
        return own.execute(
            "SELECT count(*) FROM gate_delivery d JOIN gate g ON g.id = d.gate_id WHERE g.name = 'healthy'"
        ).fetchone()[0]


@contextmanager
def _receiver(stage: Stage) -> Iterator[tuple[Program, int]]:
    port = free_port()
    with running(["-m", "benchmarks.receiver", str(port)], log=stage.log("receiver"), env={}) as program:
        program.wait_until_listening(port)
        yield program, port


@contextmanager
def _portal(stage: Stage) -> Iterator[tuple[Program, int]]:
    """Run what takes in, applies and forwards; yield the dispatcher, and the port that reports are posted to."""
    with stage.web() as (_web, port), stage.applier(), stage.dispatcher() as dispatcher:
        yield dispatcher, port

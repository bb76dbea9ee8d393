"""end_to_end and peak: reports that come in and are applied at the same time."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks import load
from benchmarks.figure import Figure
from benchmarks.stage import PATH, Stage

OLDEST_ALLOWED = 2.0  # seconds that a row may wait
AIM = 1.0  # what the sender is steered to
HELD = 0.9  # of the rate that was found, while it is measured
EVERY = 0.25  # seconds between two looks
FIRST_RATE = 2000.0
CONNECTIONS = 64
# Of each slice the first in line, so that looking costs the same however much waits.
_OLDEST = (
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(first.received_at)), 0)::float8"
    " FROM generate_series(0, 63) AS number, LATERAL"
    " (SELECT received_at FROM inbox_todo WHERE slice = number ORDER BY id LIMIT 1) AS first"
)
_WAITING = "SELECT count(*) FROM inbox_todo"


@dataclass
class Watch:
    """Looks at what waits, as often as EVERY says."""

    ages: list[float] = field(default_factory=list)

    def look(self, connection) -> float:
        """Return the age of the oldest waiting row in seconds."""
        (age,) = connection.execute(_OLDEST).fetchone()
        self.ages.append(age)
        return age

    def percentile(self, share: float) -> float:
        ordered = sorted(self.ages)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def end_to_end(stage: Stage) -> Iterator[Figure]:
    """Single reports over HTTP, steered to the highest rate at which the oldest waiting row stays young."""
    stage.clear()
    warm, measured = (7.0, 10.0) if stage.quick else (40.0, 120.0)
    with stage.web() as (web, port), stage.applier() as applier, stage.connect() as own:
        with load.posting(
            port=port, path=PATH, lines=stage.lines_file, connections=CONNECTIONS, rate=FIRST_RATE
        ) as sender:
            rate = _steer(sender, own, Watch(), FIRST_RATE, warm)
            rate *= HELD
            watch, began, before = Watch(), time.monotonic(), sender.acknowledged
            cpu = [web.cpu(), applier.cpu(), stage.database_cpu()]
            _steer(sender, own, watch, rate, measured, highest=rate)
            sent, seconds = sender.acknowledged - before, time.monotonic() - began
            cpu = [now - then for now, then in zip([web.cpu(), applier.cpu(), stage.database_cpu()], cpu, strict=True)]
            result = sender.stop()
        memory = web.memory(), applier.memory()
    oldest = max(watch.ages)
    note = f"{sent / seconds:,.0f}/s, oldest row {oldest:.1f} s at most"
    note += f"; web {memory[0][0]:.0f} MB, applier {memory[1][0]:.0f} MB"
    yield Figure("end_to_end", sent / seconds if oldest < OLDEST_ALLOWED else None, "DLRs/s", note=note)
    web_cpu, applier_cpu, database_cpu = (value / sent * 1e6 for value in cpu)
    note = f"web {web_cpu:.0f}, applier {applier_cpu:.0f}, PostgreSQL {database_cpu:.0f}"
    yield Figure("end_to_end_cpu", web_cpu + applier_cpu + database_cpu, "µs/DLR", note=note)
    yield Figure("freshness_p95", watch.percentile(0.95), "s", note="age of the oldest waiting row")
    yield Figure("freshness_p99", watch.percentile(0.99), "s", note=f"{result.refused} requests refused")


def peak(stage: Stage) -> Iterator[Figure]:
    """As much as the door takes in for ten minutes (--quick: 10 s), then until all of it is applied."""
    stage.clear()
    seconds = 10.0 if stage.quick else 600.0
    watch = Watch()
    with stage.web() as (_web, port), stage.applier(), stage.connect() as own:
        with load.posting(port=port, path=PATH, lines=stage.lines_file, connections=CONNECTIONS) as sender:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                watch.look(own)
                time.sleep(EVERY)
            result = sender.stop()
        began = time.monotonic()
        (backlog,) = own.execute(_WAITING).fetchone()
        stage.wait_for("SELECT NOT EXISTS (SELECT 1 FROM inbox_todo)", within=4 * seconds + 60, every=0.2)
        drained = time.monotonic() - began
    note = f"for {seconds:.0f} s, p99 {result.p99:.0f} ms, {result.refused} refused"
    yield Figure("peak", result.rate, "DLRs/s", note=note)
    yield Figure("peak_backlog", float(backlog), "DLRs", note=f"at the end; oldest {max(watch.ages):.1f} s")
    yield Figure("peak_drain", drained, "s", note="until all was applied")


def _steer(
    sender: load.Sender, connection, watch: Watch, rate: float, seconds: float, *, highest: float = math.inf
) -> float:
    """Raise and lower the rate, up to `highest`, so that the oldest row waits about AIM seconds; return the last."""
    sender.steer(rate)
    end = time.monotonic() + seconds
    before, looked = sender.acknowledged, time.monotonic()
    while time.monotonic() < end:
        time.sleep(EVERY)
        age = watch.look(connection)
        now, acknowledged = time.monotonic(), sender.acknowledged
        reached = (acknowledged - before) / (now - looked)
        before, looked = acknowledged, now
        if age > AIM:
            rate *= 0.93
        elif reached > 0.9 * rate:  # what the door does not take needs no higher limit
            rate = min(rate * 1.04, highest)
        sender.steer(rate)
    return rate

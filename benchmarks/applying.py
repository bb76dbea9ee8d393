"""apply: from waiting inbox rows to messages, reports, counts and latencies, by one applier and by two."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.baseline import servers as baseline
from benchmarks.figure import Figure
from benchmarks.stage import Stage

REPORTS, QUICK_REPORTS = 300_000, 60_000
WARM_UP = 5_000


def apply(stage: Stage) -> Iterator[Figure]:
    """Apply a backlog."""
    plain = baseline.apply_rate(stage, stage.lines_file, seconds=stage.seconds)
    for appliers in (1, 2):
        rate, cpu, database = _measure(stage, appliers)
        name = "apply" if appliers == 1 else f"apply_{appliers}"
        yield Figure(name, rate, "DLRs/s", baseline=plain, note=f"{appliers} applier(s); row by row {plain:,.0f}")
        yield Figure(f"{name}_cpu", cpu + database, "µs/DLR", note=f"applier {cpu:.1f}, PostgreSQL {database:.1f}")


def _measure(stage: Stage, appliers: int) -> tuple[float, float, float]:
    """Return reports a second, and the processor time of a report in appliers and in PostgreSQL, µs."""
    count = QUICK_REPORTS if stage.quick else REPORTS
    stage.clear()
    with ExitStack() as stack:
        programs = [stack.enter_context(stage.applier()) for _ in range(appliers)]
        stage.put(WARM_UP)  # campaigns are known, statements prepared, as with any applier that has run for a while
        stage.wait_for(applied(WARM_UP))
        stage.put(count)  # the commit's NOTIFY wakes them
        began = time.monotonic()
        cpu, database = sum(program.cpu() for program in programs), stage.database_cpu()
        stage.wait_for(applied(WARM_UP + count), every=0.05)
        seconds = time.monotonic() - began
        cpu = sum(program.cpu() for program in programs) - cpu
        database = stage.database_cpu() - database
    _check(stage, WARM_UP + count)
    return count / seconds, cpu / count * 1e6, database / count * 1e6


def applied(count: int) -> str:
    """Return the condition that so many reports are applied; what is left is dear to count while it changes."""
    return f"SELECT coalesce(sum(received), 0) >= {count} FROM ingest_count"


def _check(stage: Stage, count: int) -> None:
    """Raise RuntimeError unless every report had its one effect."""
    with stage.connect() as own:
        received, added = own.execute(
            "SELECT sum(received), sum(reports + submissions + duplicates + quarantined) FROM ingest_count"
        ).fetchone()
    if not received == added == count:
        raise RuntimeError(f"of {count} reports {received} were applied, {added} with an effect")

"""ingest_http and ingest_batch: reports that are answered after their commit."""

from collections.abc import Iterator

from benchmarks import load
from benchmarks.baseline import servers as baseline
from benchmarks.ceilings import copy_rate
from benchmarks.figure import Figure
from benchmarks.stage import PATH, Stage

CONNECTIONS = 64
BATCH = 1000


def ingest_http(stage: Stage) -> Iterator[Figure]:
    """One report to a request, over keep-alive connections."""
    seconds, lines = stage.seconds, stage.lines_file
    with stage.web("benchmarks.echo:application") as (_program, port):
        echo = load.post(port=port, path="/", lines=lines, seconds=seconds, connections=CONNECTIONS)
    with baseline.web(stage) as port:
        # sync workers close each connection, so few of them are enough to keep both busy
        plain = load.post(port=port, path="/dlr/", lines=lines, seconds=seconds, connections=8)
    stage.clear()
    with stage.web() as (program, port):
        cpu, database = program.cpu(), stage.database_cpu()
        result = load.post(port=port, path=PATH, lines=lines, seconds=seconds, connections=CONNECTIONS)
        cpu, database = program.cpu() - cpu, stage.database_cpu() - database
    _refuse_refusals(result)
    note = f"echo {echo.rate:,.0f}, baseline {plain.rate:,.0f}"
    yield Figure("ingest_http", result.rate, "requests/s", plain.rate, echo.rate, note)
    yield Figure("ingest_http_p50", result.p50, "ms", note=f"{CONNECTIONS} connections")
    yield Figure("ingest_http_p99", result.p99, "ms", note=f"baseline {plain.p99:.0f} ms, 8 connections")
    yield from _cpu("ingest_http", cpu, database, result)


def ingest_batch(stage: Stage) -> Iterator[Figure]:
    """NDJSON bodies of 1,000 reports."""
    stage.clear()
    ceiling = copy_rate(stage)
    with stage.web() as (program, port):
        cpu, database = program.cpu(), stage.database_cpu()
        result = load.post(
            port=port, path=PATH, lines=stage.lines_file, seconds=stage.seconds, batch=BATCH, connections=4
        )
        cpu, database = program.cpu() - cpu, stage.database_cpu() - database
    _refuse_refusals(result)
    yield Figure(
        "ingest_batch", result.rate, "DLRs/s", ceiling=ceiling, note=f"COPY {ceiling:,.0f}, p99 {result.p99:.0f} ms"
    )
    yield from _cpu("ingest_batch", cpu, database, result)
    stage.clear()


def _cpu(name: str, server: float, database: float, result: load.Result) -> Iterator[Figure]:
    server, database, sender = (seconds / result.reports * 1e6 for seconds in (server, database, result.cpu))
    note = f"server {server:.1f}, PostgreSQL {database:.1f} (sender {sender:.1f})"
    yield Figure(f"{name}_cpu", server + database, "µs/DLR", note=note)


def _refuse_refusals(result: load.Result) -> None:
    if result.refused:
        raise RuntimeError(f"{result.refused} of {result.requests} requests were refused")

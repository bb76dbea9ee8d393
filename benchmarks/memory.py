"""memory: what each process holds after work."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks import load
from benchmarks.figure import Figure
from benchmarks.programs import memory_of
from benchmarks.stage import PATH, Stage
from portal.celery import app
from portal.common.periods import Month
from portal.engines import redis
from reports.runs.runs import request_run

LIMIT = 300.0  # MB a process may hold


def memory(stage: Stage) -> Iterator[Figure]:
    """RSS of web and applier after some seconds of singles and of large bodies, and of PostgreSQL's largest."""
    stage.clear()
    seconds = stage.seconds / 2
    with stage.web() as (web, port), stage.applier() as applier:
        load.post(port=port, path=PATH, lines=stage.lines_file, seconds=seconds)
        load.post(port=port, path=PATH, lines=stage.lines_file, seconds=seconds, batch=1000, connections=8)
        stage.wait_for("SELECT NOT EXISTS (SELECT 1 FROM inbox_todo)", every=0.2)
        for name, program in (("web", web), ("applier", applier)):
            rss, pss = program.memory()
            yield Figure(f"memory_{name}", rss, "MB", ceiling=LIMIT, note=f"PSS {pss:.0f} MB")
        kind, rss, pss = max(stage.database_backends(), key=lambda backend: backend[2])
        yield Figure("memory_postgresql", pss, "MB", ceiling=LIMIT, note=f"{kind.strip()}: PSS; RSS {rss:.0f} MB")
    yield from _of_the_others(stage)


def _of_the_others(stage: Stage) -> Iterator[Figure]:
    """The worker's peak while it sums up counts and makes filters and last month's workbook; beat and Redis."""
    with stage.program("worker") as worker, stage.program("beat") as beat:
        app.send_task("deliveries.condense_counts")
        app.send_task("deliveries.make_identity_filters")
        now = datetime.now(UTC)
        pool = stage.feed.account.pool
        month = Month.of(now.date()).previous()
        run = request_run(tenant=pool, account=stage.feed.account, month=month, requested_by="bin/bench", now=now)
        stage.wait_for(f"SELECT state IN ('done', 'failed') FROM report_run WHERE id = {run.id}", every=0.2)
        run.refresh_from_db()
        note = f"RSS at its peak; {month} {run.state}, {run.messages or 0:,} messages"
        yield Figure("memory_worker", worker.peak_memory(), "MB", ceiling=LIMIT, note=note)
        rss, pss = beat.memory()
        yield Figure("memory_beat", rss, "MB", ceiling=LIMIT, note=f"PSS {pss:.0f} MB")
    if (pid := redis.pid()) is not None:
        rss, _pss = memory_of(pid)
        yield Figure("memory_redis", rss, "MB", ceiling=LIMIT)

"""memory: what each process holds after work."""

from collections.abc import Iterator

from benchmarks import load
from benchmarks.figure import Figure
from benchmarks.stage import PATH, Stage

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

"""The baseline's database, created afresh, and its two ways to run."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.programs import REPOSITORY, free_port, running
from portal import engines

DATABASE = "bench_baseline"
WORKERS = 2


def prepare(stage) -> dict[str, str]:
    """Make the database with its tables, empty; return the variables that lead to it."""
    with stage.connect() as own:
        own.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        own.execute(f"CREATE DATABASE {DATABASE}")
    url = urlsplit(engines.database_url())
    env = {
        "BASELINE_DATABASE_URL": urlunsplit(url._replace(path=f"/{DATABASE}")),
        "DJANGO_SETTINGS_MODULE": "benchmarks.baseline.settings",
    }
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--run-syncdb", "--verbosity", "0"],
        cwd=REPOSITORY, env=os.environ | env, check=True,
    )  # fmt: skip
    return env


@contextmanager
def web(stage) -> Iterator[int]:
    """Run gunicorn with two sync workers; yield its port."""
    port = free_port()
    env = prepare(stage)
    words = ["-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"127.0.0.1:{port}", "--log-level", "warning"]
    with running([*words, "benchmarks.baseline.wsgi"], log=stage.log("baseline"), env=env) as program:
        program.wait_until_listening(port)
        yield port


def apply_rate(stage, lines: Path, *, seconds: float) -> float:
    """Return the reports a second that one process applies row by row."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.baseline.apply_rows", str(lines), str(seconds)],
        cwd=REPOSITORY, env=os.environ | prepare(stage), check=True, capture_output=True, text=True,
    )  # fmt: skip
    return float(done.stdout)

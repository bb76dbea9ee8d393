"""The engines' processes, to be killed, stopped and limited from outside; only those of a test's own home."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg

from tests.faults.load import Load
from tests.faults.portal import Portal
from tests.running import until


def postgres_processes(portal: Portal) -> list[int]:
    """Return the postmaster and all of its children."""
    postmaster = int((portal.path / "postgres" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


def kill(portal: Portal, victim: str, load: Load) -> float:
    """kill -9 a program or "postgres" under load; return the seconds until reports were taken again."""
    failed = load.failed()
    if victim == "applier":
        until(lambda: in_a_batch(portal), "the applier is in the middle of a batch")
    began = time.monotonic()
    if victim == "postgres":
        kill_postgres(portal)
    else:
        portal.kill(victim)
        portal.start(victim)
    if victim != "applier":  # without it reports wait, and nobody is refused
        until(failed, f"something fails without {victim}")
    until(load.grown(1), f"work is taken again after kill -9 of {victim}")
    return time.monotonic() - began


def kill_postgres(portal: Portal) -> None:
    """kill -9 the postmaster and all of its children; `python -m portal.engines watch` heals it."""
    signal_all(postgres_processes(portal), signal.SIGKILL)


@contextmanager
def stopped(processes: list[int]) -> Iterator[None]:
    """Stop these processes (SIGSTOP) for the length of a `with`: they hang, and answer nobody."""
    signal_all(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(processes, signal.SIGCONT)


@contextmanager
def locked(portal: Portal) -> Iterator[None]:
    """Lock the inbox for the length of a `with`, as somebody's migration may."""
    with psycopg.connect(portal.database_url) as blocker:
        blocker.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
        yield
        blocker.rollback()


HOLDS: dict[str, Callable[[Portal], AbstractContextManager]] = {
    "SIGSTOP": lambda portal: stopped(postgres_processes(portal)),
    "a locked table": locked,
}


def hang(portal: Portal, load: Load, hold: str, *, seconds: float) -> float:
    """Let the database hang while bodies are refused; return the seconds until they are taken again after it."""
    with HOLDS[hold](portal):
        ends = time.monotonic() + seconds
        until(load.refused(), "bodies are refused")
        while time.monotonic() < ends:
            until(load.refused(), "bodies are refused")
        assert not portal.answers()
    began = time.monotonic()
    until(load.grown(1), "work is taken again")
    return time.monotonic() - began


def redis_process(portal: Portal) -> int:
    return portal.inspector.ask("from portal.engines import redis; result = redis.pid() or 0")


def signal_all(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def in_a_batch(portal: Portal) -> bool:
    """Tell whether a transaction of several statements is open: the applier's alone are such."""
    with contextlib.suppress(psycopg.OperationalError), portal.database() as database:
        open_ones = "SELECT 1 FROM pg_stat_activity WHERE xact_start < query_start AND pid <> pg_backend_pid()"
        return bool(database.execute(open_ones).fetchone())
    return False


def as_superuser(portal: Portal) -> psycopg.Connection:
    """Connect as the embedded server's superuser, who may change its settings."""
    return psycopg.connect(portal.database_url.replace("//portal@", "//postgres@"), autocommit=True)


def reconnect(portal: Portal) -> None:
    """End all connections of the portal's processes, which make new ones by the settings of now."""
    with as_superuser(portal) as database:
        database.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename ~ '^portal'")

"""The engines' processes, to be killed, stopped and limited from outside; only those of a test's own home."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.faults.conftest import Portal


def postgres_processes(portal: Portal) -> list[int]:
    """Return the postmaster and all of its children."""
    postmaster = int((portal.path / "postgres" / "postmaster.pid").read_text().split()[0])
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    return [postmaster, *map(int, children)]


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
        database.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'portal'")

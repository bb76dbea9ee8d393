"""No room for the inbox: 503 and never 200, then everything goes on when there is room again."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.faults.checker import problems
from tests.faults.portal import TOKEN, Portal
from tests.faults.victims import as_superuser, postgres_processes, reconnect
from tests.running import in_time, say, until

pytestmark = pytest.mark.timeout(3600)  # a crowded machine may take its time

_SEGMENT = 16 * 1024 * 1024  # bytes of a file of the write-ahead log, which must stay writable
_ROWS_OVER_A_SEGMENT = 10_000  # of the inbox, four to a page of 8 KiB


@contextmanager
def small_disk(portal: Portal) -> Iterator[Callable[[], Callable[[], None]]]:
    """A disk of its own for the inbox, a tmpfs, which only root may mount: 32 MiB over what other tests left in it."""
    folder = Path(tempfile.mkdtemp(prefix="portal-disk-"))
    with as_superuser(portal) as database:
        size = sum(size for _name, size in inbox_tables(database)) + 32 * 1024 * 1024
    try:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("nothing may be mounted here")
        try:
            with inbox_in(portal, folder):
                yield lambda: fill_up(folder / "filler")
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    finally:
        folder.rmdir()


@contextmanager
def small_files(portal: Portal) -> Iterator[Callable[[], Callable[[], None]]]:
    """A limit of the files' size, as a quota has it, which needs no root."""
    yield lambda: limit_files(portal)


@pytest.mark.parametrize("made_full", [small_disk, small_files])
def test_full_disk_is_answered_503_and_loses_nothing(portal, load, made_full):
    with made_full(portal) as fill:
        with load() as load:
            until(load.grown(100), "the load is taken")
            free = fill()
            until(load.refused(), "bodies are refused")
            until(lambda: not portal.answers(), "readiness is refused")
            for _ in range(20):
                until(load.refused(), "bodies are refused")
            free()
            began = time.monotonic()
            until(load.grown(1), "work is taken again")
            say(f"taken again {time.monotonic() - began:.1f} s after there was room; {load.answers}")
            until(portal.answers, "readiness is told again")
            until(load.grown(200), "the load goes on")
        assert problems(portal, load) == []
        assert load.slowest < in_time(3)
        assert set(load.answers) == {200, 503}


@contextmanager
def inbox_in(portal: Portal, folder: Path) -> Iterator[None]:
    """Put the inbox and its to-do list into a folder of its own for the length of a `with`."""
    owner = (portal.path / "postgres").stat()
    data = folder / "data"
    data.mkdir()
    folder.chmod(0o755)
    os.chown(data, owner.st_uid, owner.st_gid)
    with as_superuser(portal) as database:
        names = [name for name, _size in inbox_tables(database)]

        def move(space: str) -> None:
            for name in names:
                database.execute(f"ALTER TABLE {name} SET TABLESPACE {space}")

        database.execute(f"CREATE TABLESPACE small LOCATION '{data}'")
        try:
            move("small")
            yield
        finally:
            move("pg_default")
            database.execute("DROP TABLESPACE small")


def inbox_tables(database: psycopg.Connection) -> list[tuple[str, int]]:
    """Return the tables of the inbox and its to-do list, with their bytes; indexes stay where they are."""
    return database.execute(
        "SELECT oid::regclass::text, pg_table_size(oid) FROM pg_class WHERE oid = 'inbox_todo'::regclass"
        " OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'inbox'::regclass)"
    ).fetchall()


def fill_up(filler: Path) -> Callable[[], None]:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return filler.unlink


def limit_files(portal: Portal) -> Callable[[], None]:
    """Let no file of the database grow over what a file of its write-ahead log has; the inbox is over it already."""
    row = b'{"id":"large-%d","resultCode":1001,"filler":"' + b"x" * 1800 + b'"}'  # longer ones lie elsewhere
    for first in range(0, _ROWS_OVER_A_SEGMENT, 500):
        body = b"\n".join(row % number for number in range(first, first + 500))
        until(lambda body=body: post(portal, body) == 200, "large reports are taken")

    limit(portal, _SEGMENT)

    def free() -> None:
        limit(portal, "unlimited")
        reconnect(portal)

    return free


def limit(portal: Portal, size: int | str) -> None:
    """Limit the files of the database's processes, as the user that they run as: not even root may otherwise."""
    owner = (portal.path / "postgres").stat()
    switch = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    for process in postgres_processes(portal):
        words = ["prlimit", f"--pid={process}", f"--fsize={size}:"]
        done = subprocess.run(words, capture_output=True, text=True, check=False, **switch)
        assert done.returncode == 0 or "No such process" in done.stderr, done.stderr


def post(portal: Portal, body: bytes) -> int:
    return httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=body, timeout=10).status_code

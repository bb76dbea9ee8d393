"""No room for the inbox: 503 and never 200, then everything goes on when there is room again."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.faults.checker import problems
from tests.faults.conftest import TOKEN, Portal
from tests.faults.victims import as_superuser, postgres_processes, reconnect
from tests.running import say, until

PROMPTLY = 3.5
_OVER_A_SEGMENT = 24  # MiB: a file of the write-ahead log has 16, and must stay writable


def test_full_disk_is_answered_503_and_loses_nothing(portal, load):
    with small_disk(portal) as fill:
        with load() as load:
            until(load.grown(100), "the load is taken")
            free = fill()
            until(load.refused(), "bodies are refused")
            until(lambda: not portal.answers(), "readiness is refused")
            for _ in range(20):
                until(load.refused(), "bodies are refused")
            free()
            began = time.monotonic()
            until(load.grown(1), "work is taken again", within=10)
            say(f"taken again {time.monotonic() - began:.1f} s after there was room; {load.answers}")
            until(portal.answers, "readiness is told again", within=10)
            until(load.grown(200), "the load goes on")
        assert problems(portal, load) == []
        assert load.slowest < PROMPTLY
        assert set(load.answers) == {200, 503}


@contextmanager
def small_disk(portal: Portal) -> Iterator[Callable[[], Callable[[], None]]]:
    """Yield what fills the inbox's disk and returns what frees it: a tmpfs as root, else a limit of the files' size."""
    folder = Path(tempfile.mkdtemp(prefix="portal-disk-"))
    try:
        mounted = (
            os.geteuid() == 0
            and not subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)], capture_output=True, check=False
            ).returncode
        )
        if mounted:
            try:
                with inbox_in(portal, folder):
                    yield lambda: fill_up(folder / "filler")
            finally:
                subprocess.run(["umount", str(folder)], check=True)
        else:
            yield lambda: limit_files(portal)
    finally:
        folder.rmdir()


@contextmanager
def inbox_in(portal: Portal, folder: Path) -> Iterator[None]:
    """Put the inbox and its to-do list into a folder of its own for the length of a `with`."""
    owner = (portal.path / "postgres").stat()
    data = folder / "data"
    data.mkdir()
    folder.chmod(0o755)
    os.chown(data, owner.st_uid, owner.st_gid)
    with as_superuser(portal) as database:
        names = [name for (name,) in database.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'inbox'::regclass"
            " UNION ALL SELECT 'inbox_todo'"
        )]  # fmt: skip

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


def fill_up(filler: Path) -> Callable[[], None]:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)
    return filler.unlink


def limit_files(portal: Portal) -> Callable[[], None]:
    """Let no file of the database grow over what a file of its write-ahead log has; the inbox is over it already."""
    for number in range(_OVER_A_SEGMENT):
        body = b'{"id":"large-%d","resultCode":1001,"filler":"%s"}' % (number, os.urandom(500_000).hex().encode())
        assert httpx.post(f"{portal.url}/dlr/{TOKEN}/", content=body, timeout=10).status_code == 200

    def limit(size: int) -> None:
        for process in postgres_processes(portal):
            with suppress(ProcessLookupError):
                _soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
                resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))

    limit(16 * 1024 * 1024)

    def free() -> None:
        limit(resource.RLIM_INFINITY)
        reconnect(portal)

    return free

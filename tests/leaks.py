"""A test that leaves something behind fails: open files and sockets, threads, child processes, files, rows, partitions.

Loaded by pyproject.toml before all conftests, so that its fixture is the first one of each test to be set up and the
last one to end: what module, package and session hold for several tests was there before.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
HOME = Path(os.environ["PORTAL_HOME"])  # of tests/home.py
FILES = Path("/proc/self/fd")
# Below these the engines and the servers that several tests share write at any time.
OTHERS = {"postgres", "redis", "run", "log", "static", "secret_key", "django_migrations"}
# A server that several tests share writes what it refused up to a second later.
OTHERS |= {"refusal_count"}
BROWSERS = ".org.chromium.Chromium."  # temporary files that the browser which several tests share makes at any time
PATIENCE = 5  # seconds for a thread that was asked to end

# Processes that belong to a portal which several tests share and may start again (tests/running.py).
lent: set[int] = set()

# Called at the end of each test with a database, after its transaction: they delete what a shared server has stored.
cleaners: list[Callable[[], None]] = []

TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
"""
PARTITIONS = "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relispartition"


def pytest_configure(config) -> None:
    """Give the tests a folder for temporary files of their own; what pytest itself keeps stays where it was."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    folder.chmod(0o755)
    config.temporary = folder, os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def pytest_unconfigure(config) -> None:
    folder, before = config.temporary
    shutil.rmtree(folder, ignore_errors=True)
    tempfile.tempdir = None
    os.environ.pop("TMPDIR")
    if before is not None:
        os.environ["TMPDIR"] = before


class Watch:
    """Open files, live threads and stored rows; `database` is None for tests without one."""

    def __init__(self, database: Database | None) -> None:
        self.database = database
        self.stored = database.stored() if database else set()  # first: it opens the connection
        self.files = open_files()
        self.threads = set(threading.enumerate())
        self.children = children()
        self.paths = paths()

    def left(self) -> list[str]:
        """Return what has come since and is still there."""
        found = [f"open: {name}" for name in self._files()]
        found += [f"running: {thread}" for thread in self._threads()]
        found += [f"running: process {number}, {words}" for number, words in self._children()]
        found += [f"on the disk: {path}" for path in sorted(paths() - self.paths)]
        if self.database:
            found += [f"in the database: {thing}" for thing in sorted(self.database.stored() - self.stored)]
        return found

    def _files(self) -> list[str]:
        if not open_files() - self.files:
            return []
        gc.collect()  # an object that nobody holds any more closes its file, with a warning of its own
        new = [file for file in open_files() if file not in self.files and not is_kept(*file)]
        return [f"{target} {peer(number)}".strip() for number, target in new]

    def _threads(self) -> list[threading.Thread]:
        for thread in set(threading.enumerate()) - self.threads:
            thread.join(0 if is_pooled(thread) else PATIENCE)
        return [thread for thread in set(threading.enumerate()) - self.threads if not is_pooled(thread)]

    def _children(self) -> Iterator[tuple[int, str]]:
        for number in children() - self.children - lent:
            with contextlib.suppress(OSError):
                yield (
                    number,
                    Path(f"/proc/{number}/cmdline").read_text().replace("\0", " ") or "(ended, not waited for)",
                )


def open_files() -> set[tuple[int, str]]:
    """Return this process's open files by number and target."""
    found = set()
    with contextlib.suppress(FileNotFoundError):  # no Linux
        for number in os.listdir(FILES):  # noqa: PTH208 (no Path for each of them)
            with contextlib.suppress(OSError):
                target = os.readlink(FILES / number)  # noqa: PTH115
                if not target.startswith(f"/proc/{os.getpid()}/fd"):
                    found.add((int(number), target))
    return found


def is_kept(number: int, target: str) -> bool:
    """Tell whether an open file is one that the process keeps by design: Django's connection, a pool's to Redis."""
    from django.db import connections

    if not target.startswith("socket:"):
        return target.startswith(("/dev/", "anon_inode:"))  # an event loop has sockets too
    kept = {c.connection.pgconn.socket for c in connections.all() if c.connection and not c.connection.closed}
    return number in kept or "redis" in peer(number)


def peer(number: int) -> str:
    """Return whom a socket is connected to, nothing for other files."""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(number)) as other:
        return str(other.getpeername())
    return ""


def is_pooled(thread: threading.Thread) -> bool:
    """Tell whether a thread lives as long as the process by design: an executor's, the one that tqdm has."""
    return thread.name.startswith(("ThreadPoolExecutor", "asyncio_")) or type(thread).__module__.startswith("tqdm")


def children() -> set[int]:
    """Return the processes that this one has started and not waited for."""
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= {int(number) for number in path.read_text().split()}
    return found


def paths() -> set[str]:
    """Return what lies in the repository's folder, the tests' home and its files, and in the temporary folder."""
    found = set()
    for folder in (REPOSITORY, HOME, Path(tempfile.gettempdir())):
        names = (name for name in os.listdir(folder) if name not in OTHERS)  # noqa: PTH208
        found |= {f"{folder}/{name}" for name in names if not name.startswith(BROWSERS)}
    for folder, _, names in os.walk(HOME / "files"):
        found |= {f"{folder}/{name}" for name in names}
    return found


class Database:
    """The tests' database, looked at over a connection of its own: it sees what is committed."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo
        self.connection: psycopg.Connection | None = None
        self.query = ""

    def stored(self) -> set[str]:
        """Return every table that has rows, with their count, and every partition."""
        try:
            return self._look()
        except psycopg.OperationalError:  # a test has ended all connections
            self.close()
            return self._look()

    def close(self) -> None:
        if self.connection:
            self.connection.close()
            self.connection = None

    def _look(self) -> set[str]:
        if self.connection is None:
            self.connection = psycopg.connect(self.conninfo, autocommit=True)
            names = sorted(name for (name,) in self.connection.execute(TABLES) if name not in OTHERS)
            parts = [f"SELECT '{name}: ' || count(*) || ' rows' FROM \"{name}\" HAVING count(*) > 0" for name in names]
            self.query = " UNION ALL ".join([*parts, f"SELECT 'partition ' || relname FROM ({PARTITIONS}) AS p"])
        return {thing for (thing,) in self.connection.execute(self.query, prepare=True)}


@pytest.fixture(scope="session")
def watched_database(django_db_setup) -> Iterator[Database]:
    from portal.common.database import connection_string

    database = Database(connection_string())
    yield database
    database.close()


@pytest.fixture(autouse=True)
def leaves_nothing(request) -> Iterator[None]:
    is_stored = request.node.get_closest_marker("django_db") or "db" in request.fixturenames
    watch = Watch(request.getfixturevalue("watched_database") if is_stored else None)
    yield
    if is_stored:
        for clean in cleaners:
            clean()
    if left := watch.left():
        pytest.fail("the test leaves behind:\n  " + "\n  ".join(left), pytrace=False)

"""The whole portal in a home of its own: real processes, watched and killed from outside."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

import httpx
import psycopg

from portal import serve
from tests import leaks
from tests.engines.conftest import REPOSITORY, Home
from tests.ports import free_port

Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, *, within: float = 60, pause: float = 0.02) -> Found:
    """Look until something is found (a true value) and return it, with a `pause` in seconds after each look.

    A look that gives the portal work wants a longer pause. Raises AssertionError after `within` seconds.
    """
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {within:g} s")
        time.sleep(pause)
    return found


def in_time(seconds: float) -> float:
    """Return the seconds that are allowed for what takes `seconds`: more where others wait for the processor too.

    For promises about time that no event can stand for. By the load average, so a quiet machine is held to the letter.
    """
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def say(text: str) -> None:
    """Write what a failed run is repeated with; pytest shows it beside the failure."""
    sys.stdout.write(f"{text}\n")


@cache
def _http() -> httpx.Client:
    """One for all looks: making a client costs a hundred times as much as asking with it. It keeps nothing open."""
    return httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0))


@dataclass
class Running(Home):
    """A home, its port, and the processes that a test started in it by name; every one logs to `logs`."""

    port: int = field(default_factory=free_port)
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    logs: Path = Path("/nonexistent")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of all processes: nothing of the tests' own Python path is in it.

        Temporary files are in the home: a killed process leaves its own, and who made the home removes it.
        """
        temporary = self.path / "tmp"
        temporary.mkdir(exist_ok=True)
        own = {"PORT": str(self.port), "BIND": "127.0.0.1", "TMPDIR": str(temporary)}
        env = super().environment() | own | self.variables
        env.pop("PYTHONPATH")
        return env

    def launch(self, name: str, *words: str) -> subprocess.Popen:
        """Start a command under a name; its process group can be killed as one."""
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                words, cwd=REPOSITORY, env=self.environment(), start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.processes[name] = process
        leaks.lent.add(process.pid)  # a portal may be shared by several tests: who made it removes it
        return process

    def start(self, name: str) -> subprocess.Popen:
        """Start one of the programs that bin/serve supervises."""
        words = serve.commands(self.environment())[name]
        return self.launch(name, sys.executable, *words)

    def kill(self, name: str) -> None:
        """kill -9 a program with all of its workers."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)

    def end(self, name: str, *, within: float = 60) -> int:
        """End a program in order and return its exit code."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(within)

    def log(self, name: str) -> str:
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def command(self, *words: str, code: int | None = 0) -> str:
        """Run `bin/portal WORDS` to its end, which must be `code` (None: any), and return what it printed."""
        done = subprocess.run(
            ["bin/portal", *words], cwd=REPOSITORY, env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        assert code in (None, done.returncode), done.stdout + done.stderr
        return done.stdout

    def database(self) -> psycopg.Connection:
        """Connect to the home's database, which must be running, as the portal's owner does."""
        return psycopg.connect(self.database_url, autocommit=True, connect_timeout=10)

    @cached_property
    def database_url(self) -> str:
        return self.code("from portal.engines import postgres; print(postgres.url())")

    def answers(self, path: str = "/readyz") -> bool:
        """Tell whether the server answers the path with 200."""
        with contextlib.suppress(httpx.TransportError):
            return _http().get(self.url + path).status_code == 200
        return False

    def alive(self) -> dict[int, str]:
        """Return the living processes that work in this home, with their command lines."""
        mark = os.fsencode(f"PORTAL_HOME={self.path}")
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError, ValueError):
                ours = mark in (folder / "environ").read_bytes().split(b"\0")
                ours = ours or (folder / "cwd").readlink().is_relative_to(self.path)
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if ours and state != "Z":
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        return found

    def remove(self) -> None:
        """End in order what a test left running, then the engines, keep the logs and remove the home."""
        for name in list(self.processes):
            if self.processes[name].poll() is None:
                self.end(name)
        if (self.path / "log").exists():
            shutil.copytree(self.path / "log", self.logs / "supervised")
        super().remove()

"""The real web server on a free port, run against the tests' own database."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict

from portal import serve
from portal.common.database import connection_string
from tests.ports import free_port

REPOSITORY = Path(__file__).resolve().parent.parent
STATIC_ROOT, STORAGES = settings.STATIC_ROOT, settings.STORAGES  # of the servers; tests have others
START_SECONDS = 180  # patience on a busy machine
STOP_SECONDS = 60


@dataclass
class Server:
    """A running server; `log` holds what it wrote to both streams."""

    url: str
    process: subprocess.Popen
    log: Path
    asked_to_end: bool = False

    def stop(self) -> int:
        """End it in order and return its exit code; an ended one stays ended."""
        self.ask_to_end()
        return self.process.wait(STOP_SECONDS)

    def ask_to_end(self) -> None:
        """Send SIGTERM once: a second one ends a server that is about to end by the signal, not by its own code."""
        if not self.asked_to_end and self.process.poll() is None:
            self.asked_to_end = True
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it and its worker at once, as `kill -9` does."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_SECONDS)


def start_server(variables: Mapping[str, str] | None = None, *, folder: Path, until: str = "/readyz") -> Server:
    """Start what bin/serve runs as `web`, with `variables` on top of the tests' environment.

    Waits until `until` is answered with 200. The log goes to `folder`. Who starts a server ends it.
    """
    _collect_static()
    port = str(free_port())
    env = os.environ | environment() | {"PORT": port, "BIND": "127.0.0.1"} | dict(variables or {})
    log = folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *serve.commands(env)["web"]],
            cwd=REPOSITORY,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{port}", process, log)
    try:
        _wait(server, until)
    except BaseException:
        server.kill()
        raise
    return server


@contextmanager
def running_server(variables: Mapping[str, str] | None = None, *, folder: Path) -> Iterator[Server]:
    """Start a server for the length of a `with`; it ends in order unless it has ended already."""
    server = start_server(variables, folder=folder)
    try:
        yield server
    finally:
        server.stop()


def environment() -> dict[str, str]:
    """Return the variables by which another process works with the tests' database, secrets and home."""
    return {
        "DATABASE_URL": database_url(),
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": settings.SECRET_KEY,
        "PORTAL_HOME": str(settings.PORTAL_HOME),
    }


def database_url() -> str:
    """Return the URL of the database that the tests use."""
    parts = conninfo_to_dict(connection_string())
    login = quote(parts.pop("user"), safe="")
    if password := parts.pop("password", None):
        login += ":" + quote(password, safe="")
    name = quote(parts.pop("dbname"), safe="")
    return f"postgresql://{login}@/{name}?{urlencode(parts, safe='/')}"


@cache
def _collect_static() -> None:
    """Pages ask for their files by the names of the collected ones, as bin/serve has them (bin/setup bundles them)."""
    with override_settings(STATIC_ROOT=STATIC_ROOT, STORAGES=STORAGES):
        call_command("collectstatic", interactive=False, verbosity=0)


def _wait(server: Server, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    with httpx.Client(base_url=server.url, timeout=5) as http:  # one: to make it costs more than many looks
        while True:
            with contextlib.suppress(httpx.TransportError):
                if http.get(path).status_code == 200:
                    return
            if server.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"the server did not start:\n{server.log.read_text(errors='replace')}")
            time.sleep(0.05)

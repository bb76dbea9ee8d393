"""Shared lock of the processes that use the embedded engines. The last one to release it stops the engines."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os

from portal.engines import postgres, redis
from portal.engines.home import EnginesError, engines_lock, remove_socket_dir, run_dir

_held: tuple[int, int] | None = None  # the process that holds it, the descriptor


def hold() -> None:
    """Take the shared lock for this process's lifetime; the kernel frees it even after kill -9.

    A forked child shares its parent's lock and never stops anything.
    """
    global _held
    if _held is not None:
        return
    descriptor = _open()
    fcntl.flock(descriptor, fcntl.LOCK_SH)  # waits while a last one is just stopping the engines
    _held = (os.getpid(), descriptor)
    atexit.register(_leave)


def stop_unless_used() -> bool:
    """Stop both engines if no process holds the lock; return whether they were stopped."""
    descriptor = _open()
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with engines_lock():
            redis.stop()
            postgres.stop()
            remove_socket_dir("redis")  # no process can start to use it: that needs the lock we hold
            remove_socket_dir("pg")
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def _open() -> int:
    return os.open(run_dir() / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)


def _leave() -> None:
    global _held
    if _held is None or _held[0] != os.getpid():
        return
    os.close(_held[1])  # a new descriptor then tells whether a forked child still has this one
    _held = None
    if os.environ.get("PORTAL_KEEP_ENGINES") not in {None, "", "0"}:
        return
    with contextlib.suppress(EnginesError, OSError):  # the folder may be gone; the next start mends the rest
        stop_unless_used()

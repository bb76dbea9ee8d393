"""PORTAL_HOME: where the embedded engines keep data, locks and sockets, and who may use it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
WAY_OUT = "Set PORTAL_HOME to a folder of your own, for example PORTAL_HOME=~/portal-data"


class EnginesError(Exception):
    """An engine cannot be used; the message is meant for the person at the keyboard."""


def portal_home() -> Path:
    """Return PORTAL_HOME (default: `var` in the repository), created if missing and owned by this user.

    Raises EnginesError if it belongs to another user or cannot be created.
    """
    home = Path(os.environ.get("PORTAL_HOME") or REPOSITORY / "var").expanduser().absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
        owner = home.stat().st_uid
    except OSError as error:
        raise EnginesError(f"The data folder {home} cannot be used: {error.strerror}. {WAY_OUT}.") from error
    if owner != os.geteuid():
        raise EnginesError(f"The data folder {home} belongs to {user_name(owner)}. {WAY_OUT}.")
    return home.resolve()


def run_dir() -> Path:
    """Return PORTAL_HOME/run, the private folder of locks, pid files and generated configuration."""
    path = portal_home() / "run"
    path.mkdir(mode=0o700, exist_ok=True)
    return path


def close_to_others(*folders: Path) -> None:
    """Remove all access of users outside the group to the folders and their contents, and writing by the group.

    This closes folders from before the umask was narrow. Files of other users are not changed.
    """
    for folder in folders:
        for place, _, names in os.walk(folder):
            for path in (Path(place), *(Path(place, name) for name in names)):
                with contextlib.suppress(FileNotFoundError, PermissionError):
                    found = path.lstat()
                    if found.st_mode & 0o027 and not stat.S_ISLNK(found.st_mode):
                        path.chmod(stat.S_IMODE(found.st_mode) & ~0o027)


def socket_dir(engine: str, owner: int) -> Path:
    """Return the private folder of one engine's socket, created if missing for the user id `owner`.

    It is always in /tmp, whatever TMPDIR or XDG_RUNTIME_DIR say: every process must find the same path, and a socket's
    path has at most 107 bytes. Raises EnginesError if another user holds that name.
    """
    path = _socket_path(engine)
    try:
        path.mkdir(mode=0o700)
        os.chown(path, owner, -1)
    except FileExistsError:
        pass
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {owner, os.geteuid()} or found.st_mode & 0o077:
        raise EnginesError(
            f"The socket folder {path} is not a private folder of {user_name(owner)}: somebody else made it. "
            f"Remove it, or use another data folder: {WAY_OUT}."
        )
    if found.st_uid != owner:  # made by us, but we were ended before the chown
        os.chown(path, owner, -1)
    return path


def remove_socket_dir(engine: str) -> None:
    """Remove a stopped engine's socket folder; nothing happens when it is missing or not empty."""
    with contextlib.suppress(OSError):
        _socket_path(engine).rmdir()


@contextmanager
def engines_lock() -> Iterator[None]:
    """Hold the lock under which one process at a time starts, stops or mends engines."""
    descriptor = os.open(run_dir() / "engines.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def is_running(pid: int, program: str, folder: Path) -> bool:
    """Return whether process `pid` lives and is `program` working in `folder`.

    This excludes a reused process number and the engine of another PORTAL_HOME.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    if not Path("/proc/self/stat").exists():  # macOS: the number has to do
        return True
    try:
        status = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return False
    name, rest = status.split("(", 1)[1].rsplit(")", 1)
    if name != program or rest.split()[0] == "Z":
        return False
    try:
        place = str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:  # a container's root may not look at other users' processes: the name has to do
        return True
    return place.removesuffix(" (deleted)") == str(folder)


def first_number(path: Path) -> int | None:
    """Return the number in a file's first line (a pid file's process), None when there is none."""
    try:
        return int(path.read_text(errors="replace").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def log_tail(*paths: Path, lines: int = 12) -> str:
    """Return the last lines of the log files that exist, for an error message."""
    text = []
    for path in paths:
        try:
            text += path.read_text(errors="replace").splitlines()[-lines:]
        except OSError:
            continue
    return "\n".join(f"  {line}" for line in text) or "  (its log is empty)"


def _socket_path(engine: str) -> Path:
    name = hashlib.sha256(os.fsencode(portal_home())).hexdigest()[:16]
    return Path("/tmp") / f"portal-{os.geteuid()}-{name}-{engine}"  # noqa: S108 (owner and mode are checked)


def user_name(uid: int) -> str:
    """Return a user's name for a message, or `user 1234` when the number has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"

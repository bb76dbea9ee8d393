"""The system user PostgreSQL runs as: it refuses root, so root lends it an unprivileged one."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from portal.engines.home import EnginesError

NAME = "portal-postgres"


def engine_user() -> pwd.struct_passwd:
    """Return the user that PostgreSQL runs as: the current one, or for root `portal-postgres`, else `nobody`."""
    if os.geteuid() != 0:
        try:
            return pwd.getpwuid(os.geteuid())
        except KeyError:  # a container may run under a number without a name; initdb needs one
            raise EnginesError(
                f"The user number {os.geteuid()} has no name on this system and PostgreSQL needs one. "
                "Run as a named user, or set DATABASE_URL."
            ) from None
    for name in (NAME, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            if name == NAME and _add_user():
                return pwd.getpwnam(NAME)
    raise EnginesError("PostgreSQL refuses to run as root and there is no user to lend it. Set DATABASE_URL.")


def run_as(user: pwd.struct_passwd, command: list[str], *, timeout: float) -> subprocess.CompletedProcess[str]:
    """Run a short command as `user` (when we are root), its output kept, never raising on its exit code."""
    switch: dict = {}
    if user.pw_uid != os.geteuid():
        switch = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    try:
        return subprocess.run(
            command, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout, check=False, **switch,
        )  # fmt: skip
    except OSError as error:
        raise EnginesError(f"{command[0]} cannot be run as {user.pw_name}: {error.strerror}.") from error
    except subprocess.TimeoutExpired as error:
        raise EnginesError(f"{Path(command[0]).name} did not answer within {timeout:.0f} s.") from error


def open_the_way(user: pwd.struct_passwd, *targets: Path) -> None:
    """Let `user` pass (not read) the parents of `targets` that it cannot pass yet; say so on stderr."""
    if user.pw_uid == os.geteuid():
        return
    opened = []
    for folder in sorted({parent for target in targets for parent in target.resolve().parents}):
        found = folder.stat()
        if found.st_uid == user.pw_uid or (found.st_gid == user.pw_gid and found.st_mode & stat.S_IXGRP):
            continue
        if not found.st_mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
            opened.append(str(folder))
    if opened:
        sys.stderr.write(
            f"PostgreSQL runs as {user.pw_name}: others may now pass through (not read) {', '.join(opened)}\n"
        )


def _add_user() -> bool:
    program = shutil.which("useradd", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if program is None:
        return False
    nologin = shutil.which("nologin", path="/usr/sbin:/sbin:/usr/bin") or "/bin/false"
    command = [program, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run([*command, "--shell", nologin, NAME], capture_output=True, check=False)
    return done.returncode in {0, 9}  # 9: another process has just made it

"""The embedded engines run for root and for ordinary users, each walled off from the other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.engines.home import user_name
from tests.engines.conftest import USE, Home
from tests.engines.test_engines import READ, WRITE

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="changes users, which only root may")
NOBODY = 65534


def python_for_nobody() -> str:
    """Return a Python of our version that `nobody` may run (root's own may lie below /root)."""
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}", "/usr/local/bin/python3"):
        try:
            done = subprocess.run(
                [program, "-c", "import psycopg, sys; print(sys.version_info[:2])"], user=NOBODY, cwd="/",
                env={"PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True, check=False,
            )  # fmt: skip
        except OSError:
            continue
        if done.stdout.strip() == str(sys.version_info[:2]):
            return program
    pytest.skip("nobody may not read this checkout or its Python")


@only_root
def test_engines_run_as_an_ordinary_user_where_root_ran_them(home: Home):
    home.code(WRITE)
    home.remove()
    home.path.mkdir()
    os.chown(home.path, NOBODY, -1)
    home.user, home.python = NOBODY, python_for_nobody()

    first, second = json.loads(home.code(USE)), json.loads(home.code(USE))

    assert first["pids"] != second["pids"]
    assert {path.stat().st_uid for path in home.path.rglob("*")} == {NOBODY}


@only_root
def test_engines_pass_through_a_private_folder_of_root(home: Home):
    closed = home.path / "closed"
    closed.mkdir(mode=0o700)
    home.path = closed / "data"

    code, _, errors = home.run("-c", WRITE)
    assert (code, errors) == (
        0,
        f"PostgreSQL runs as portal-postgres: others may now pass through (not read) {closed}\n",
    )
    assert closed.stat().st_mode & 0o777 == 0o701
    assert home.code(READ) == "Ääkkönen yes"
    home.remove()
    home.path = closed.parent


def test_socket_folder_made_by_somebody_else_is_refused(home: Home):
    ask = "import os; from portal.engines.home import socket_dir; print(socket_dir('redis', os.geteuid()))"
    path = Path(home.code(ask))
    path.chmod(0o777)

    code, _, errors = home.engines("watch")
    assert (code, errors) == (
        1,
        f"The socket folder {path} is not a private folder of {user_name(os.geteuid())}: "
        "somebody else made it. Remove it, or use another data folder: "
        "Set PORTAL_HOME to a folder of your own, for example PORTAL_HOME=~/portal-data.\n",
    )

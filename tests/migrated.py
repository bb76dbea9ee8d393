"""A migrated database, and static files, for homes of tests that need a portal and do not look at how it is set up.

Migrating an empty database takes a processor ten seconds, collecting static files three. So a run of the tests does it
once, for all of its workers, and the others copy the files. How a home is set up from nothing is what
tests/e2e/test_fresh_clone.py tries.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines.conftest import Home

KEPT = ("postgres", "secret_key", "static")  # the passwords of the database's logins are made from the key

MAKE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
import django; django.setup()
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
"""

FillHome = Callable[[Path], None]


@pytest.fixture(scope="session")
def fill_home(tmp_path_factory) -> FillHome:
    """Return what fills an empty home with a migrated database, the secret key that belongs to it, and static files."""
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    made = folder / "migrated"

    def fill(home: Path) -> None:
        with (folder / "migrated.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                _make(made)
        home.mkdir(exist_ok=True)
        for name in KEPT:
            _copy(made / name, home)

    return fill


def _make(made: Path) -> None:
    path = Path(tempfile.mkdtemp(prefix="portal-migrated-"))
    path.chmod(0o755)
    home = Home(path)
    try:
        with home.open("-c", MAKE) as process:  # minutes, where the machine is crowded
            _output, errors = process.communicate()
        assert process.returncode == 0, errors
        assert home.engines("stop") == (0, "", "")
        unfinished = made.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o755)
        for name in KEPT:
            _copy(path / name, unfinished)
        unfinished.rename(made)
    finally:
        home.remove()


def _copy(source: Path, folder: Path) -> None:
    """Copy with owners and modes: where root tests, the files are those of the user that PostgreSQL runs as."""
    subprocess.run(["cp", "--archive", str(source), str(folder)], check=True)

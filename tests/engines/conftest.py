"""A PORTAL_HOME of a test's own, and commands run in it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

USE = """
import json, sys
from portal.engines import database_url, postgres, redis, redis_url
urls = {"database": database_url(), "redis": redis_url()}
print(json.dumps(urls | {"pids": [postgres.pid(), redis.pid()]}), flush=True)
sys.stdin.read()
"""


@dataclass
class Home:
    """A temporary PORTAL_HOME; `user` is who its commands run as (root's tests only), None for oneself."""

    path: Path
    user: int | None = None
    python: str = sys.executable
    variables: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the environment of a command: no engine given, all of them embedded in this home."""
        given = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SECRET_KEY_FILE", "PORTAL_KEEP_ENGINES"}
        given |= {"DATABASE_PASSWORD_FILE", "REDIS_PASSWORD_FILE", "DJANGO_SETTINGS_MODULE"}
        kept = {name: value for name, value in os.environ.items() if name not in given}
        return kept | {"PORTAL_HOME": str(self.path), "PYTHONPATH": os.pathsep.join(sys.path)} | self.variables

    def open(self, *words: str) -> subprocess.Popen[str]:
        """Start Python with `words`; its three streams are pipes."""
        switch = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        return subprocess.Popen(
            [self.python, *words], cwd=REPOSITORY, env=self.environment(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **switch,
        )  # fmt: skip

    def run(self, *words: str) -> tuple[int, str, str]:
        """Run Python with `words`; return exit code, output, errors."""
        with self.open(*words) as process:
            output, errors = process.communicate(timeout=180)
        return process.returncode, output, errors

    def code(self, text: str) -> str:
        """Run a piece of Python that must succeed; return what it printed."""
        code, output, errors = self.run("-c", text)
        assert (code, errors) == (0, ""), errors
        return output.strip()

    def engines(self, word: str) -> tuple[int, str, str]:
        """Run `python -m portal.engines WORD`."""
        return self.run("-m", "portal.engines", word)

    def user_process(self) -> subprocess.Popen[str]:
        """Start a process that prints where the engines are and uses them until its input is closed."""
        return self.open("-c", USE)

    def remove(self) -> None:
        """End the engines and leave nothing behind; a test may have ended and removed them already."""
        self.variables = {}
        stopped = self.engines("stop") if self.path.exists() else (0, "", "")
        shutil.rmtree(self.path, ignore_errors=True)
        assert stopped == (0, "", "")


def told(process: subprocess.Popen[str]) -> dict:
    """Return what a user process printed about the engines."""
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return json.loads(line)


@pytest.fixture
def home() -> Iterator[Home]:
    """An empty home of the test's own."""
    with _temporary_home() as home:
        yield home


@pytest.fixture(scope="module")
def used_home() -> Iterator[Home]:
    """A home that the tests of a file share, for those that leave nothing in it."""
    with _temporary_home() as home:
        yield home


@contextmanager
def _temporary_home() -> Iterator[Home]:
    path = Path(tempfile.mkdtemp(prefix="portal-test-"))
    path.chmod(0o755)
    home = Home(path)
    try:
        yield home
    finally:
        home.remove()

"""The newcomer's way: a clone in an empty folder, an ordinary user, nothing in the environment, two commands."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import openpyxl
import pytest

from tests.engines.conftest import REPOSITORY
from tests.ports import free_port
from tests.running import say, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

USER = "portal-newcomer"
TENANTS = ("nordic-retail", "hansa-group", "hansa-norge", "hansa-deutschland", "baltic-parcel", "lakeside-libraries")
# The months that have closed: two of the three with traffic, one of the two of the account that is one customer's own
# and of the customer that got its partner ID at the beginning of the last full month.
REPORTS = dict.fromkeys((*TENANTS, "account link-main", "account mylink-main"), 2)
REPORTS |= {"account link-hansa": 1, "hansa-danmark": 1}
LAST_WORD = "Ctrl-C ends it; its data stay"
PIP_SETTINGS = (
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_CERT",
    "SSL_CERT_FILE",
)


@dataclass
class Newcomer:
    """Somebody with a clone: an unprivileged user where the tests run as root."""

    clone: Path
    environment: dict[str, str]
    user: pwd.struct_passwd | None

    @property
    def address(self) -> str:
        return f"http://localhost:{self.environment['PORT']}"

    def processes(self) -> list[str]:
        """Return the command lines of what lives in the clone."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (folder / "cwd").readlink().is_relative_to(self.clone):
                    found.append((folder / "cmdline").read_text().replace("\0", " "))
        return found

    def open(self, *words: str, log: Path) -> subprocess.Popen:
        switch = {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}
        with log.open("wb") as output:
            return subprocess.Popen(
                words, cwd=self.clone, env=self.environment, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True, **switch,
            )  # fmt: skip


@pytest.fixture(scope="module")
def newcomer() -> Iterator[Newcomer]:
    folder = Path(tempfile.mkdtemp(prefix="portal-newcomer-"))
    folder.chmod(0o755)
    (folder / "home").mkdir()
    environment = {"PATH": os.defpath.lstrip(":"), "HOME": str(folder / "home"), "PORT": str(free_port())}
    environment |= {name: os.environ[name] for name in PIP_SETTINGS if name in os.environ}
    try:
        user = make_user(folder / "home") if os.geteuid() == 0 else None
        clone = folder / "portal"
        subprocess.run(
            ["git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(clone)], check=True, capture_output=True
        )
        copy_pip_settings(folder / "home")
        if user:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)
        yield Newcomer(clone, environment, user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if os.geteuid() == 0:
            subprocess.run(["userdel", USER], check=False, capture_output=True)


def make_user(home: Path) -> pwd.struct_passwd:
    command = ["useradd", "--no-create-home", "--home-dir", str(home), "--user-group", "--shell", "/bin/bash", USER]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, 9), done.stderr  # 9: left by a run that was killed
    return pwd.getpwnam(USER)


def copy_pip_settings(home: Path) -> None:
    """Copy the user's settings of package access, which belong to the machine."""
    for place in (".config/pip/pip.conf", ".pip/pip.conf", ".npmrc"):
        if (source := Path.home() / place).is_file():
            (home / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, home / place)


def run_demo(newcomer: Newcomer, log: Path, *, within: float) -> tuple[str, float]:
    """Run bin/demo until it has said its last word, look in, end it; return its output and the seconds to that word."""
    began = time.monotonic()
    demo = newcomer.open("bin/demo", log=log)
    try:
        until(lambda: LAST_WORD in log.read_text() or demo.poll() is not None, "the demo's last word", within=within)
        seconds = time.monotonic() - began
        assert demo.poll() is None, log.read_text()
        page = httpx.get(newcomer.address, follow_redirects=True)
        assert (page.status_code, "Sign in" in page.text) == (200, True)
        assert httpx.get(f"{newcomer.address}/readyz").status_code == 200
    finally:
        demo.send_signal(signal.SIGTERM)
        code = demo.wait(60)
    assert code == 0, log.read_text()
    assert newcomer.processes() == []
    return log.read_text(), seconds


def reports_of(said: str) -> list[tuple[str, Path]]:
    """Return whose reports the demo has listed, and their workbooks."""
    lines = re.findall(r"^  (\S.*?) +\d{4}-\d\d +[\d,]+ messages  (/.+\.xlsx)$", said, re.MULTILINE)
    return [(whose, Path(path)) for whose, path in lines]


def test_demo_runs_in_a_fresh_clone(newcomer: Newcomer, tmp_path: Path):
    first, seconds = run_demo(newcomer, tmp_path / "first.log", within=1800)
    second, again = run_demo(newcomer, tmp_path / "second.log", within=600)
    say(f"the first bin/demo took {seconds:.0f} s, the second one {again:.0f} s")

    reports = reports_of(first)
    workbooks = [path for _, path in reports]
    assert f"The portal: {newcomer.address}/\n" in first
    assert re.search(r"^  anna@example\.com +\S{10,} +owner of nordic-retail$", first, re.MULTILINE)
    assert Counter(whose for whose, _ in reports) == REPORTS
    for path in workbooks:
        assert path.is_relative_to(newcomer.clone / "var")
        assert openpyxl.load_workbook(path, read_only=True).sheetnames[0] in ("Cover", "Kansi")
    assert "Sending the delivery reports" in first
    assert "Sending the delivery reports" not in second
    assert reports_of(second) == reports


def test_tests_run_in_a_fresh_clone(newcomer: Newcomer, tmp_path: Path):
    log = tmp_path / "tests.log"

    tests = newcomer.open("bin/test", "tests/common", log=log)
    code = tests.wait(1800)

    assert code == 0, log.read_text()
    assert re.search(r"= \d+ passed in ", log.read_text().splitlines()[-1]), log.read_text()
    assert newcomer.processes() == []

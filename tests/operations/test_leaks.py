"""The suite's own watch: a test that leaves something behind fails, and it alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
TEST = """
import os, socket, subprocess, tempfile, threading, time
from pathlib import Path
kept = []

def test_before():
    with socket.socket():
        pass

def test_leaves():
    {leaves}

def test_after(tmp_path):
    (tmp_path / "file").touch()
"""
LEFT = {
    "a socket": ("kept.append(socket.socket())", "open: socket:["),
    "a file": ("kept.append(open(__file__))", "open: /"),
    "a process": ("kept.append(subprocess.Popen(['sleep', '60']))", "running: process "),
    "an ended process": ("kept.append(subprocess.Popen(['true']))", "running: process "),
    "a thread": (
        "kept.append(threading.Thread(target=time.sleep, args=(60,), daemon=True)); kept[-1].start()",
        "running: <Thread(",
    ),
    "a temporary file": ("tempfile.mkdtemp(prefix='of-a-test-')", "/of-a-test-"),
    "a file in the home": ("Path(os.environ['PORTAL_HOME'], 'of-a-test').touch()", "/of-a-test"),
    "a stored file": ("Path(os.environ['PORTAL_HOME'], 'files', 'of-a-test').touch()", "/files/of-a-test"),
}


def run(folder: Path, text: str) -> tuple[int, str]:
    """Run a file of tests as the suite's own are watched, and return exit code and output."""
    (folder / "test_file.py").write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "home" / "files").mkdir(parents=True)
    plugins = ["-p", "tests.leaks", "-p", "no:cacheprovider"]
    variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PORTAL_HOME": str(folder / "home")}
    # Where CI is set pytest writes each error whole a second time, in its summary.
    inherited = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", str(folder / "pytest.ini"), *plugins,
         "--basetemp", str(folder / "temp"), str(folder)],
        env=inherited | variables,
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize("kind", LEFT)
def test_what_is_left_fails_the_test_that_left_it(tmp_path, kind):
    leaves, said = LEFT[kind]

    code, output = run(tmp_path, TEST.format(leaves=leaves))

    assert (code, "3 passed, 1 error" in output) == (1, True), output
    assert "ERROR at teardown of test_leaves" in output

    (line,) = (line for line in output.splitlines() if line.startswith(("  open: ", "  running: ", "  on the disk: ")))
    assert said in line


def test_who_leaves_nothing_passes(tmp_path):
    code, output = run(tmp_path, TEST.format(leaves="pass"))

    assert (code, "3 passed" in output) == (0, True), output

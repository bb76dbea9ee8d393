"""Programs that a benchmark starts and ends itself, with the processor time and memory that they take."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
START_WITHIN = 60.0  # seconds
STOP_WITHIN = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Program:
    """One program and its children."""

    def __init__(self, words: list[str], *, log: Path, env: Mapping[str, str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, *words],
                cwd=REPOSITORY,
                env=os.environ | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_answered(self, url: str) -> None:
        """Return when `url` is answered with 200. Raises RuntimeError with the log when that takes too long."""
        give_up = time.monotonic() + START_WITHIN
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own server
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"it did not start:\n{self.log.read_text(errors='replace')[-3000:]}")

    def wait_until_listening(self, port: int) -> None:
        """Return when something takes connections on `port`. Raises RuntimeError with the log otherwise."""
        give_up = time.monotonic() + START_WITHIN
        while time.monotonic() < give_up and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"it did not start:\n{self.log.read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        """End it in order, and by force when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def cpu(self) -> float:
        """Return the processor seconds of it and all below it so far."""
        return tree_cpu(self.process.pid)

    def memory(self) -> tuple[float, float]:
        """Return (RSS, PSS) in MB of its largest process."""
        return max(memory_of(pid) for pid in [self.process.pid, *_below(self.process.pid)])

    def peak_memory(self) -> float:
        """Return the most that one of its processes that live has held so far, RSS in MB."""
        return max(_peak_of(pid) for pid in [self.process.pid, *_below(self.process.pid)])


@contextmanager
def running(words: list[str], *, log: Path, env: Mapping[str, str], url: str = "") -> Iterator[Program]:
    """Run a program for the length of a `with`, from the moment that `url` is answered."""
    program = Program(words, log=log, env=env)
    try:
        if url:
            program.wait_until_answered(url)
        yield program
    finally:
        program.stop()


def free_port() -> int:
    """Return a TCP port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tree_cpu(pid: int) -> float:
    """Return the processor seconds of a process and all below it, ended children included."""
    total = 0
    for number in [pid, *_below(pid)]:
        if fields := _stat(number):
            total += sum(map(int, fields[11:13])) + sum(map(int, fields[13:15]))
    return total / _TICKS


def parent_of(pid: int) -> int:
    """Return the parent's process id."""
    return int(_stat(pid)[1])


def memory_of(pid: int) -> tuple[float, float]:
    """Return (RSS, PSS) of a process in MB, zeros when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return (0.0, 0.0)
    sizes = {line.split()[0]: int(line.split()[1]) / 1024 for line in lines[1:]}
    return sizes["Rss:"], sizes["Pss:"]


def _peak_of(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def _below(pid: int) -> list[int]:
    """Return the process ids of all children and their children."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found, waiting = [], [pid]
    while waiting:
        more = children.get(waiting.pop(), [])
        found += more
        waiting += more
    return found


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; nothing for one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []

"""Compares applying by ten segment keys with an older commit, in turns: python -m benchmarks.against COMMIT.

Each side has its own process and its own database, and they apply the same reports one after the other. So what else
the machine does slows both down alike. Prints for each phase the median and the range of the ratios of processor time.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
REPORTS = 20_000  # of one turn: a batch
MESSAGES = 20_000  # simulated
PHASES = ("no_key", "few", "many", "new_month")  # of benchmarks/applying_keys.py
_ANSWER = """
import os, sys
sys.path.insert(0, os.getcwd())
import django
django.setup()
from django.core.management import call_command
from benchmarks import applying_keys, stage
call_command("migrate", verbosity=0)
stage.MESSAGES = int(sys.argv[1])
stage_ = stage.Stage(quick=True)
stage_.prepare()
plain = list(stage_.lines)
print("ready", flush=True)
for line in sys.stdin:
    phase, _, count = line.strip().partition(" ")
    if count:
        print(applying_keys.measure(stage_, phase, int(count))[0], flush=True)
    else:
        applying_keys.prepare(stage_, phase, plain)
        print(0, flush=True)
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.against", description=__doc__.partition(":")[0])
    parser.add_argument("commit")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--phases", nargs="*", default=PHASES, choices=PHASES)
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="portal-against-") as folder,
        _checkout(arguments.commit, Path(folder)) as old,
    ):
        sides = [_Side(old, Path(folder) / "home-old"), _Side(REPOSITORY, Path(folder) / "home-new")]
        for phase in arguments.phases:
            _compare(phase, sides, arguments.rounds)
        for side in sides:
            side.stop()


def _compare(phase: str, sides: list["_Side"], rounds: int) -> None:
    for side in sides:
        side.ask(phase)
    spent: list[list[float]] = [[], []]
    for number in range(rounds):
        for place in (0, 1) if number % 2 == 0 else (1, 0):
            spent[place].append(sides[place].ask(f"{phase} {REPORTS}"))
    ratios = sorted(new / old for old, new in zip(*spent, strict=True))
    old, new = map(min, spent)
    print(
        f"{phase:10}  old {old:6.1f}  new {new:6.1f} µs a report at least, {new / old - 1:+.1%};"
        f"  pairs {statistics.median(ratios) - 1:+.1%} ({ratios[0] - 1:+.1%} to {ratios[-1] - 1:+.1%})",
        flush=True,
    )


class _Side:
    """A process that applies with the code of one checkout."""

    def __init__(self, checkout: Path, home: Path) -> None:
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_HOME": str(home),
            "LOG_LEVEL": "WARNING",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _ANSWER, str(MESSAGES)],
            cwd=checkout,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._read() != "ready":
            sys.exit(f"the benchmark in {checkout} did not start")

    def ask(self, line: str) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        return float(self._read())

    def stop(self) -> None:
        """End it; the last process that used its database stops that too."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)

    def _read(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@contextmanager
def _checkout(commit: str, folder: str) -> Iterator[Path]:
    """Check a commit out beside, with this one's packages and this benchmark."""
    path = Path(folder) / "old"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(path), commit], cwd=REPOSITORY, check=True)
    try:
        (path / ".venv").symlink_to(REPOSITORY / ".venv")
        shutil.copy(REPOSITORY / "benchmarks" / "applying_keys.py", path / "benchmarks")
        yield path
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", str(path)], cwd=REPOSITORY, check=True)


if __name__ == "__main__":
    main()

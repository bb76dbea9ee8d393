"""The embedded engines come back after kill -9, stale files and removed folders."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.engines.conftest import Home, told
from tests.engines.test_engines import READ, WRITE


@pytest.fixture
def left(home: Home) -> Home:
    """A home with data whose engines were left running."""
    home.variables = {"PORTAL_KEEP_ENGINES": "1"}
    home.code(WRITE)
    home.variables = {}
    return home


def pid_files(home: Home) -> list[Path]:
    return [home.path / "postgres" / "postmaster.pid", home.path / "redis" / "redis.pid"]


def kill(home: Home) -> None:
    for path in pid_files(home):
        os.kill(int(path.read_text().split()[0]), signal.SIGKILL)


def test_engines_killed_come_back_with_their_data(left: Home):
    kill(left)

    assert left.code(READ) == "Ääkkönen yes"


def test_engines_start_although_a_stale_pid_is_another_programs(left: Home):
    kill(left)
    with left.user_process() as other:  # waits for the lock or starts: a living process of another name anyway
        told(other)
        kill(left)
        for path in pid_files(left):
            rest = path.read_text().partition("\n")[2]
            with path.open("r+") as file:
                file.write(f"{other.pid}\n{rest}")
                file.truncate()

        assert left.code(READ) == "Ääkkönen yes"


def test_engines_start_after_a_half_made_data_folder(home: Home):
    for name in ("postgres", "postgres.new"):
        (home.path / name / "base").mkdir(parents=True)

    home.code(WRITE)
    assert home.code(READ) == "Ääkkönen yes"


def test_engines_start_anew_after_their_folder_was_removed(left: Home):
    shutil.rmtree(left.path)

    left.code(WRITE)  # would say that the table exists, had it met the old server
    assert left.code(READ) == "Ääkkönen yes"


def test_engines_come_back_after_their_sockets_were_removed(left: Home):
    with left.user_process() as process:
        place = told(process)
        for folder in (place["database"].split("host=")[1].split("&")[0], Path(place["redis"][7:]).parent):
            shutil.rmtree(folder)

        assert left.code(READ) == "Ääkkönen yes"


def test_engines_of_a_killed_user_are_stopped_by_the_next_one(home: Home):
    with home.user_process() as process:
        told(process)
        process.kill()
    assert home.engines("status")[0] == 0

    home.code("from portal.engines import database_url; database_url()")
    assert home.engines("status")[0] == 1


def test_redis_reads_a_truncated_file(left: Home):
    kill(left)
    file = left.path / "redis" / "appendonly.aof"
    if not file.exists():  # Redis 7 keeps it in parts
        file = next((left.path / "redis" / "appendonlydir").glob("*.incr.aof"))
    with file.open("a") as stream:
        stream.write("*3\r\n$3\r\nSET\r\n$4\r\nke")

    assert left.code(READ) == "Ääkkönen yes"


def test_watch_heals_killed_engines(home: Home):
    with home.open("-m", "portal.engines", "watch") as watch:
        assert watch.stdout.readline().startswith("postgresql://portal@/portal?host=/tmp/portal-")
        assert watch.stdout.readline().startswith("unix:///tmp/portal-")
        kill(home)
        said = {watch.stderr.readline(), watch.stderr.readline()}
        home.code(WRITE)
        watch.send_signal(signal.SIGTERM)
        rest = watch.communicate(timeout=30)

    assert said == {"PostgreSQL was down and has been restarted.\n", "Redis was down and has been restarted.\n"}
    assert (watch.returncode, rest) == (0, ("", ""))
    assert home.engines("status")[0] == 1

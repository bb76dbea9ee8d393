"""A worker that is killed (kill -9) in the middle of a run: the next attempt makes each file once."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from reports.models import DefinitionRun
from reports.schedules.making import make_runs
from tests.deliveries.helpers import apply
from tests.running import until
from tests.schedules.conftest import asked, document, saved, stored
from tests.segments.sample import message

pytestmark = pytest.mark.django_db(transaction=True)  # the killed process has a connection of its own

HOLD = 4712  # the lock by which the run is held in its middle
ENDED: list[int] = []


def note(run: DefinitionRun) -> None:
    """Note a run that has ended, as a hook."""
    ENDED.append(run.id)


def ask(sql: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def held_in_the_middle() -> Iterator[None]:
    """Let runs wait where they next tell how far they are, with some of their files stored."""
    ask(f"SELECT pg_advisory_lock({HOLD})")
    ask(
        "CREATE FUNCTION hold_run() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
    )
    ask(
        "CREATE TRIGGER hold_run BEFORE UPDATE ON definition_run FOR EACH ROW"
        " WHEN (NEW.state = 'running' AND NEW.done > 20) EXECUTE FUNCTION hold_run()"
    )
    try:
        yield
    finally:
        ask(f"SELECT pg_advisory_unlock({HOLD})")
        ask("DROP TRIGGER hold_run ON definition_run")
        ask("DROP FUNCTION hold_run()")


def begin_aside(run: DefinitionRun) -> tuple[int, int]:
    """Make the run in another process, with a connection of its own, once a byte is written; return its id and pipe."""
    connection.close()
    begin, told = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.read(begin, 1)
            make_runs(run_id=run.id)
        finally:
            os._exit(0)
    os.close(begin)
    return process, told


def waiting() -> list[tuple]:
    """Return the processes of the database that wait for the lock."""
    return ask(f"SELECT pid FROM pg_locks WHERE objid = {HOLD} AND NOT granted")


def test_files_are_made_once(feed, person, tenant, settings, monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # where the killed process leaves half a workbook
    settings.DEFINITION_HOOKS = [f"{__name__}.note"]
    apply(feed, message("a", day="2026-11-05", ref_id="to +358401234567"), message("b", 1006, day="2026-11-06"))
    run = asked(saved(person, tenant, "volumes", formats=["json", "xlsx"]))

    process, told = begin_aside(run)
    with held_in_the_middle(), os.fdopen(told, "wb", buffering=0) as pipe:
        pipe.write(b".")
        ((backend,),) = until(waiting, "the run is in its middle", within=120)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        ask(f"SELECT pg_terminate_backend({backend})")
        until(lambda: not waiting(), "the killed process's session is over", within=60)
    left = stored()
    run.refresh_from_db()
    assert (run.state, run.attempts, len(left)) == ("running", 1, 2)
    assert make_runs() == 0  # its lease is not over

    DefinitionRun.objects.filter(id=run.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert make_runs() == 1

    run.refresh_from_db()
    assert (run.state, run.attempts, ENDED) == ("done", 2, [run.id])
    assert sorted(run.files.values_list("file", flat=True)) == stored()
    assert len(stored()) == 4
    assert not set(left) & set(stored())
    assert len(document(run)["tables"]["Campaigns"]) == 2

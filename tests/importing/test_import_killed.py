"""An import killed in its middle, as a process of its own: taken up again, it neither loses nor repeats a row."""

import os
import subprocess
import sys
from contextlib import contextmanager

import orjson
import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command

from deliveries.applying.import_counts import ImportOutcome, outcome_of
from deliveries.models import ImportRun, InboxRow
from portal.common.database import connection_string
from tests.deliveries.helpers import dlr
from tests.running import until
from tests.servers import environment

pytestmark = pytest.mark.django_db(transaction=True)
HOLD = 4712  # the lock by which the import is held in its middle


@contextmanager
def held_at(rows: int):
    """Let an import wait in the transaction that moves it past `rows`; yield a connection beside it."""
    with psycopg.connect(connection_string(), autocommit=True) as database:
        database.execute("SELECT pg_advisory_lock(%s)", [HOLD])
        database.execute(
            "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$BEGIN PERFORM pg_advisory_xact_lock({HOLD}); RETURN NEW; END$$"
        )
        database.execute(
            "CREATE TRIGGER hold BEFORE UPDATE ON import_run FOR EACH ROW"
            f" WHEN (NEW.rows > {rows}) EXECUTE FUNCTION hold()"
        )
        try:
            yield database
        finally:
            database.execute("SELECT pg_advisory_unlock(%s)", [HOLD])
            database.execute("DROP TRIGGER hold ON import_run; DROP FUNCTION hold()")


def test_killed_import_goes_on_where_it_was(feed, tenant, tmp_path, capsys):
    path = tmp_path / "a.ndjson"
    lines = [orjson.dumps(dlr(f"m{n}", timestamp="2026-11-20T10:00:03Z")) for n in range(12_000)]
    path.write_bytes(b"\n".join(lines))
    with held_at(5000) as database:
        words = [sys.executable, "manage.py", "import_dlrs", str(path), "--feed", "main", "--no-wait"]
        process = subprocess.Popen(
            words, cwd=settings.BASE_DIR, env=os.environ | environment(), stdout=subprocess.DEVNULL
        )
        try:
            ((waiting,),) = until(
                lambda: database.execute(
                    "SELECT pid FROM pg_locks WHERE objid = %s AND NOT granted", [HOLD]
                ).fetchall(),
                "the import is in its middle",
            )
        finally:
            process.kill()
            process.wait()
        database.execute("SELECT pg_terminate_backend(%s, 10000)", [waiting])
    assert ImportRun.objects.get().rows == InboxRow.objects.count() == 5000

    call_command("import_dlrs", str(path), feed="main")

    assert capsys.readouterr().out.splitlines()[-1] == "Of 12,000 rows: 12,000 new reports, 0 duplicates, 0 quarantined"
    assert [bytes(body) for body in InboxRow.objects.order_by("id").values_list("body", flat=True)] == lines
    assert outcome_of(ImportRun.objects.get()) == ImportOutcome(rows=12_000, reports=12_000)

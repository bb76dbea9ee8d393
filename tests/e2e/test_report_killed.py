"""A report whose worker is killed, and one that has to wait: the row is the queue, and one file comes of it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import yaml

from tests.faults.held import end_waiting, held_in_the_middle, waiting
from tests.faults.portal import Portal
from tests.running import say, until

LEASE_SECONDS = 2
CAMPAIGNS = 2000  # rows enough that a report tells how far it is while it writes them
SENT_AT = datetime.now(UTC)
COMMAND = """
import io
from django.core.management import call_command
printed = io.StringIO()
call_command(*{words}, stdout=printed)
result = printed.getvalue()
"""
REQUEST = """
from django.utils import timezone
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.runs.runs import request_run
tenant = Tenant.objects.get(slug="nordic")
result = request_run(tenant=tenant, month=Month.parse("{month}"), requested_by="a test", now=timezone.now()).id
"""


@pytest.fixture(scope="module")
def portal(tmp_path_factory, fill_home) -> Iterator[Portal]:
    """A month of many campaigns, applied; worker and beat run, nothing applies reports."""
    path = Path(tempfile.mkdtemp(prefix="portal-report-"))
    path.chmod(0o755)
    fill_home(path)
    portal = Portal(path, logs=tmp_path_factory.mktemp("report"))
    portal.variables = {
        "PORTAL_REPORT_LEASE_SECONDS": str(LEASE_SECONDS),
        "PORTAL_NEW_CAMPAIGNS_PER_DAY": str(CAMPAIGNS),
    }
    provisioning = {
        "gateway_accounts": [
            {
                "name": "link-main",
                "platform_id": "ACME",
                "timezone": "UTC",
                "feeds": [{"name": "main", "dialect": "link", "token": "a-token-that-nobody-uses"}],
            }
        ],
        "tenants": [
            {
                "slug": "nordic",
                "name": "Nordic",
                "timezone": "UTC",
                "partner_ids": {"link-main": ["nr-fi"]},
            }
        ],
    }
    (portal.logs / "provisioning.yaml").write_text(yaml.safe_dump(provisioning))
    try:
        portal.start("engines")
        command(portal, "provision", str(portal.logs / "provisioning.yaml"))
        take_in(portal, [f"campaign-{n}" for n in range(CAMPAIGNS)])
        command(portal, "apply_inbox")
        portal.start("beat")
        portal.start("worker")
        yield portal
    finally:
        portal.inspector.close()
        for name in ("beat", "worker", "engines"):
            if name in portal.processes:
                portal.end(name)
        portal.remove()


@pytest.fixture(scope="module")
def database(portal: Portal) -> Iterator[psycopg.Connection]:
    """Held open: making a connection for each look costs more than the look, and the report needs the processor."""
    with portal.database() as connection:
        yield connection


def command(portal: Portal, *words: str) -> str:
    """Run a command of the portal in its inspector and return what it printed."""
    return portal.inspector.ask(COMMAND.replace("{words}", repr(words)))


def take_in(portal: Portal, ref_ids: list[str]) -> None:
    """Bring a delivered message for each refId into the inbox."""
    dlr = {
        "resultCode": 1001,
        "sentTimestamp": SENT_AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "timestamp": SENT_AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "gateCustomParameters": {"platformPartnerId": "nr-fi"},
        "customParameters": {"destination": "+358401234567"},
    }
    path = portal.logs / "archive.ndjson"
    path.write_text("".join(json.dumps(dlr | {"id": ref_id, "refId": ref_id}) + "\n" for ref_id in ref_ids))
    command(portal, "import_dlrs", str(path), "--feed", "main", "--no-wait")


def request(portal: Portal) -> int:
    """Queue a report of the month that the messages are in; return its run's number."""
    return portal.inspector.ask(REQUEST.replace("{month}", f"{SENT_AT:%Y-%m}"))


def run_of(database: psycopg.Connection, run_id: int) -> dict:
    columns = "state, done, attempts, revision, messages, file, sha256, lease_until, waits_for_inbox"
    row = database.execute(f"SELECT {columns} FROM report_run WHERE id = %s", [run_id]).fetchone()
    return dict(zip(columns.split(", "), row, strict=True))


def made(database: psycopg.Connection, run_id: int) -> dict | None:
    run = run_of(database, run_id)
    return run if run["state"] == "done" else None


def count(database: psycopg.Connection, table: str) -> int:
    return database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def files(portal: Portal) -> set[Path]:
    """Return the files of all reports, finished or not."""
    return {path for path in (portal.path / "files").rglob("*") if path.is_file()}


@pytest.mark.any_python
def test_report_of_a_killed_worker_is_taken_up_again(portal: Portal, database: psycopg.Connection):
    take_in(portal, ["one more"])  # a report that is equal to the one before has no file of its own
    assert "applied 1 row" in command(portal, "apply_inbox")
    before, messages, revision = files(portal), count(database, "message"), count(database, "report_run") + 1
    with held_in_the_middle(database, "report_run"):
        run_id = request(portal)
        kills = [kill_in_mid_report(portal, database, run_id, attempt) for attempt in (1, 2)]
    killed_at = time.monotonic()

    run = until(lambda: made(database, run_id), "the report is made", within=180)
    say(f"killed at {kills} %, done {time.monotonic() - killed_at:.1f} s after the second kill")
    file, kept = sorted(files(portal) - before, key=lambda path: path.suffix != ".xlsx")
    assert kept.parent.name == "kept"  # the tables of the revision
    assert str(file.relative_to(portal.path / "files")) == run["file"]
    assert run["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert messages > CAMPAIGNS
    assert (run["attempts"], run["revision"], run["messages"], run["done"]) == (3, revision, messages, 100)
    assert run["lease_until"] is None


def kill_in_mid_report(portal: Portal, database: psycopg.Connection, run_id: int, attempt: int) -> int:
    """kill -9 the worker in the middle of the run's attempt; return how far it was, in percent."""

    def under_way() -> list[tuple[int]]:
        assert run_of(database, run_id)["state"] != "done", "it was made before it could be killed"
        return waiting(database)

    ((held,),) = until(under_way, f"attempt {attempt} is under way", within=180)
    portal.kill("worker")
    end_waiting(database, held)
    left = run_of(database, run_id)
    portal.start("worker")
    assert (left["state"], left["attempts"], left["file"]) == ("running", attempt, "")
    assert left["done"] >= 20
    return left["done"]


@pytest.mark.any_python
def test_report_waits_for_what_came_in_before_its_cut(portal: Portal, database: psycopg.Connection):
    messages = count(database, "message")
    take_in(portal, ["the last one"])
    run_id = request(portal)

    until(lambda: run_of(database, run_id)["waits_for_inbox"], "the run waits")
    take_in(portal, ["one after the cut"])
    assert "applied 2 rows" in command(portal, "apply_inbox")

    run = until(lambda: made(database, run_id), "the report is made", within=180)
    assert (run["attempts"], run["messages"]) == (1, messages + 2)

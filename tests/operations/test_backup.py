"""A restored backup has the same messages, counts, files, tokens and people."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from tests.gates.receivers import Receiver

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIG = """
gateway_accounts:
  - {name: link-main, platform_id: ACME, timezone: Europe/Helsinki,
     feeds: [{name: main, dialect: link, token: a-token-of-16-characters-or-more}]}
tenants:
  - {slug: nordic-retail, name: Nordic Retail Oy, timezone: Europe/Helsinki, partner_ids: {link-main: [nr-fi]}}
users:
  - {email: owner@example.com, password: correct horse battery, memberships: {nordic-retail: owner}}
"""
STATE = """
from deliveries.models import *; from portal.tenants.models import *; from portal.accounts.models import *
from reports.models import *; import json
print(json.dumps([
    sorted(Message.objects.values_list("message_id", "tenant__slug", "status")),
    sorted(DailyCount.objects.values_list("partner_id", "status", "messages", "parts")),
    DeliveryReport.objects.count(), InboxRow.objects.count(), QuarantinedRow.objects.count(),
    sorted(FeedToken.objects.values_list("digest", flat=True)), sorted(User.objects.values_list("email", "password")),
    sorted(ReportRun.objects.values_list("file", "sha256")),
    sorted(Gate.objects.values_list("public_id", "secret_sealed", "state")),
    sorted(GateDelivery.objects.values_list("gate_id", "inbox_id", "message_id")),
]))
"""
# A gate with a report and an event that wait, due in an hour; prints the gate's secret and their ids.
GATE = """
from datetime import timedelta; from django.utils import timezone
from deliveries.gates import changing; from deliveries.gates.definitions import DestinationInput, GateInput
from deliveries.models import DeliveryReport, GateDelivery, GateEvent
from deliveries.gates.events import queue_event; from portal.tenants.models import Tenant
tenant = Tenant.objects.get(slug="nordic-retail")
given = GateInput("Shop", "shop", (DestinationInput("URL"),), events=("export.ready",))
made = changing.create(tenant, given, actor="tests")
report = DeliveryReport.objects.order_by("inbox_id").first()
GateDelivery.objects.create(tenant=tenant, gate=made.gate, inbox_id=report.inbox_id, account_id=report.account_id,
    message_id=report.message_id, day=report.day)
queue_event(tenant_id=tenant.id, event="export.ready", body={"export": 7}, now=timezone.now())
GateDelivery.objects.update(due_at=timezone.now() + timedelta(hours=1))
print("GATE", made.gate.public_id, made.secret, report.inbox_id, GateEvent.objects.get().public_id)
"""
DUE = """
from django.utils import timezone; from deliveries.models import GateDelivery
GateDelivery.objects.update(due_at=timezone.now())
"""
# Asks for a page of the stream of delivery reports; prints the status, the cursor, and the text of an error.
STREAM = """
from django.test import Client
client = Client(SERVER_NAME="localhost", headers={"Authorization": "Bearer KEY"})
answer = client.get("/api/v1/delivery-reports/stream/QUERY")
found = answer.json(); print("STREAM", answer.status_code, found.get("next_cursor"), found.get("detail"), sep="|")
"""
# As in docs/operations.md, or what is there after `restore` was killed.
PLAIN_RESTORE = """
from django.db import connection; from portal.operations import backup
connection.cursor().execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
connection.close()
backup._run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
    f"--dbname={connection.settings_dict['NAME']}", "DUMP")
"""
FOREIGN_MIGRATION = """
from django.db import connection; from django.db.migrations.recorder import MigrationRecorder
MigrationRecorder(connection).record_applied("deliveries", "0024_jobs")
"""


SEVERAL = """
import json, os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
django.setup()
from django.core.management import call_command
for words in json.load(sys.stdin):
    call_command(*words)
"""


class Portal:
    """A portal with a home of its own, run by its commands."""

    def __init__(self, home: Path) -> None:
        kept = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")}
        self.env = kept | {"PORTAL_HOME": str(home), "PORTAL_KEEP_ENGINES": "1"}

    def run(self, *words: str, ok: bool = True) -> str:
        """Run a command; return what it printed, or what it complained of where it is not to be `ok`."""
        return self._python("manage.py", *words, ok=ok)

    def run_all(self, *commands: list[str]) -> str:
        """Run commands one after the other in one process: what the test needs, not what it looks at."""
        return self._python("-c", SEVERAL, text=json.dumps(commands))

    def state(self, *before: list[str]) -> list:
        """Return all that a backup has to keep, after some commands."""
        return json.loads(self.run_all(*before, ["shell", "-v", "0", "-c", STATE]).splitlines()[-1])

    def stream(self, key: str, query: str = "", *before: list[str]) -> list[str]:
        """Return the status, the cursor and the text of an error of a page of the stream, after some commands."""
        code = STREAM.replace("KEY", key).replace("QUERY", query)
        said = self.run_all(*before, ["shell", "-v", "0", "-c", code])
        return next(line for line in said.splitlines() if line.startswith("STREAM|")).split("|")[1:]

    def stop(self) -> None:
        subprocess.run([sys.executable, "-m", "portal.engines", "stop"], cwd=REPOSITORY, env=self.env, check=True)

    def _python(self, *words: str, ok: bool = True, text: str | None = None) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=REPOSITORY, env=self.env, input=text, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr


@pytest.fixture
def portals(fill_home):
    """A migrated portal, and one without a database yet, which gets a cluster and a secret key of its own.

    They are not below pytest's folder: another run of pytest takes the database's way into that away.
    """
    folder = Path(tempfile.mkdtemp(prefix="portal-backup-"))
    folder.chmod(0o755)
    made = [Portal(folder / "one"), Portal(folder / "two")]
    fill_home(folder / "one")
    (folder / "two").mkdir()
    (folder / "two" / "secret_key").write_text("another" * 8)
    yield made
    for portal in made:
        portal.stop()
    shutil.rmtree(folder)


@pytest.mark.any_python
def test_backup_comes_back_in_another_place(portals, tmp_path):
    first, second = portals
    (tmp_path / "config.yaml").write_text(CONFIG)
    gate = '"gateCustomParameters":{"platformPartnerId":"nr-fi"},"timestamp":"2026-10-05T10:00:00Z"'
    archive = tmp_path / "dlrs.ndjson"
    archive.write_text("".join(f'{{"id":"m{n}","resultCode":1001,{gate}}}\n' for n in range(20)) + "broken\n")
    take_in = (["import_dlrs", str(archive), "--feed", "main", "--no-wait"], ["apply_inbox"])
    before = first.state(
        ["provision", str(tmp_path / "config.yaml")],
        *take_in,
        ["monthly_report", "--tenant", "nordic-retail", "--month", "2026-10", "--out", str(tmp_path / "r.xlsx")],
    )
    assert (len(before[0]), before[3], before[4], len(before[7])) == (20, 21, 1, 1)

    key = first.run("create_api_key", "--tenant", "nordic-retail").split()[-1]
    cursor = first.stream(key)[1]
    assert first.stream(key, f"?after={cursor}")[0] == "200"

    export = Path("files") / "exports" / "1" / "7_1.csv"
    saved = Path(first.env["PORTAL_HOME"]) / export
    saved.parent.mkdir(parents=True)
    saved.write_text("a file of a search")
    backup = tmp_path / "backup"
    assert "20 messages" in first.run("backup", str(backup))
    assert (mode(backup), {mode(path) for path in backup.iterdir()}) == (0o700, {0o600})
    assert "is not empty" in first.run("backup", str(backup), ok=False)
    with tarfile.open(backup / "files.tar") as archived:
        names = archived.getnames()
    assert f"./{before[7][0][0]}" in names
    assert [name for name in names if "exports" in name] == []

    assert "has another secret key" in second.run("restore", str(backup), ok=False)
    second.env["SECRET_KEY_FILE"] = str(backup / "secret_key")
    assert "20 messages" in second.run("restore", str(backup))
    assert second.state() == before
    status, _none, detail = second.stream(key, f"?after={cursor}")  # transaction ids begin low in its cluster
    assert (status, detail[:55]) == ("410", "The database was restored since. Read the delivery repo")
    status, begin, _none = second.stream(key, "?after=oldest")
    assert (status, second.stream(key, f"?after={begin}")[0]) == ("200", "200")
    assert second.run("reconcile") == "counts and messages agree\n"
    made = Path(second.env["PORTAL_HOME"]) / "files" / before[7][0][0]
    assert (mode(made), {mode(folder) for folder in list(made.parents)[:3]}) == (0o640, {0o750})
    assert made.read_bytes() == (tmp_path / "r.xlsx").read_bytes()
    assert (saved.exists(), (Path(second.env["PORTAL_HOME"]) / export).exists()) == (True, False)
    # and it goes on from there: the wall stands, new reports come in
    archive.write_text(f'{{"id":"m20","resultCode":1001,{gate}}}\n')
    assert len(second.state(*take_in)[0]) == 21

    assert "holds messages; use --replace" in second.run("restore", str(backup), ok=False)
    shutil.copytree(backup, tmp_path / "hostile")
    pack_outside(tmp_path / "hostile")
    assert "'../outside' would be written outside the folder of the backup" in second.run(
        "restore", str(tmp_path / "hostile"), "--replace", ok=False
    )
    assert (len(second.state()[0]), made.exists()) == (21, True)
    cursor = first.stream(key)[1]
    first.run("restore", str(backup), "--replace")
    assert first.stream(key, f"?after={cursor}")[0] == "410"
    foreign = ["shell", "-v", "0", "-c", FOREIGN_MIGRATION]
    first.run_all(foreign, ["backup", str(tmp_path / "foreign")])
    assert "was made by another version: the database has migrations that this version does not know (1, such as" in (
        second.run("restore", str(tmp_path / "foreign"), "--replace", ok=False)
    )
    (backup / "database.dump").write_bytes((backup / "database.dump").read_bytes()[:-100])
    assert "missing or was changed" in second.run("restore", str(backup), "--replace", ok=False)
    assert len(second.state()[0]) == 21


@pytest.mark.any_python
def test_stream_notices_a_restore_that_did_not_end(portals, tmp_path):
    """Or one by pg_restore alone: the next process that applies, or the clock, empties the log."""
    first, _second = portals
    (tmp_path / "config.yaml").write_text(CONFIG)
    archive = tmp_path / "dlrs.ndjson"
    archive.write_text('{"id":"m1","resultCode":1001,"gateCustomParameters":{"platformPartnerId":"nr-fi"}}\n')
    key = first.run_all(
        ["provision", str(tmp_path / "config.yaml")], ["create_api_key", "--tenant", "nordic-retail"]
    ).split()[-1]
    nothing_logged = tmp_path / "nothing"
    first.run_all(
        ["backup", str(nothing_logged)],
        ["import_dlrs", str(archive), "--feed", "main"],
        ["backup", str(tmp_path / "b")],
    )

    for backup, at_once in ((tmp_path / "b", "503"), (nothing_logged, "410")):
        cursor = first.stream(key)[1]
        plain = PLAIN_RESTORE.replace("DUMP", str(backup / "database.dump"))
        grants = ["migrate", "-v", "0"]
        assert first.stream(key, f"?after={cursor}", ["shell", "-v", "0", "-c", plain], grants)[0] == at_once
        status, _none, detail = first.stream(key, f"?after={cursor}", ["apply_inbox"])
        assert (status, detail[:31]) == ("410", "The database was restored since")


@pytest.mark.any_python
def test_gates_send_on_from_a_restored_backup_with_the_same_ids(portals, tmp_path):
    first, second = portals
    (tmp_path / "config.yaml").write_text(CONFIG)
    archive = tmp_path / "dlrs.ndjson"
    archive.write_text('{"id":"m1","resultCode":1001,"gateCustomParameters":{"platformPartnerId":"nr-fi"}}\n')
    with Receiver() as receiver:
        first.env["GATE_ALLOWED_NETWORKS"] = second.env["GATE_ALLOWED_NETWORKS"] = "127.0.0.0/8"
        said = first.run_all(
            ["provision", str(tmp_path / "config.yaml")],
            ["import_dlrs", str(archive), "--feed", "main", "--no-wait"],
            ["apply_inbox"],
            ["shell", "-v", "0", "-c", GATE.replace("URL", receiver.url("/dlr"))],
        )
        public_id, secret, inbox_id, event_id = next(
            line for line in said.splitlines() if line.startswith("GATE")
        ).split()[1:]
        backup = tmp_path / "backup"
        first.run("backup", str(backup))
        second.env["SECRET_KEY_FILE"] = str(backup / "secret_key")
        second.run("restore", str(backup))
        assert second.state()[8:] == first.state()[8:]
        second.run("shell", "-v", "0", "-c", DUE)
        dispatcher = subprocess.Popen([sys.executable, "manage.py", "run_dispatcher"], cwd=REPOSITORY, env=second.env)
        try:
            requests = {request.headers["webhook-id"]: request for request in receiver.wait(2)}
        finally:
            dispatcher.terminate()
            dispatcher.wait(60)

    report_id = f"dlr_{public_id}_{inbox_id}"
    assert requests.keys() == {report_id, event_id}
    read = {id_: Webhook(secret).verify(one.body.decode(), one.headers) for id_, one in requests.items()}
    assert read[report_id]["id"] == "m1"
    assert read[event_id]["data"]["export"] == 7
    assert (len(first.state()[9]), second.state()[9]) == (2, [])


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def pack_outside(backup: Path) -> None:
    """Let a backup's files hold one that leads out of their folder, under a checksum that is right."""
    with tarfile.open(backup / "files.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("../outside"))
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["sha256"]["files.tar"] = hashlib.sha256((backup / "files.tar").read_bytes()).hexdigest()
    (backup / "manifest.json").write_text(json.dumps(manifest))

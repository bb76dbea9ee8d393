"""docs/tour.md and docs/recipes.md: every command and program, run as it stands there against a served portal."""

import os
import re
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from deliveries.applying.apply import apply_waiting
from deliveries.messages import event_log
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, GatewayAccount
from reports.billing.checks import running
from tests.deliveries.applied import apply, shop
from tests.running import until
from tests.servers import REPOSITORY, environment, running_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.any_python]

BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)


def blocks(name: str) -> list[tuple[str, str]]:
    """Return language and text of each block that can be run."""
    return BLOCK.findall((REPOSITORY / "docs" / name).read_text(encoding="utf-8"))


def minutes_ago(minutes: int) -> str:
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def reported(id_: str, code: int = 1001, minutes: int = 60) -> dict:
    return shop(
        id_, code, sentTimestamp=minutes_ago(minutes), timestamp=minutes_ago(minutes - 1),
        customParameters={"destination": "+358401234567"},
    )  # fmt: skip


@pytest.fixture
def portal(feed, tenant, tmp_path):
    """A served portal with five messages; the tenant owns the account."""
    event_log.prepare()
    GatewayAccount.objects.update(owner=tenant, owner_since=timezone.now() - timedelta(days=500))
    apply(feed, *(reported(f"m{n}", minutes=60 + n) for n in range(4)), reported("f", 1006), now=timezone.now())
    with running_server(folder=tmp_path) as server:
        yield server


def key_of(tenant, *scopes: str) -> str:
    given = scopes or tuple(ApiKey.Scope.values)
    return api_keys.create_key(tenant=tenant, name="guides", scopes=given, created_by="x", now=timezone.now())[1]


class Guide:
    """Runs commands and programs in a folder, with the key and the portal in their environment."""

    def __init__(self, url: str, key: str, folder: Path) -> None:
        self.folder = folder
        own = {"PORTAL": url, "KEY": key, "no_proxy": "*"}
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.env = kept | environment() | own

    def start(self, *words: str, cwd: Path | None = None) -> subprocess.Popen:
        return subprocess.Popen(
            words, cwd=cwd or self.folder, env=self.env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def run(self, *words: str, cwd: Path | None = None) -> str:
        """Run to the end, as an applier and a worker of jobs do their work beside it; return what it printed."""
        process = self.start(*words, cwd=cwd)
        until(lambda: work() or process.poll() is not None, " ".join(words)[:60], within=120, pause=0.2)
        said = process.communicate()[0]
        assert process.returncode == 0, said
        return said


def work() -> None:
    apply_waiting()
    running.run_checks()


def test_tour_can_be_walked(portal, tenant, tmp_path):
    folder = tmp_path / "tour"
    folder.mkdir()
    guide = Guide(portal.url, key_of(tenant, "read", "submit", "reports"), folder)
    said = []
    for number, (language, text) in enumerate(blocks("tour.md")):
        if language == "python":
            (folder / f"step{number}.py").write_text(text)
            said.append(guide.run(sys.executable, f"step{number}.py"))
            continue
        for command in re.split(r"\n(?=curl |bin/)", text.strip()):
            in_repository = REPOSITORY if command.startswith("bin/") else None
            quiet = re.sub(r"^curl ", "curl -sS ", command)
            said.append(guide.run("bash", "-c", quiet, cwd=in_repository))
            work()

    create, key, index, days, countries, table, found, python, refused, submit, again, stream, queue, listed = said
    assert "srk_" in create
    assert '"tenant":"nordic-retail"' in key
    assert '"operationId"' not in index and "/api/v1/messages/" in index
    assert '"messages":5' in days
    assert '"country":"FI"' in countries and '"before"' in countries
    assert table.splitlines()[1].split(";")[1:3] == ['"FI"', '"5"']
    assert '"next_cursor":"' in found and "•" in found
    assert len(python.splitlines()) == 4
    assert "400 Bad Request" in refused and "colour" in refused
    assert (submit, '"status":"' in again, "tour-1" in again) == ('{"accepted":1,"refused":[]}', True, True)
    assert [line.split()[0] for line in stream.splitlines()[:-1]] == ["m0", "m1", "m2", "m3", "f"]
    assert '"state":"queued"' in queue and '"state":"queued"' in listed


def test_recipes_do_what_they_say(portal, tenant, feed, tmp_path):
    folder = tmp_path / "recipes"
    folder.mkdir()
    guide = Guide(portal.url, key_of(tenant), folder)
    names = []
    for _language, text in blocks("recipes.md"):
        names.append(re.match(r"# (\w+\.py): ", text)[1])
        (folder / names[-1]).write_text(text)
    assert names == ["sms_api.py", "nightly.py", "declare.py", "tail.py", "submit.py", "check.py"]

    nightly_loads_once(guide)
    partner_ids_are_declared(guide)
    reports_are_tailed(guide, feed)
    messages_are_handed_in_and_read(guide)
    invoice_is_checked(guide)


def nightly_loads_once(guide: Guide) -> None:
    """A second run leaves the same rows."""
    loaded = []
    for _night in range(2):
        assert "complete up to" in guide.run(sys.executable, "nightly.py")
        with sqlite3.connect(guide.folder / "warehouse.db") as warehouse:
            loaded.append(warehouse.execute("SELECT country, sum(messages), sum(failed) FROM sms").fetchall())
        warehouse.close()
    assert loaded == [[("FI", 5, 1)]] * 2


def partner_ids_are_declared(guide: Guide) -> None:
    (guide.folder / "customers.csv").write_text("value,account\nshop-1,link-main\nnr-fi,link-main\nx,no-such\n")
    said = guide.run(sys.executable, "declare.py").splitlines()
    assert [line.split()[:2] for line in said] == [["shop-1", "declared"], ["nr-fi", "unchanged"], ["x", "refused"]]


def reports_are_tailed(guide: Guide, feed) -> None:
    """The program is ended after the stored reports; started again, it prints what came since."""
    assert tailed(guide, 5) == ["m0", "m1", "m2", "m3", "f"]
    apply(feed, reported("later"), now=timezone.now())
    assert tailed(guide, 1) == ["later"]


def tailed(guide: Guide, wanted: int) -> list[str]:
    cursor = guide.folder / "cursor"
    before = cursor.read_text() if cursor.exists() else ""
    process = guide.start(sys.executable, "tail.py")
    try:
        said = [process.stdout.readline() for _line in range(wanted)]
        until(lambda: cursor.exists() and cursor.read_text() not in ("", before), "the cursor is stored")
    finally:
        process.kill()
        process.communicate()
    return [line.split()[1] for line in said]


def messages_are_handed_in_and_read(guide: Guide) -> None:
    good = [f'{{"message_id": "s{n}", "submitted_at": "{minutes_ago(5)}", "partner_id": "nr-fi"}}' for n in range(3)]
    (guide.folder / "sent.ndjson").write_text("\n".join([*good, '{"message_id": "bad", "submitted_at": "today"}']))
    said = guide.run(sys.executable, "submit.py").splitlines()
    assert said[0] == "3 accepted"
    assert said[1].startswith("line 4 /submitted_at: ") or said[1].startswith("line 4 #/submitted_at: ")
    assert sorted(line.split()[0] for line in said[2:]) == ["s0", "s1", "s2"]


def invoice_is_checked(guide: Guide) -> None:
    """The gateway charged one message more than was counted."""
    last_month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    (guide.folder / "invoice.csv").write_text("Country,Quantity\nFI,1\n")
    said = guide.run(sys.executable, "check.py", f"{last_month:%Y-%m}", "link-main").splitlines()
    assert said[0].strip() == "done"
    assert "'quantity': 1" in said[1]
    assert (guide.folder / "claim.xlsx").stat().st_size > 1000

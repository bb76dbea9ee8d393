"""kill -9 of the workers, of Redis and of the mail server in mid-run: one file, at most one mail, a state that tells.

A scheduled report with a recipient, in a whole portal. What the clock does each minute is asked for by `tick`, so that
nobody waits for it; where Redis is killed the clock runs itself.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.faults.held import end_waiting, held_in_the_middle, waiting
from tests.faults.mail_process import MailProcess
from tests.faults.portal import Portal
from tests.running import until

pytestmark = [pytest.mark.timeout(900), pytest.mark.any_python]  # a crowded machine may take its time

DEFINE = """
from datetime import time, timedelta
from django.utils import timezone
from portal.accounts.models import Membership, User
from portal.tenants.models import Tenant
from reports.models import ReportDefinition
from reports.schedules.clock import schedule_of
from reports.schedules.definitions import create_definition
from reports.schedules.due import next_due
from reports.schedules.recipients import add_member
now, tenant = timezone.now(), Tenant.objects.get(slug="nordic")
person, _is_new = User.objects.get_or_create(email="mari@example.com")
Membership.objects.get_or_create(user=person, tenant=tenant, defaults={{"role": "manager"}})
values = {{"name": {name!r}, "kind": "volumes", "formats": ["xlsx"], "period": "yesterday", "frequency": "daily"}}
definition = create_definition(tenant=tenant, owner=person, values=values | {{"parameters": {{}}, "at": time(0)}})
add_member(definition=definition, user=person, actor=person, now=now)
due = next_due(schedule_of(definition), tenant.timezone, now - timedelta(days=1))
ReportDefinition.objects.filter(id=definition.id).update(next_at=due)
"""
TICK = """
from portal.celery import app
entry = app.conf.beat_schedule[{name!r}]
app.send_task(entry["task"], **entry.get("options", {{}}))
"""
AGAIN = """
from django.utils import timezone
from reports.models import ReportMail
from reports.schedules.mailing import send_again
mail = ReportMail.objects.get(run__definition__name={name!r})
result = send_again(mail=mail, actor="mari@example.com", now=timezone.now()).number
"""


@dataclass
class Reports:
    """A running portal with workers, its mail server, and the reports that a test defines there."""

    portal: Portal
    server: MailProcess
    database: psycopg.Connection

    def define(self, name: str) -> None:
        """Save a report that was due last midnight, and let the clock ask for its run."""
        self.portal.inspector.ask(DEFINE.format(name=name))
        self.tick("request-due-runs")

    def tick(self, entry: str) -> None:
        """Send what the clock sends by an entry of its schedule."""
        self.portal.inspector.ask(TICK.format(name=entry))

    def let_time_pass(self) -> None:
        """Let the leases of killed workers and the waiting time of mails be over."""
        self.database.execute("UPDATE definition_run SET lease_until = now() WHERE state = 'running'")
        self.database.execute("UPDATE report_mail SET lease_until = now() - interval '1 s' WHERE state = 'sending'")
        self.database.execute("UPDATE report_mail SET not_before = now() WHERE state = 'waiting'")

    def run(self, name: str) -> tuple[str, int]:
        """Return the state of a report's only run, and the number of its attempts."""
        (row,) = self._rows("r.state, r.attempts", name)
        return row

    def mails(self, name: str) -> list[tuple[str, int]]:
        """Return the state and attempts of each mail, in their order."""
        return self._rows("m.state, m.attempts", name, "JOIN report_mail m ON m.run_id = r.id", "ORDER BY m.id")

    def wait_for_mail(self, name: str, *expected: tuple[str, int], within: float = 60) -> None:
        until(lambda: self.mails(name) == [*expected], f"the mails are {expected}", within=within)

    def is_one_file(self, name: str) -> bool:
        """Return whether the run has one file, and nothing else of it is stored."""
        (run_id,) = self._rows("r.id", name)[0]
        names = {row[0] for row in self._rows("f.file", name, "JOIN definition_file f ON f.run_id = r.id")}
        folder = self.portal.path / "files"
        stored = {str(path.relative_to(folder)) for path in folder.glob(f"saved_reports/*/{run_id}_*")}
        return len(names) == 1 and names == stored

    def _rows(self, columns: str, name: str, join: str = "", rest: str = "") -> list[tuple]:
        sql = f"SELECT {columns} FROM definition_run r JOIN report_definition d ON d.id = r.definition_id {join}"
        return self.database.execute(f"{sql} WHERE d.name = %s {rest}", [name]).fetchall()


@pytest.fixture(scope="module")
def served(shared_portal: Portal, tmp_path_factory) -> Iterator[Reports]:
    server = MailProcess(tmp_path_factory.mktemp("mails"))
    shared_portal.variables["EMAIL_URL"] = server.url
    try:
        for name in ("worker", "exporter"):
            shared_portal.start(name)
        with shared_portal.database() as database:
            yield Reports(shared_portal, server, database)
    finally:
        server.kill()
        del shared_portal.variables["EMAIL_URL"]
        for name in ("beat", "worker", "exporter"):
            if name in shared_portal.processes:
                shared_portal.end(name)


@pytest.fixture
def reports(portal: Portal, served: Reports) -> Reports:
    return served


def test_killed_workers(reports: Reports):
    """The one that makes files in the middle of a run, and the one that sends in the middle of a mail."""
    name, portal, server = "of killed workers", reports.portal, reports.server
    server.start("hang")
    with held_in_the_middle(reports.database, "definition_run"):
        reports.define(name)
        ((held,),) = until(lambda: waiting(reports.database), "the run is in its middle")
        portal.kill("exporter")
        end_waiting(reports.database, held)
    assert (reports.run(name), reports.mails(name)) == (("running", 1), [])
    portal.start("exporter")
    reports.let_time_pass()
    reports.tick("resume-definition-runs")
    server.wait_for(name)
    portal.kill("worker")
    assert (reports.run(name), reports.mails(name)) == (("done", 2), [("sending", 1)])
    server.kill()

    server.start()
    portal.start("worker")
    reports.let_time_pass()
    reports.tick("send-report-mails")
    reports.wait_for_mail(name, ("unknown", 1))
    server.kill()
    assert reports.is_one_file(name)
    assert len(server.mails(name)) == 1


def test_killed_redis(reports: Reports):
    name, portal, server = "of a killed Redis", reports.portal, reports.server
    portal.start("beat")
    server.start()
    redis = portal.path / "redis" / "redis.pid"
    with held_in_the_middle(reports.database, "definition_run"):
        reports.define(name)
        until(lambda: waiting(reports.database), "the run is in its middle")
        os.kill(int(redis.read_text()), signal.SIGKILL)

    reports.wait_for_mail(name, ("sent", 1), within=180)
    portal.end("beat")
    server.kill()
    assert reports.run(name) == ("done", 1)
    assert reports.is_one_file(name)
    assert len(server.mails(name)) == 1


def test_killed_mail_server(reports: Reports):
    """Away it is tried again; killed before its answer it may have the mail, so only a person sends it again."""
    name, server = "of a killed mail server", reports.server
    reports.define(name)
    reports.wait_for_mail(name, ("waiting", 1))
    server.start("hang")
    reports.let_time_pass()
    reports.tick("send-report-mails")
    server.wait_for(name)
    server.kill()
    reports.wait_for_mail(name, ("unknown", 2))

    server.start()
    reports.let_time_pass()
    reports.tick("send-report-mails")
    assert len(server.mails(name)) == 1
    assert reports.portal.inspector.ask(AGAIN.format(name=name)) == 2
    reports.wait_for_mail(name, ("unknown", 2), ("sent", 1))
    server.kill()
    assert reports.run(name) == ("done", 1)
    assert reports.is_one_file(name)
    assert len(server.mails(name)) == 2

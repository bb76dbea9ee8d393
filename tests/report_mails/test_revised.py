"""Recipients of a monthly report get the revision of a month that they already have, with a sentence on its changes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from portal.common.periods import Month
from reports.models import DefinitionRun, ReportRun
from reports.runs.runs import build_report, request_run
from reports.schedules import sending
from reports.schedules.making import make_runs
from reports.schedules.recipients import add_member
from reports.schedules.revised import request_revised_runs
from reports.schedules.runs import request_definition_run
from tests.deliveries.helpers import apply, dlr
from tests.report_mails.conftest import make_definition
from tests.report_mails.mail_servers import MailServer

pytestmark = pytest.mark.django_db

OCTOBER = Month(2026, 10)
DUE = datetime(2026, 11, 3, 6, tzinfo=UTC)


def report(code: int) -> dict:
    at = {"sentTimestamp": "2026-10-05T10:00:00Z", "timestamp": "2026-10-05T10:00:05Z"}
    return dlr("a", code, gateCustomParameters={"platformPartnerId": "nr-fi"}, **at)


def revise(tenant) -> ReportRun:
    run = request_run(tenant=tenant, month=OCTOBER, requested_by="revision", now=timezone.now())
    assert build_report(run_id=run.id, now=timezone.now()) == "done"
    return ReportRun.objects.get(id=run.id)


@pytest.fixture
def monthly(tenant, manager):
    schedule = {"kind": "monthly", "period": "last_month", "frequency": "monthly", "month_day": 3}
    definition = make_definition(tenant, manager, name="Our month", **schedule)
    add_member(definition=definition, user=manager, actor=manager, now=timezone.now())
    return definition


def test_recipients_get_a_revision_once_with_a_sentence_on_its_changes(feed, tenant, monthly, use_server):
    apply(feed, report(1000))
    revise(tenant)
    assert request_revised_runs(now=timezone.now()) == []  # nobody has got the month yet
    first = request_definition_run(
        definition=monthly, requested_by="schedule", cause="schedule", now=timezone.now(), due_at=DUE
    )
    make_runs(run_id=first.id)
    assert request_revised_runs(now=timezone.now()) == []  # it is the first report

    apply(feed, report(1001))
    revision = revise(tenant)
    assert request_revised_runs(now=timezone.now() + timedelta(days=8)) == []
    (run,) = request_revised_runs(now=timezone.now())
    assert request_revised_runs(now=timezone.now()) == []
    make_runs(run_id=run.id)
    assert request_revised_runs(now=timezone.now()) == []
    run = DefinitionRun.objects.get(id=run.id)
    assert (run.state, run.cause, run.first, run.last, run.report_run.same_as) == (
        "done", "revision", OCTOBER.first_day, OCTOBER.last_day, revision,
    )  # fmt: skip

    with MailServer() as server:
        use_server(server)
        assert sending.send_waiting() == 2
    said = [" ".join(mail.get_body(["plain"]).get_content().split()) for mail in server.mails]
    changed = (
        "its figures have changed since. Changed since revision 1: +1 delivered, −1 pending (late delivery reports)."
    )
    assert [changed in text for text in said] == [False, True]


def test_stopped_reports_get_no_revision(feed, tenant, monthly):
    apply(feed, report(1000))
    first = request_definition_run(
        definition=monthly, requested_by="schedule", cause="schedule", now=timezone.now(), due_at=DUE
    )
    make_runs(run_id=first.id)
    apply(feed, report(1001))
    revise(tenant)
    monthly.stopped_at, monthly.stopped_reason = timezone.now(), "by_person"
    monthly.save()

    assert request_revised_runs(now=timezone.now()) == []
    monthly.stopped_at, monthly.stopped_reason = None, ""
    monthly.save()
    assert len(request_revised_runs(now=timezone.now())) == 1

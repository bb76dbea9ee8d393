"""The whole way of a scheduled report, as the demo takes it: requested, made, and mailed with its files."""

import io
import zipfile

import openpyxl
import pytest

from portal.celery import app
from portal.demo.saved_reports import OUTSIDE, guide, schedule_reports
from reports.models import DefinitionRun, ReportDefinition
from tests.report_mails.conftest import states
from tests.report_mails.mail_servers import MailServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def eager():
    """Let each task run when it is sent, as a worker would a moment later."""
    app.conf.task_always_eager = app.conf.task_eager_propagates = True
    yield
    app.conf.task_always_eager = app.conf.task_eager_propagates = False


def test_demo_schedules_two_reports_and_mails_one_to_a_member_and_an_outside_address(
    tenant, feed, owner, eager, use_server
):
    with MailServer() as server:
        use_server(server)
        schedule_reports(None)  # what it waits for is done already
        schedule_reports(None)  # nothing happens a second time

    run = DefinitionRun.objects.get()
    assert (run.state, run.cause, run.definition.frequency) == ("done", "schedule", "monthly")
    assert ReportDefinition.objects.filter(frequency__in=["weekly", "monthly"]).count() == 2
    reports = [mail for mail in server.mails if mail["List-Unsubscribe"]]
    assert sorted(mail["To"] for mail in reports) == [owner.email, OUTSIDE]
    assert states() == ["sent", "sent"]
    for mail in reports:
        workbook, tables = [part.get_payload(decode=True) for part in mail.iter_attachments()]
        assert openpyxl.load_workbook(io.BytesIO(workbook)).sheetnames
        assert zipfile.ZipFile(io.BytesIO(tables)).testzip() is None
    assert f"/reports/definitions/{run.definition_id}/recipients/" in guide("http://localhost:8000")

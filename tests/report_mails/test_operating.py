"""Mails of reports as operators see them: the check, metrics, logs, the administration, and a broker that is away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deliveries.checks.report_mails import WrongMails, wrong_mails
from deliveries.checks.run import CHECKS
from portal.accounts.models import AuditEntry
from portal.celery import app
from portal.common.redaction import redact
from portal.operations.metrics import exposition
from reports.models import OutsideAddress, ReportMail
from reports.schedules import mailing
from reports.schedules.recipients import add_address, add_member
from tests.report_mails.conftest import states

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail(definition, manager, viewer, finish) -> ReportMail:
    add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    finish(definition)
    return ReportMail.objects.get()


def test_check_finds_mails_that_wait_for_over_an_hour(mail):
    now = mail.created_at
    assert wrong_mails(now=now + timedelta(minutes=59)) == WrongMails(waiting=0, unknown=0)
    assert wrong_mails(now=now + timedelta(minutes=61)) == WrongMails(waiting=1, unknown=0)
    assert CHECKS["report_mails"](now + timedelta(minutes=61)) == [
        "1 e-mails of reports wait for over an hour. Is the mail server away?"
    ]


def test_check_finds_unknown_mails_until_somebody_sends_them_again(mail):
    now = timezone.now()
    ReportMail.objects.update(state="unknown")
    assert wrong_mails(now=now) == WrongMails(waiting=0, unknown=1)
    assert wrong_mails(now=now + timedelta(days=8)) == WrongMails(waiting=0, unknown=0)
    mailing.send_again(mail=ReportMail.objects.get(), actor="x", now=now)
    assert wrong_mails(now=now) == WrongMails(waiting=0, unknown=0)


def test_metrics_count_mails_by_state(mail):
    assert b'\nportal_report_mails{state="waiting"} 1.0\n' in exposition()


@pytest.mark.parametrize("page", ["confirm", "report", "unsubscribe"])
def test_logs_hold_no_token(page):
    assert redact(f"Not Found: /mail/{page}/abcdefgh-not-long/") == f"Not Found: /mail/{page}/[secret]"


def test_staff_erase_an_address_from_all_customers(definition, manager, client, staff_user):
    add_address(definition=definition, email="auditor@example.net", language="en", actor=manager, now=timezone.now())
    address = OutsideAddress.objects.get()
    client.force_login(staff_user)
    answer = client.post(
        "/admin/reports/outsideaddress/", {"action": "erase", "_selected_action": [address.pk]}, follow=True
    )
    assert "1 address is erased, from all customers." in answer.content.decode()
    assert not OutsideAddress.objects.exists()
    entry = AuditEntry.objects.get(action="report_address.erased")
    assert (entry.tenant, "auditor" in str(entry.details) + entry.subject) == (definition.tenant, False)


@pytest.mark.django_db(transaction=True)
def test_mails_that_no_worker_was_woken_for_are_sent_by_the_clock(definition, manager, viewer, finish, monkeypatch):
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    finish(definition)  # committed; the task cannot be sent
    assert states() == ["waiting"]

    app.tasks["reports.send_report_mails"].apply(throw=True)  # as beat does every 30 s

    assert states() == ["sent"]

"""Mails of reports: what each recipient gets, at most once, whatever the mail server does."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role
from reports.models import DefinitionFile, ReportMail
from reports.schedules import mailing, sending, smtp
from reports.schedules.recipients import add_address, add_member, unsubscribe
from tests.conftest import make_user
from tests.report_mails.conftest import FULL, MASKED, states
from tests.report_mails.mail_servers import MailServer

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def to_viewer(definition, viewer, manager):
    return add_member(definition=definition, user=viewer, actor=manager, now=NOW)


def add_outside(definition, manager, *, confirmed: bool = True):
    recipient = add_address(
        definition=definition, email="Auditor@Example.net", language="en", actor=manager, now=timezone.now()
    )
    if confirmed:
        recipient.address.confirmed_at = timezone.now()
        recipient.address.save()
    return recipient


def attachments(mail) -> list[tuple[str, str, bytes]]:
    return [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in mail.walk()
        if part.get_content_disposition() == "attachment"
    ]


def test_each_recipient_gets_the_edition_of_their_own_role(definition, manager, viewer, to_viewer, finish, use_server):
    add_member(definition=definition, user=manager, actor=manager, now=NOW)
    add_outside(definition, manager)
    finish(definition)

    with MailServer() as server:
        use_server(server)
        assert sending.send_waiting() == 3
        assert sending.send_waiting() == 0

    xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    masked = ("nordic-retail_daily-volumes_2026-11-19_masked.xlsx", xlsx, MASKED)
    assert {mail["To"]: attachments(mail) for mail in server.mails} == {
        "viewer@example.com": [masked],
        "manager@example.com": [("nordic-retail_daily-volumes_2026-11-19.xlsx", xlsx, FULL)],
        "auditor@example.net": [masked],
    }
    assert states() == ["sent"] * 3
    assert set(ReportMail.objects.values_list("how", flat=True)) == {"file"}


def test_mail_is_html_and_text_with_one_click_unsubscribing_and_a_plain_subject(
    definition, to_viewer, finish, use_server
):
    finish(definition)
    with MailServer() as server:
        use_server(server)
        sending.send_waiting()

    (mail,) = server.mails
    assert mail["Subject"] == "Volumes: 19 Nov 2026"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = mail["List-Unsubscribe"].strip().strip("<>")
    text, html = mail.get_body(["plain"]).get_content(), mail.get_body(["html"]).get_content()
    assert address in text
    assert f'href="{address}"' in html
    for part in (text, html):
        assert "“Daily volumes” of Nordic Retail Oy: 19 Nov 2026." in part
        assert "The figures are provisional: late delivery reports may still change them." in part
        assert "Phone numbers are masked in it." in part
    assert mail["Message-ID"] == ReportMail.objects.get().message_id


def test_mail_is_in_the_language_of_its_recipient(definition, tenant, manager, to_viewer, finish, use_server):
    tenant.language = "fi"
    tenant.save()
    finish(definition)
    with MailServer() as server:
        use_server(server)
        sending.send_waiting()
    (mail,) = server.mails
    assert "19.11.2026" in mail["Subject"]
    assert "Puhelinnumerot on peitetty." in mail.get_body(["plain"]).get_content()


def test_recipients_who_may_not_have_it_get_nothing_and_the_run_says_why(
    definition, tenant, manager, viewer, to_viewer, finish
):
    gone = add_member(
        definition=definition, user=make_user("gone@example.com", tenant, Role.VIEWER), actor=manager, now=NOW
    )
    left = add_member(
        definition=definition, user=make_user("left@example.com", tenant, Role.OWNER), actor=manager, now=NOW
    )
    add_outside(definition, manager, confirmed=False)
    Membership.objects.filter(user_id=left.user_id).delete()
    finish(definition)
    gone.user.delete()
    unsubscribe(recipient=to_viewer, now=timezone.now())

    assert sending.send_waiting() == 0
    assert states() == ["skipped: unsubscribed", "skipped: left", "skipped: left", "skipped: unconfirmed"]


def test_file_that_is_gone_is_not_sent(definition, to_viewer, finish):
    finish(definition)
    DefinitionFile.objects.update(gone="erased")
    sending.send_waiting()
    assert states() == ["skipped: no_file"]


def test_run_that_a_person_asked_for_is_not_mailed(definition, to_viewer, finish):
    finish(definition, is_mailed=False, cause="person")
    finish(definition, is_mailed=False, cause="revision")
    finish(definition, skipped="unchanged")
    assert [mail.run.cause for mail in ReportMail.objects.all()] == ["revision"]


def test_second_end_of_a_run_queues_no_second_mail(definition, to_viewer, finish):
    run = finish(definition)
    mailing.on_finished(run)
    assert ReportMail.objects.count() == 1


@pytest.mark.parametrize(
    ("answers", "state", "error"),
    [
        ({"greeting": "421 4.3.2 not now"}, "waiting", "421 4.3.2 not now"),
        ({"mail": "451 4.7.1 greylisted"}, "waiting", "451 4.7.1 greylisted"),
        ({"rcpt": "450 4.2.1 <viewer@example.com> is full"}, "waiting", "450 4.2.1 <[address]> is full"),
        ({"rcpt": "550 5.1.1 <viewer@example.com> unknown"}, "refused", "550 5.1.1 <[address]> unknown"),
        ({"data": "451 4.3.0 later"}, "waiting", "451 4.3.0 later"),
        ({"data": "554 5.7.1 no"}, "refused", "554 5.7.1 no"),
        ({"text": "552 5.3.4 too big"}, "refused", "552 5.3.4 too big"),
        ({"text": "452 4.3.1 disk full"}, "waiting", "452 4.3.1 disk full"),
        ({"text": "die"}, "unknown", "SMTPServerDisconnected: Connection unexpectedly closed"),
    ],
)
def test_answer_of_the_mail_server_is_shown(definition, to_viewer, finish, use_server, answers, state, error):
    finish(definition)
    with MailServer(**answers) as server:
        use_server(server)
        assert sending.send_waiting() == 0
        assert sending.send_waiting() == 0  # nothing is tried again at once
    mail = ReportMail.objects.get()
    assert (mail.state, mail.error, mail.attempts) == (state, error, 1)
    assert len(server.texts) <= 1


def test_server_that_says_nothing_after_the_text_leaves_the_outcome_unknown(
    definition, to_viewer, finish, use_server, monkeypatch
):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    finish(definition)
    with MailServer(text="hang") as server:
        use_server(server)
        sending.send_waiting()
    assert (states(), len(server.texts)) == (["unknown"], 1)


def test_server_that_is_away_is_tried_again_for_a_day(definition, to_viewer, finish, use_server):
    finish(definition)
    with MailServer() as server:
        use_server(server)  # and it ends
    waits = []
    for _attempt in range(40):
        ReportMail.objects.update(not_before=None)
        sending.send_waiting()
        mail = ReportMail.objects.get()
        if mail.state != "waiting":
            break
        wait = mail.not_before - timezone.now()
        waits.append(round(wait / timedelta(minutes=1)))
        ReportMail.objects.update(created_at=mail.created_at - wait)  # as if that time had passed
    assert (mail.state, waits[:7], sum(waits) > 22 * 60) == ("refused", [1, 2, 4, 8, 16, 32, 60], True)
    assert "ConnectionRefusedError" in mail.error


def test_worker_that_died_in_mid_send_leaves_the_outcome_unknown(definition, to_viewer, finish, use_server):
    finish(definition)
    claimed = sending.claim(now=timezone.now() - sending.LEASE)
    assert sending.claim(now=timezone.now()) is None
    assert sending.mark_unknown(now=timezone.now()) == 1

    with MailServer() as server:
        use_server(server)
        assert sending.send_waiting() == 0
        assert (states(), server.texts) == (["unknown"], [])
        again = mailing.send_again(mail=claimed, actor="manager@example.com", now=timezone.now())
        assert mailing.send_again(mail=claimed, actor="manager@example.com", now=timezone.now()) is None
        assert sending.send_waiting() == 1

    assert (states(), again.number, len(server.texts)) == (["unknown", "sent"], 2, 1)
    entry = AuditEntry.objects.get(action="report_mail.again")
    assert (entry.actor, entry.subject) == ("manager@example.com", "Daily volumes")


def test_lease_is_longer_than_a_worker_can_take():
    assert timedelta(seconds=sending.TIME_LIMIT) < sending.LEASE


@pytest.mark.parametrize("state", ["waiting", "sending", "sent"])
def test_mail_that_is_on_its_way_or_arrived_is_not_sent_again(definition, to_viewer, finish, state):
    finish(definition)
    ReportMail.objects.update(state=state)
    assert mailing.send_again(mail=ReportMail.objects.get(), actor="x", now=NOW) is None


def test_files_above_the_limit_are_linked(definition, manager, to_viewer, finish, use_server):
    add_outside(definition, manager)
    finish(definition, bytes=7 * 1024 * 1024 + 1)
    with MailServer() as server:
        use_server(server)
        sending.send_waiting()
    texts = [mail.get_body(["plain"]).get_content() for mail in server.mails]
    assert [attachments(mail) for mail in server.mails] == [[], []]
    assert ["You have to sign in." in text for text in texts] == [True, False]
    assert all("/mail/report/" in text for text in texts)
    mails = list(ReportMail.objects.order_by("id"))
    assert [mail.how for mail in mails] == ["link", "link"]
    assert all(timedelta(days=6) < mail.link_expires_at - timezone.now() < timedelta(days=8) for mail in mails)


def test_late_run_says_so(definition, to_viewer, finish, use_server):
    run = finish(definition)
    run.due_at = run.created_at - timedelta(hours=3)
    run.save()
    with MailServer() as server:
        use_server(server)
        sending.send_waiting()
    assert "It is late because the portal was not running then." in server.mails[0].get_body(["plain"]).get_content()


def test_stopped_report_is_told_to_those_who_manage_the_tenant(
    definition, owner, manager, analyst, to_viewer, finish, use_server
):
    finish(definition, state="cancelled", skipped="owner_left")
    with MailServer() as server:
        use_server(server)
        sending.send_waiting()
        sending.send_waiting()
    assert sorted(mail["To"] for mail in server.mails) == ["manager@example.com", "owner@example.com"]
    assert server.mails[0]["Subject"] == "A report has been stopped"


def test_failed_run_is_told_to_its_owner_once(definition, manager, owner, to_viewer, finish, use_server):
    finish(definition, state="failed", finished_at=timezone.now())
    finish(definition, state="failed", finished_at=timezone.now() - timedelta(days=8))
    with MailServer() as server:
        use_server(server)
        assert mailing.queue_failures(now=timezone.now()) == 1
        assert mailing.queue_failures(now=timezone.now()) == 0
        sending.send_waiting()
    assert [(mail["To"], mail["Subject"]) for mail in server.mails] == [
        ("manager@example.com", "A report could not be made")
    ]


def test_login_that_the_server_refuses_is_tried_again(definition, to_viewer, finish, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    finish(definition)
    with MailServer(auth="535 5.7.8 wrong password", ehlo="250-test\r\n250 AUTH PLAIN") as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = "portal"
        sending.send_waiting()
    assert states() == ["waiting"]

"""Delivery status notifications, which mark the mail that they are about."""

import io
import mailbox
import sys

import pytest
from django.core.management import call_command
from django.utils import timezone

from reports.models import ReportMail
from reports.schedules import sending
from reports.schedules.recipients import add_member

pytestmark = pytest.mark.django_db


def notification(message_id: str, *, action: str = "failed", part: str = "text/rfc822-headers") -> bytes:
    """Return a notification as Postfix writes it."""
    return f"""From: MAILER-DAEMON@mx.example.com (Mail Delivery System)
To: portal@localhost
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

This is the mail system. I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
Arrival-Date: Fri, 20 Nov 2026 08:00:00 +0200 (EET)

Final-Recipient: rfc822; viewer@example.com
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <viewer@example.com>: user unknown

--b
Content-Type: {part}

Message-ID: {message_id}
From: portal@localhost
To: viewer@example.com
Subject: Volumes

--b--
""".encode()


@pytest.fixture
def sent(definition, viewer, manager, finish) -> ReportMail:
    add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    finish(definition)
    sending.send_waiting()
    return ReportMail.objects.get()


def read(*files: str) -> str:
    out = io.StringIO()
    call_command("read_bounces", *files, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("part", ["text/rfc822-headers", "message/rfc822"])
def test_notification_marks_its_mail(sent, tmp_path, part):
    file = tmp_path / "bounce.eml"
    file.write_bytes(notification(sent.message_id, part=part))
    assert read(str(file)) == f"mail {sent.pk} of Nordic Retail Oy bounced\nmails read: 1, bounces: 1\n"
    sent.refresh_from_db()
    assert (sent.state, sent.error) == ("bounced", "bounced: 5.1.1")


@pytest.mark.parametrize(
    "content",
    [
        lambda id_: notification(id_, action="delayed"),
        lambda id_: notification("<other@example.com>"),
        lambda id_: b"Subject: On holiday\nIn-Reply-To: " + id_.encode() + b"\n\nI am away.\n",
        lambda id_: b"",
        lambda id_: b"\xff\xfe\x00 no mail",
    ],
    ids=["delay", "other mail", "auto-reply", "empty", "bytes"],
)
def test_other_mails_are_passed_over(sent, tmp_path, content):
    file = tmp_path / "mail.eml"
    file.write_bytes(content(sent.message_id))
    assert read(str(file)) == "mails read: 1, bounces: 0\n"
    sent.refresh_from_db()
    assert sent.state == "sent"


def test_folder_of_mails_and_the_standard_input_are_read(sent, tmp_path, monkeypatch):
    box = mailbox.mbox(tmp_path / "box")
    for message_id in ("<other@example.com>", sent.message_id):
        box.add(notification(message_id))
    box.close()
    assert read(str(tmp_path / "box")).endswith("mails read: 2, bounces: 1\n")
    ReportMail.objects.update(state="unknown")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(notification(sent.message_id))))
    assert read("-").endswith("mails read: 1, bounces: 1\n")

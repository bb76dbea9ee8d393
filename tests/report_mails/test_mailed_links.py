"""Links in mails about reports: for one recipient, for seven days, and never for who lost the right."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts.models import AuditEntry, Membership, Role
from portal.tenants import tokens
from reports.models import DefinitionFile, OutsideAddress, ReportDefinition, ReportMail, ReportRecipient
from reports.schedules import recipients, sending
from reports.schedules.links import report_address
from reports.schedules.mail_retention import erase_address, forget
from reports.schedules.recipients import add_address, add_member, remove
from tests.conftest import make_user
from tests.report_mails.conftest import FULL, MASKED

pytestmark = pytest.mark.django_db


@pytest.fixture
def outside(definition, manager) -> ReportRecipient:
    recipient = add_address(
        definition=definition, email="auditor@example.net", language="en", actor=manager, now=timezone.now()
    )
    OutsideAddress.objects.update(confirmed_at=timezone.now())
    return recipient


def linked(definition, finish) -> str:
    """Send a run whose files are too large for a mail; return the path of the link in the only mail."""
    finish(definition, bytes=8 * 1024 * 1024)
    sending.send_waiting()
    return report_address(ReportMail.objects.get()).removeprefix("http://localhost:8000")


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_outside_address_opens_the_masked_file_without_signing_in(definition, outside, finish, client):
    page = linked(definition, finish)

    shown = client.get(page)
    file = client.get(f"{page}xlsx/")

    assert (shown.status_code, shown.headers["X-Robots-Tag"], shown.headers["Cache-Control"]) == (
        200, "noindex, nofollow", "no-store, private",
    )  # fmt: skip
    assert (file.status_code, content(file)) == (200, MASKED)
    assert (
        file.headers["Content-Disposition"]
        == 'attachment; filename="nordic-retail_daily-volumes_2026-11-19_masked.xlsx"'
    )
    assert client.get(f"{page}csv/").status_code == 404
    assert ReportMail.objects.get().openings == 1
    entry = AuditEntry.objects.get(action="report_mail.downloaded")
    assert entry.actor == f"recipient {outside.id}"


def test_member_signs_in_and_gets_the_edition_of_the_role_of_that_moment(definition, tenant, manager, finish, client):
    person = make_user("reader@example.com", tenant, Role.MANAGER)
    add_member(definition=definition, user=person, actor=manager, now=timezone.now())
    page = linked(definition, finish)

    asked = client.get(page)
    assert (asked.status_code, asked.headers["Location"].startswith("/accounts/login/")) == (302, True)
    client.force_login(manager)  # another member
    assert client.get(page).status_code == 404
    client.force_login(person)
    assert content(client.get(f"{page}xlsx/")) == FULL
    Membership.objects.filter(user=person).update(role=Role.VIEWER)
    assert content(client.get(f"{page}xlsx/")) == MASKED
    Membership.objects.filter(user=person).delete()
    assert [client.get(path).status_code for path in (page, f"{page}xlsx/")] == [404, 404]


@pytest.mark.parametrize("end", ["expired", "revoked", "removed", "declined", "archived", "file", "erased"])
def test_link_that_ended_opens_nothing(definition, outside, finish, client, end):
    page, now = linked(definition, finish), timezone.now()
    match end:
        case "expired":
            ReportMail.objects.update(link_expires_at=now)
        case "revoked":
            assert recipients.revoke_links(outside, now=now) == 1
        case "removed":
            remove(recipient=outside, actor="x", now=now)
        case "declined":
            OutsideAddress.objects.update(confirmed_at=None, declined_at=now)
        case "archived":
            ReportDefinition.objects.update(archived_at=now)
        case "file":
            DefinitionFile.objects.update(gone="erased")
        case "erased":
            assert erase_address("Auditor@example.net", actor="x", now=now) == 1
    assert client.get(f"{page}xlsx/").status_code == 404
    assert not AuditEntry.objects.filter(action="report_mail.downloaded").exists()


def test_link_opens_no_mail_of_another_tenant(definition, other_tenant, outside, finish, client):
    linked(definition, finish)
    forged = tokens.seal(f"{other_tenant.id}:{ReportMail.objects.get().pk}", purpose="report-mail")
    assert client.get(f"/mail/report/{forged}/").status_code == 404


def test_links_are_limited_by_address(definition, outside, finish, client, settings):
    page = linked(definition, finish)
    settings.SHARE_ADDRESS_PER_MINUTE = 2
    codes = [client.get(page, REMOTE_ADDR="192.0.2.77").status_code for _ in range(6)]
    assert (codes[0], codes[-1]) == (200, 429)


def test_erased_address_is_nowhere_and_its_mails_stay_without_it(definition, outside, finish, client):
    linked(definition, finish)
    ReportMail.objects.update(error="550 auditor@example.net")
    erase_address("auditor@example.net", actor="command", now=timezone.now())
    assert (OutsideAddress.objects.count(), ReportMail.objects.get().error) == (0, "")
    assert ReportRecipient.objects.get().removed_at is not None


def test_mails_and_what_belongs_to_no_mail_are_deleted_after_400_days(definition, manager, outside, finish):
    linked(definition, finish)
    now, kept = timezone.now(), timedelta(days=400)
    assert forget(now=now + kept - timedelta(days=1)) == 0
    remove(recipient=outside, actor="x", now=now)
    assert forget(now=now + kept + timedelta(days=1)) == 3
    assert [model.objects.count() for model in (ReportMail, ReportRecipient, OutsideAddress)] == [0, 0, 0]


def test_declined_address_is_remembered_for_400_days(definition, outside):
    now = timezone.now()
    OutsideAddress.objects.update(confirmed_at=None, declined_at=now, asked_at=now - timedelta(days=399))
    ReportRecipient.objects.all().delete()
    assert forget(now=now + timedelta(days=399)) == 0
    assert forget(now=now + timedelta(days=401)) == 1

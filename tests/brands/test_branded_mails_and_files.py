"""Mails and workbooks carry the brand: sender, head, footer, logo, file properties."""

from email import message_from_bytes
from email.policy import default

import openpyxl
import pytest
from django.core import mail as outbox
from django.utils import timezone
from openpyxl.utils.units import EMU_to_pixels

from portal.accounts import factor_mails, invitations, mail
from portal.accounts.models import Role
from portal.brands.models import TenantBrand
from portal.common.periods import Month
from reports.monthly.selector import MonthScope
from reports.runs.runs import build_now
from tests.brands.conftest import make_brand, png
from tests.conftest import NOW, make_user
from tests.people.conftest import worker

__all__ = ["worker"]

pytestmark = pytest.mark.django_db


def invited(tenant, owner) -> None:
    made = invitations.invite(tenant=tenant, email="new@example.com", role="viewer", inviter=owner, now=timezone.now())
    if not outbox.outbox:
        invitations.send(invitation_id=made.id)


def test_invitation_is_the_partners(child, owner, worker, mailoutbox):
    with worker():
        invited(child, owner)

    [message] = mailoutbox
    parsed = message_from_bytes(message.message().as_bytes(), policy=default)
    html = parsed.get_body(("html",)).get_content()
    [image] = [part for part in parsed.walk() if part.get_content_type() == "image/png"]
    assert parsed["From"] == "Partner Desk <portal@localhost>"
    assert ("Partner Insights" in html, "SMS reports<" in html, 'src="cid:logo@portal"' in html) == (True, False, True)
    assert image["Content-ID"] == "<logo@portal>"
    assert image.get_content() == bytes(TenantBrand.objects.get().logo)
    assert ("#7a1fa2" in html, "Links in this e-mail lead to portal.example.com." in html) == (True, True)
    assert ('width="192"' in html, 'height="48"' in html) == (True, True)
    assert ("https://portal.example.com/accounts/invitation/" in html, "http://" in html) == (True, False)


def test_mail_to_a_person_has_the_brand_of_their_tenants(child, owner, worker, mailoutbox):
    with worker():
        factor_mails.tell_others(make_user("mate@example.com", child, Role.VIEWER), factor_mails.REMOVED)

    [message] = mailoutbox
    assert (message.from_email, message.body.splitlines()[-1]) == (
        "Partner Desk <portal@localhost>",
        "Partner Insights",
    )


def test_mail_to_a_person_of_two_brands_is_the_portals_own(child, other_tenant, owner):
    from portal.accounts.models import Membership

    Membership.objects.create(user=owner, tenant=other_tenant, role="viewer")

    assert mail.brand_for("OWNER@example.com").product == "SMS reports"


def test_mail_without_a_brand_is_as_before(tenant, owner, worker, mailoutbox):
    with worker():
        invited(tenant, owner)

    [message] = mailoutbox
    html = message.alternatives[0][0]
    assert (message.from_email, message.attachments) == ("portal@localhost", [])
    assert ("SMS reports" in html, "cid:" in html, "Links in this e-mail" in html) == (True, False, False)


def test_logo_that_was_replaced_meanwhile_is_left_out(tenant, mailoutbox):
    make_brand(tenant, logo=png())

    mail.send(to="a@example.com", letter=mail.Letter("s", "t", "<p>t</p>", "", "0" * 64))

    assert mailoutbox[0].attachments == []


@pytest.mark.parametrize("has_brand", [True, False])
def test_workbook_names_the_brand(request, tenant, settings, tmp_path, has_brand):
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    }
    if has_brand:
        tenant = request.getfixturevalue("child")
    run, _figures = build_now(
        scope=MonthScope(tenant), month=Month.of(NOW.date()), requested_by="tests", now=NOW
    )  # fmt: skip

    book = openpyxl.load_workbook(tmp_path / run.file)

    first = [cell.value for cell in book["Summary"]["A"]][1]
    extents = [image.anchor.ext for image in book["Cover"]._images]
    sizes = [(EMU_to_pixels(extent.cx), EMU_to_pixels(extent.cy)) for extent in extents]
    assert sizes == ([(240, 60)] if has_brand else [])
    wanted = ("Partner Insights", "Partner Insights", "Service", "Partner Insights")
    plain = ("SMS reporting portal", "SMS reporting portal", "Tenant", None)
    head = book["Summary"].oddHeader.right.text
    assert (book.properties.creator, book.properties.title, first, head) == (wanted if has_brand else plain)
    line = book["Summary"]["A1"].border.bottom.color.rgb
    assert line == ("007A1FA2" if has_brand else "000F5F66")

"""Pages of statements: for the issuer all steps from the close to the credit note, for the customer its own."""

import re
from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from deliveries.models import RetentionMark
from portal.accounts.models import AuditEntry, Role
from reports.billing.closing import run_closings
from reports.models import BillingProfile, BillingTerms, ClosingRun, NumberSeries, Statement
from tests.billing.conftest import send
from tests.conftest import make_user

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def boss(client, issuer):
    person = make_user("boss@example.com", issuer, Role.OWNER)
    client.force_login(person)
    return client


def url(name: str, *args) -> str:
    return reverse(f"statements:{name}", args=["group", *args])


def closed(client, issuer, **values) -> Statement:
    answer = client.post(url("close"), {"month": "2026-10"} | values)
    assert (answer.status_code, answer.url) == (302, url("month", "2026-10"))
    run_closings()
    return Statement.objects.get()


def test_issuer_goes_from_the_close_to_the_credit_note(boss, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    draft = closed(boss, issuer)
    assert "Shop Oy" in text_of(boss.get(url("month", "2026-10")))
    page = text_of(boss.get(url("statement", draft.pk)))
    assert "Invoice draft" in page
    assert "SMS to Finland · fi.elisa" in page
    assert "0.065" in page

    boss.post(url("issue", draft.pk))
    draft.refresh_from_db()
    assert draft.number == "G1001"
    wrong = boss.post(url("paid", draft.pk), {"paid_on": "2020-01-01"})
    assert (wrong.status_code, "Choose a day from the issue to today." in text_of(wrong)) == (422, True)
    boss.post(url("paid", draft.pk), {"paid_on": draft.issued_on.isoformat()})
    assert "Paid" in text_of(boss.get(url("list")))
    boss.post(url("unpaid", draft.pk))
    answer = boss.post(url("credit", draft.pk), {"again": "yes"})

    new = Statement.objects.get(state="draft")
    assert answer.url == url("statement", new.pk)
    assert new.refers_to == draft
    assert [one.number for one in Statement.objects.exclude(number="").order_by("id")] == ["G1001", "G1002"]
    actions = set(AuditEntry.objects.filter(tenant=issuer).values_list("action", flat=True))
    assert {"closing.requested", "statement.issued", "statement.paid", "statement.unpaid", "statement.credited"} <= (
        actions
    )


def test_customer_sees_what_is_issued_and_no_draft(client, feed, issuer, customer, prices, profiles, boss):
    send(feed, 3)
    draft = closed(boss, issuer)
    client.force_login(make_user("shop@example.com", customer, Role.ACCOUNTANT))
    own = reverse("statements:statement", args=["shop", draft.pk])
    assert client.get(own).status_code == 404
    client.force_login(make_user("boss2@example.com", issuer, Role.OWNER))
    client.post(url("issue", draft.pk))

    client.force_login(make_user("shop2@example.com", customer, Role.ACCOUNTANT))
    page = client.get(own)
    assert (page.status_code, "Invoice G1001" in text_of(page)) == (200, True)
    assert "Credit the statement" not in text_of(page)
    assert "G1001" in text_of(client.get(reverse("statements:list", args=["shop"])))
    for name in ("issue", "credit", "paid", "unpaid"):
        assert client.post(reverse(f"statements:{name}", args=["shop", draft.pk])).status_code == 404
    pdf = client.get(reverse("statements:file", args=["shop", draft.pk, "pdf"]))
    assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    assert pdf.headers["Content-Disposition"] == 'attachment; filename="2026-10 Invoice G1001.pdf"'


def test_incomplete_draft_says_what_is_missing(boss, feed, issuer, customer, prices):
    send(feed, 3)
    draft = closed(boss, issuer)

    page = text_of(boss.get(url("statement", draft.pk)))
    answer = boss.post(url("issue", draft.pk), follow=True)

    assert "The statement cannot be issued yet. Missing:" in page
    assert "legal name of the customer" in page
    assert "Missing: legal name of the seller" in text_of(answer)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_line_opens_to_its_messages_and_the_changes_since(boss, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    draft = closed(boss, issuer)
    boss.post(url("issue", draft.pk))
    send(feed, 2, first=3)

    page = boss.get(url("line", draft.pk, draft.lines.get().pk))

    assert "On the statement 6 Today 10" in text_of(page)
    assert "Late delivery reports +2 +4" in text_of(page)
    (search,) = re.findall(r'href="(/t/group/messages/\?[^"]+)"', page.content.decode())
    found = boss.get(search.replace("&amp;", "&"))
    assert text_of(found).count("+35840") >= 5


def test_line_of_sealed_days_says_that_its_messages_are_deleted(boss, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    draft = closed(boss, issuer)
    RetentionMark.objects.create(
        tenant=customer, messages_before=date(2026, 11, 1), hours_before=datetime(2026, 10, 31, 22, tzinfo=UTC)
    )

    page = text_of(boss.get(url("line", draft.pk, draft.lines.get().pk)))

    assert "past their retention period" in page
    assert "Show the messages" not in page


def test_accountant_opens_a_line_without_a_way_to_its_messages(client, feed, issuer, customer, prices, profiles, boss):
    send(feed, 3)
    draft = closed(boss, issuer)
    client.force_login(make_user("books@example.com", issuer, Role.ACCOUNTANT))

    page = text_of(client.get(url("line", draft.pk, draft.lines.get().pk)))

    assert "Your role does not open messages." in page


def test_profile_terms_and_numbers_are_saved_with_before_and_after(boss, issuer, customer):
    wrong = {"form": "profile", "profile-legal_name": "Group Oyj", "profile-country": "FI", "profile-currency": "EUR"}
    wrong |= {"profile-business_id": "1234567-2", "profile-iban": "FI00", "profile-bic": "X", "profile-vat_id": "123"}
    page = text_of(boss.post(url("profile"), wrong))
    for text in ("not a valid Finnish business ID", "not a valid IBAN", "A BIC has 8 or 11", "begins with its country"):
        assert text in page

    right = wrong | {"profile-business_id": "12345671", "profile-iban": "FI21 1234 5600 0007 85"}
    right |= {"profile-bic": "NDEAFIHH", "profile-vat_id": "fi 12345671", "profile-endpoint_scheme": "0216"}
    assert boss.post(url("profile"), right).status_code == 302
    profile = BillingProfile.objects.get(tenant=issuer)
    assert (profile.business_id, profile.iban, profile.vat_id) == ("1234567-1", "FI2112345600000785", "FI12345671")
    terms = {"form": "terms", "terms-valid_from": "2026-01-01", "terms-vat_category": "S", "terms-percent": "25.5"}
    assert boss.post(url("profile"), terms | {"terms-payment_days": "21"}).status_code == 302
    assert boss.post(url("customer", "shop"), terms | {"terms-vat_category": "AE"}).status_code == 422
    reason = {"terms-vat_category": "AE", "terms-vat_reason": "Reverse charge", "terms-payment_days": "7"}
    assert boss.post(url("customer", "shop"), terms | reason).status_code == 302
    assert list(BillingTerms.objects.order_by("id").values_list("customer", "vat_rate", "payment_days")) == [
        (None, 2550, 21),
        (customer.pk, 0, 7),
    ]
    numbers = {"form": "series", "series-prefix": "G", "series-next_number": "2001"}
    assert boss.post(url("profile"), numbers).status_code == 302
    assert str(NumberSeries.objects.get(issuer=issuer)) == "G2001"
    changed = AuditEntry.objects.filter(action="billing.profile_changed").last()
    assert changed.details["business_id"] == ["", "1234567-1"]
    assert "Missing for a statement" in text_of(boss.get(url("customers")))


def test_number_that_leaves_a_gap_is_refused(boss, feed, issuer, customer, prices, profiles):
    send(feed, 1)
    boss.post(url("issue", closed(boss, issuer).pk))

    page = boss.post(url("profile"), {"form": "series", "series-prefix": "G", "series-next_number": "1005"})

    assert "Numbers are given without gaps: after 1001 comes 1002." in text_of(page)


def test_closing_is_cancelled_and_retried(boss, issuer, customer):
    boss.post(url("close"), {"month": "2026-10"})
    run = ClosingRun.objects.get()
    assert "Queued" in text_of(boss.get(url("close")))
    boss.post(url("close_cancel", run.pk))
    run.refresh_from_db()
    assert run.state == "cancelled"
    boss.post(url("close_retry", run.pk))
    run.refresh_from_db()
    assert run.state == "queued"
    assert "is being closed already" in text_of(boss.post(url("close"), {"month": "2026-10"}))


def test_bookkeeping_file_has_the_issued_statements(boss, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    boss.post(url("issue", closed(boss, issuer).pk))

    answer = boss.get(url("bookkeeping", "2026-10"))

    rows = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    assert '"G1001"' in rows[1]
    assert boss.get(url("bookkeeping", "october")).status_code == 404

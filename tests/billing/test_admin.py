"""The operator's statements in the admin: a month is closed there, drafts are issued, credited and downloaded."""

from datetime import date

import pytest

from reports.billing.closing import run_closings
from reports.billing.drafts import make_drafts
from reports.models import BillingTerms, ClosingRun, Statement
from tests.billing.conftest import CLOSED, OCTOBER, make_list, make_profile, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client, staff_user):
    client.force_login(staff_user)
    return client


@pytest.fixture
def billed(feed, tenant) -> None:
    """A customer of the operator with two messages of October, and all that a statement to it needs."""
    make_list(None, {"FI": 65_000})
    make_profile(None, "1234567-1", iban="FI2112345600000785", bic="NDEAFIHH")
    make_profile(tenant, "7654321-2")
    BillingTerms.objects.create(valid_from=date(2026, 1, 1), vat_category="S", vat_rate=2550)
    send(feed, 2, ppid="nr-fi")


def act(staff, action: str, *statements: Statement) -> str:
    data = {"action": action, "_selected_action": [one.pk for one in statements]}
    return staff.post("/admin/reports/statement/", data, follow=True).content.decode()


def test_operator_closes_issues_and_credits(staff, billed, tenant, issuer):
    page = staff.get("/admin/reports/closingrun/close/").content.decode()
    assert "Close a month" in page

    answer = staff.post("/admin/reports/closingrun/close/", {"month": "2026-10", "is_issuing": ""})

    assert answer.url == "/admin/reports/closingrun/"
    run_closings()
    run = ClosingRun.objects.get()
    assert (run.issuer, run.state, run.result) == (None, "done", {"drafts": 1, "without": 1})
    statement = Statement.objects.get()
    assert "1 statement was changed." in act(staff, "issue", statement)
    assert "already" in act(staff, "issue", statement)
    file = staff.get(f"/admin/reports/statement/{statement.pk}/files/peppol/")
    assert b"<cbc:ID>1001</cbc:ID>" in b"".join(file.streaming_content)
    act(staff, "mark_paid", statement)
    act(staff, "credit", statement)
    found = Statement.objects.order_by("id").values_list("number", "kind", "state", "net")
    assert list(found) == [("1001", "invoice", "credited", 26), ("1002", "credit_note", "issued", -26)]


def test_incomplete_draft_is_named(staff, feed, tenant):
    make_list(None, {"FI": 65_000})
    send(feed, 1, ppid="nr-fi")
    staff.post("/admin/reports/closingrun/close/", {"month": "2026-10"})
    run_closings()
    statement = Statement.objects.get()

    page = staff.get(f"/admin/reports/statement/{statement.pk}/change/").content.decode()

    assert "Missing: legal name of the seller" in page
    assert "Missing: legal name of the seller" in act(staff, "issue", statement)


def test_statements_of_customers_are_not_the_operators(staff, feed, issuer, customer, prices, profiles):
    send(feed, 1)
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts

    assert "Shop Oy" not in staff.get("/admin/reports/statement/").content.decode()
    assert staff.get(f"/admin/reports/statement/{draft.pk}/files/xlsx/").status_code == 404


def test_terms_with_a_wrong_rate_are_refused(staff):
    data = {"valid_from": "2026-01-01", "vat_category": "AE", "vat_rate": "2550", "payment_days": "14"}

    page = staff.post("/admin/reports/billingterms/add/", data).content.decode()

    assert "that of all other categories is 0" in page
    assert "Say why there is no VAT" in page
    assert BillingTerms.objects.count() == 0

"""Issuing: what is missing is named, numbers have no gaps, what is issued stays."""

from datetime import date

import pytest
from django.db import IntegrityError, ProgrammingError, transaction

from portal.accounts.models import AuditEntry
from portal.tenants.scope import web_scope, with_descendants
from reports.billing.drafts import make_drafts
from reports.billing.issuing import Incomplete, NotPossible, credit, issue, mark_paid, mark_unpaid, missing_for
from reports.billing.profiles import missing_of
from reports.models import BillingProfile, BillingTerms, NumberSeries, Statement, StatementLine
from tests.billing.conftest import CLOSED, OCTOBER, make_list, make_profile, make_tenant, send

ACTOR = "owner@example.com"
pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(feed, issuer, customer, prices) -> Statement:
    send(feed, 3)
    return make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts[0]


def test_statement_is_issued_with_number_reference_and_due_date(draft, profiles):
    statement = issue(draft.pk, actor=ACTOR, now=CLOSED)

    statement.refresh_from_db()
    assert (statement.number, statement.reference, statement.state) == ("G1001", "10016", "issued")
    assert (statement.issued_on, statement.due_on) == (date(2026, 11, 5), date(2026, 11, 19))
    assert (statement.parties["seller"]["iban"], statement.parties["buyer"]["name"]) == (
        "FI2112345600000785",
        "Shop Oy",
    )
    assert (statement.net, statement.vat) == (39, 10)
    entry = AuditEntry.objects.get(action="statement.issued")
    assert (entry.tenant, entry.actor, entry.subject) == (statement.issuer, ACTOR, "G1001")
    assert entry.details == {
        "customer": "shop",
        "month": "2026-10",
        "total": 49,
        "currency": "EUR",
        "state": "issued",
    }


def test_incomplete_statement_is_not_issued_and_says_what_is_missing(draft, issuer, customer):
    make_profile(issuer, "1234567-1", vat_id="", bic="BIC", iban="")
    make_profile(customer, "7654321-2", city="")

    with pytest.raises(Incomplete) as found:
        issue(draft.pk, actor=ACTOR, now=CLOSED)

    assert str(found.value) == (
        "Missing: bank account (IBAN) of the seller, city of the customer,"
        " VAT terms of the customer or for all customers."
    )
    BillingTerms.objects.create(
        issuer=issuer, customer=customer, valid_from=date(2026, 10, 31), vat_category="AE", vat_reason="Reverse charge"
    )
    BillingProfile.objects.update(iban="FI2112345600000785", city="Oulu")
    BillingProfile.objects.filter(tenant=customer).update(vat_id="")
    assert list(map(str, missing_for(draft))) == ["VAT ID of the seller", "VAT ID of the customer"]
    draft.refresh_from_db()
    assert (draft.state, NumberSeries.objects.count()) == ("draft", 0)


def test_exchange_rate_and_lines_may_be_missing(feed, issuer, customer, profiles):
    make_list(issuer, {"FI": 650_000}, customer=customer, currency="SEK")
    send(feed, 1)
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
    StatementLine.objects.all().delete()

    assert list(map(str, missing_for(draft))) == [
        "exchange rate from SEK to EUR up to the end of the month",
        "lines: no message of the month has a price",
    ]


def test_every_profile_field_that_is_needed_is_named():
    terms = BillingTerms(vat_category="AE", vat_reason="Reverse charge")

    found = missing_of(BillingProfile(), BillingProfile(), terms)

    assert [str(one) for one in found] == [
        *(
            f"{name} of the seller"
            for name in (
                "legal name",
                "business ID",
                "street address",
                "postal code",
                "city",
                "country",
                "e-invoice address",
                "bank account (IBAN)",
                "bank (BIC)",
            )
        ),
        *(
            f"{name} of the customer"
            for name in (
                "legal name",
                "business ID",
                "street address",
                "postal code",
                "city",
                "country",
                "e-invoice address",
            )
        ),
        "VAT ID of the seller",
        "VAT ID of the customer",
    ]


def test_terms_are_those_of_the_day_of_supply(draft, profiles, issuer, customer):
    BillingTerms.objects.create(issuer=issuer, valid_from=date(2026, 11, 1), vat_category="S", vat_rate=2400)
    BillingTerms.objects.create(
        issuer=issuer,
        customer=customer,
        valid_from=date(2026, 10, 31),
        vat_category="S",
        vat_rate=1400,
        payment_days=30,
    )

    statement = issue(draft.pk, actor=ACTOR, now=CLOSED)

    assert (statement.lines.get().vat_rate, statement.vat, statement.due_on) == (1400, 5, date(2026, 12, 5))


def test_only_drafts_are_issued_and_only_issued_invoices_credited(draft, profiles):
    with pytest.raises(NotPossible, match="Only an issued invoice"):
        credit(draft.pk, actor=ACTOR, now=CLOSED)
    issue(draft.pk, actor=ACTOR, now=CLOSED)
    with pytest.raises(NotPossible, match="issued already"):
        issue(draft.pk, actor=ACTOR, now=CLOSED)
    note = credit(draft.pk, actor=ACTOR, now=CLOSED)
    for one in (draft, note):
        with pytest.raises(NotPossible, match="Only an issued invoice"):
            credit(one.pk, actor=ACTOR, now=CLOSED)
        with pytest.raises(NotPossible, match="marked as paid"):
            mark_paid(one.pk, on=date(2026, 11, 20), actor=ACTOR)


def test_payment_is_marked_and_taken_back(draft, profiles):
    issue(draft.pk, actor=ACTOR, now=CLOSED)
    assert mark_paid(draft.pk, on=date(2026, 11, 20), actor=ACTOR).paid_on == date(2026, 11, 20)
    assert (mark_unpaid(draft.pk, actor=ACTOR).state, mark_paid(draft.pk, on=CLOSED.date(), actor=ACTOR).state) == (
        "issued",
        "paid",
    )
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "statement.issued",
        "statement.paid",
        "statement.unpaid",
        "statement.paid",
    ]


def test_issuer_closes_and_issues_behind_the_wall(feed, issuer, customer, prices, profiles):
    """Pages and keys do it as the web role: drafts, numbers, credit notes."""
    send(feed, 3)
    with web_scope(with_descendants([issuer.pk])):
        (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
        (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
        statement = issue(draft.pk, actor=ACTOR, now=CLOSED)
        note = credit(statement.pk, actor=ACTOR, now=CLOSED)

    assert (statement.number, note.number) == ("G1001", "G1002")


def test_lines_of_issued_statements_cannot_be_changed_behind_the_wall(draft, profiles, issuer):
    issue(draft.pk, actor=ACTOR, now=CLOSED)

    with web_scope(with_descendants([issuer.pk])):
        assert StatementLine.objects.update(vat_rate=0) == 0
        assert StatementLine.objects.filter(pk__gt=0)._raw_delete("default") == 0
        assert Statement.objects.filter(pk__gt=0)._raw_delete("default") == 0
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            StatementLine.objects.update(amount=0)


def test_numbers_are_given_once():
    values = {"month": date(2026, 10, 1), "currency": "EUR", "state": "issued", "made_at": CLOSED, "issued_at": CLOSED}
    values |= {"issued_on": CLOSED.date(), "due_on": CLOSED.date(), "sequence": 1001, "number": "1001"}
    for slug in ("a", "b"):
        customer = make_tenant(slug, slug)
        if slug == "a":
            Statement.objects.create(customer=customer, **values)
            continue
        with pytest.raises(IntegrityError, match="statement_number_once"), transaction.atomic():
            Statement.objects.create(customer=customer, **values)

"""Saved reports of statements: what was issued to the customer, for members with the right `billing` alone."""

import io
import zipfile
from datetime import date

import openpyxl
import pytest

from deliveries.counts.causes import close_month
from portal.accounts.access import access_of
from portal.accounts.models import Role
from reports.billing.drafts import make_drafts
from reports.billing.issuing import credit, issue
from reports.models import ReportMail
from reports.schedules.attachments import files_for
from reports.schedules.checking import WrongDefinition, check_definition
from reports.schedules.files import edition_of, open_file
from reports.schedules.recipients import Addressee, add_member, addressee
from reports.schedules.recipients import add_address as add_outside
from tests.billing.conftest import CLOSED, OCTOBER, customer, issuer, prices, profiles, send
from tests.conftest import make_user
from tests.schedules.conftest import IN_FULL, MASKED, made, saved

__all__ = ["customer", "issuer", "prices", "profiles"]

pytestmark = pytest.mark.django_db

MONTH = {"period": "custom", "first": date(2026, 10, 1), "last": date(2026, 10, 31)}


@pytest.fixture
def boss(customer):
    return make_user("boss@shop.example.com", customer, Role.OWNER)


@pytest.fixture
def statement(feed, issuer, customer, prices, profiles):
    send(feed, 3)
    close_month(OCTOBER)
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
    return issue(draft.pk, actor="owner@example.com", now=CLOSED)


def test_run_has_what_was_issued_in_each_format(boss, customer, statement):
    run = made(saved(boss, customer, "statements", formats=["pdf", "xlsx"], **MONTH))

    assert (run.state, run.skipped, run.rows, run.kind) == ("done", "", 1, "final")
    assert sorted(run.files.values_list("format", "edition")) == [
        ("pdf", "costs"), ("pdf", "full"), ("xlsx", "costs"), ("xlsx", "full"),
    ]  # fmt: skip
    with open_file(edition_of(run, "pdf", IN_FULL, sees_costs=True)) as file:
        assert file.read().startswith(b"%PDF")
    with open_file(edition_of(run, "xlsx", MASKED, sees_costs=True)) as file:
        facts = {row[0]: row[1] for row in openpyxl.load_workbook(file)["Statement"].iter_rows(values_only=True)}
    assert (facts["Number"], facts["Without VAT"]) == (statement.number, 0.39)


def test_invoice_and_its_credit_note_are_one_archive(boss, customer, statement):
    credit(statement.pk, actor="owner@example.com", now=CLOSED)
    run = made(saved(boss, customer, "statements", formats=["pdf"], **MONTH))
    with open_file(edition_of(run, "pdf", IN_FULL, sees_costs=True)) as file:
        names = zipfile.ZipFile(io.BytesIO(file.read())).namelist()
    assert names == ["2026-10 Invoice G1001.pdf", "2026-10 Credit note G1002.pdf"]


def test_drafts_make_no_file_and_the_same_statements_no_second_one(feed, boss, issuer, customer, prices, profiles):
    send(feed, 3)
    close_month(OCTOBER)
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
    definition = saved(boss, customer, "statements", formats=["pdf"], condition="changed", **MONTH)

    assert (made(definition).skipped, made(definition).skipped) == ("no_rows", "no_rows")
    issue(draft.pk, actor="owner@example.com", now=CLOSED)
    assert (made(definition).skipped, made(definition).skipped) == ("", "unchanged")


def test_members_without_the_right_and_outside_addresses_get_none(client, boss, customer, statement):
    definition = saved(boss, customer, "statements", formats=["pdf"], **MONTH)
    run = made(definition)
    for role, edition in ((Role.ACCOUNTANT, "costs"), (Role.MANAGER, ""), (Role.ANALYST, ""), (Role.VIEWER, "")):
        person = make_user(f"{role}@shop.example.com", customer, role)
        client.force_login(person)
        answer = client.get(f"/t/shop/reports/runs/{run.pk}/pdf/")
        assert answer.status_code == (200 if edition else 404), role
        if answer.streaming:
            assert b"".join(answer.streaming_content).startswith(b"%PDF")
        listed = client.get("/t/shop/reports/definitions/").content.decode()
        assert (definition.name in listed) == bool(edition), role
        to = addressee(add_member(definition=definition, user=person, actor=boss, now=CLOSED), run)
        assert isinstance(to, Addressee) == bool(edition), role
        if isinstance(to, Addressee):
            assert [one.edition for one in files_for(run, to.masking, sees_costs=to.sees_costs)] == [edition]
        else:
            assert to == ReportMail.Skipped.LEFT
    outside = add_outside(definition=definition, email="out@example.org", language="en", actor=boss, now=CLOSED)
    outside.address.confirmed_at = CLOSED
    to = addressee(outside, run)
    assert isinstance(to, Addressee)
    assert files_for(run, to.masking, sees_costs=to.sees_costs) == []


def test_kind_is_for_who_bills_and_of_a_whole_month(client, boss, customer, statement):
    def problem(person, **values) -> str:
        definition = saved(person, customer, "statements", **{"formats": ["pdf"], "name": str(values)} | MONTH | values)
        try:
            check_definition(definition, access_of(person, slug="shop"))
        except WrongDefinition as wrong:
            return f"{wrong.field}: {wrong.code}"
        return ""

    assert problem(boss) == ""
    assert problem(boss, last=date(2026, 10, 30)) == "first: not_a_month"
    assert problem(boss, formats=["csv"]) == "formats: unknown"
    manager = make_user("manager@shop.example.com", customer, Role.MANAGER)
    assert problem(manager, name="x") == "kind: not_allowed"

    client.force_login(boss)
    page = client.get("/t/shop/reports/definitions/new/?ready=statements").content.decode()
    assert "Statements as soon as they are issued" in page
    form = {
        "kind": "statements", "name": "Bills", "period": "custom", "first": "2026-10-01", "last": "2026-10-31",
        "formats": ["pdf"], "preview": "yes",
    }  # fmt: skip
    shown = client.post("/t/shop/reports/definitions/new/", form).content.decode()
    assert statement.number in shown and "0.39" in shown

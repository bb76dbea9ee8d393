"""Statements in the API: the same figures as their files, and the steps from draft to credit note."""

import io
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from portal.accounts.models import AuditEntry, Role
from reports.billing.drafts import make_drafts
from reports.billing.issuing import issue
from reports.billing.opened import open_line
from reports.models import Fee, Statement, StatementLine
from tests.api.conftest import call
from tests.api.test_member_writes import send as send_method
from tests.billing.conftest import CLOSED, OCTOBER, make_tenant, send
from tests.conftest import make_user

__all__ = ["call"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def statement(feed, issuer, customer, prices, profiles) -> Statement:
    send(feed, 3)
    send(feed, 2, to="SE", ppid="shop-2")
    Fee.objects.create(price_list=prices, name="Service", kind="monthly", minor=2_500, valid_from="2026-01-01")
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
    return issue(draft.pk, actor="boss@example.com", now=CLOSED)


def file_of(caller, statement: Statement, format_name: str) -> bytes:
    answer = caller.get(f"statements/{statement.pk}/files/{format_name}/")
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def test_statement_and_lines_are_read(call, statement, issuer, customer):
    mine, theirs = call(issuer, "billing"), call(customer, "billing")

    for caller in (mine, theirs):
        (found,) = caller.get("statements/").json()["data"]
        assert found == caller.get(f"statements/{statement.pk}/").json()
    assert {name: found[name] for name in ("number", "net", "vat", "total", "reference", "formats")} == {
        "number": "G1001",
        "net": "25.55",
        "vat": "6.52",
        "total": "32.07",
        "reference": "10016",
        "formats": ["pdf", "xlsx", "peppol", "finvoice"],
    }
    lines = mine.get(f"statements/{statement.pk}/lines/").json()["data"]
    assert [(one["description"], one["quantity"], one["unit_price"], one["amount"]) for one in lines] == [
        ("SMS to Finland · fi.elisa", 6, "0.065", "0.39"),
        ("SMS to Sweden · se.telia", 4, "0.0412", "0.16"),
        ("Service", 1, "25.00", "25.00"),
    ]


def test_a_line_is_opened_as_on_its_page(call, statement, issuer, feed):
    mine = call(issuer, "billing", "read")
    send(feed, 3, to="SE", ppid="shop-2")  # late, after the statement

    opened = mine.get(f"statements/{statement.pk}/lines/2/").json()

    page = open_line(StatementLine.objects.select_related("statement__customer").get(statement=statement, position=2))
    assert (opened["counted"], opened["counted_today"]) == (page.then, page.today)
    assert opened["counted_today"] > opened["counted"] == 4
    assert [tuple(one.values()) for one in opened["changes"]] == page.changes
    [address] = opened["messages"]
    listed = mine.get(address.removeprefix("/api/v1/")).json()["data"]
    assert {(row["country"], row["partner_id"]) for row in listed} == {("SE", "shop-2")}
    assert sum(row["parts"] for row in listed) == opened["counted_today"]
    assert opened["messages_before"] is None
    assert mine.get(f"statements/{statement.pk}/lines/3/").status_code == 404  # a fee
    assert call(issuer, "read").get(f"statements/{statement.pk}/lines/2/").status_code == 403


def test_filters_narrow_the_list(call, statement, issuer):
    mine = call(issuer, "billing")

    def count(query: str) -> int:
        return len(mine.get(f"statements/?{query}").json()["data"])

    assert [count(one) for one in ("month=2026-10", "month=2026-09", "state=draft", "customer=shop", "customer=x")] == [
        1,
        0,
        0,
        1,
        0,
    ]
    assert mine.get("statements/?month=2026-13").status_code == 400


def test_others_and_keys_without_the_scope_see_nothing(call, statement, issuer, account, other_tenant):
    stranger, reader = call(other_tenant, "billing"), call(issuer, "read")
    of_account = call(account.pool, "billing", account=account)

    assert stranger.get(f"statements/{statement.pk}/").status_code == 404
    assert stranger.post(f"statements/{statement.pk}/credit/", {}).status_code == 404
    assert reader.get("statements/").status_code == 403
    assert of_account.get("statements/").json()["data"] == []


def test_draft_goes_to_credit_note(call, statement, issuer, customer):
    mine, theirs = call(issuer, "billing"), call(customer, "billing")

    assert theirs.post(f"statements/{statement.pk}/paid/", {"paid_on": "2026-11-06"}).status_code == 404
    early = mine.post(f"statements/{statement.pk}/paid/", {"paid_on": "2026-11-01"})
    paid = mine.post(f"statements/{statement.pk}/paid/", {"paid_on": "2026-11-06"})
    again = mine.post(f"statements/{statement.pk}/issue/", {})
    note = mine.post(f"statements/{statement.pk}/credit/", {})

    assert (early.status_code, paid.json()["state"], paid.json()["paid_on"]) == (422, "paid", "2026-11-06")
    assert (again.status_code, again.json()["detail"]) == (409, "The statement is issued already.")
    assert {name: note.json()[name] for name in ("kind", "number", "total", "refers_to")} == {
        "kind": "credit_note",
        "number": "G1002",
        "total": "-32.07",
        "refers_to": "G1001",
    }


def test_paid_invoice_is_marked_as_not_paid_by_its_issuer(call, statement, issuer, customer):
    mine, theirs, path = call(issuer, "billing"), call(customer, "billing"), f"statements/{statement.pk}/paid/"
    mine.post(path, {"paid_on": "2026-11-06"})

    of_customer, unpaid, twice = (send_method(caller, "delete", path) for caller in (theirs, mine, mine))

    assert of_customer.status_code == 404
    assert (unpaid.json()["state"], unpaid.json()["paid_on"]) == ("issued", None)
    assert (twice.status_code, twice.json()["detail"]) == (409, "The statement is not marked as paid.")


def test_incomplete_draft_is_a_conflict_that_says_what_is_missing(call, feed, issuer, prices):
    tenant = make_tenant("new", "New Oy", parent=issuer)
    Fee.objects.create(price_list=prices, name="Service", kind="monthly", minor=100, valid_from="2026-01-01")
    (draft,) = make_drafts(issuer=issuer, customer=tenant, month=OCTOBER, now=CLOSED).drafts

    mine = call(issuer, "billing")
    shown, finnish = (mine.get(f"statements/{draft.pk}/", lang=lang).json()["missing"] for lang in ("en", "fi"))
    answer = mine.post(f"statements/{draft.pk}/issue/", {})

    assert answer.status_code == 409
    assert answer.json()["detail"] == f"Missing: {', '.join(shown)}."
    assert finnish[0] == "myyjän virallinen nimi"
    assert [one["missing"] for one in mine.get("statements/", lang="fi").json()["data"]] == [finnish]
    assert answer.json()["detail"].startswith("Missing: legal name of the seller, business ID of the seller,")


def test_remarks_are_those_of_the_page_and_of_drafts_alone(client, call, feed, issuer, customer, prices, profiles):
    send(feed, 3)
    prices.prices.filter(country="SE").delete()
    send(feed, 2, to="SE")
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
    mine = call(issuer, "billing")

    read = [mine.get(f"statements/{draft.pk}/").json(), *mine.get("statements/").json()["data"]]
    client.force_login(make_user("boss@example.com", issuer, Role.OWNER))
    page = client.get(reverse("statements:statement", args=[issuer.slug, draft.pk]))

    assert [one["remarks"] for one in read] == [
        [{"kind": "unpriced", "text": page.context["remarks"][0], "messages": 2, "parts": 4, "share": None,
          "before": None}]
    ] * 2  # fmt: skip
    assert [one["missing"] for one in read] == [page.context["missing"]] * 2 == [[]] * 2
    issue(draft.pk, actor="boss@example.com", now=CLOSED)
    for caller in (mine, call(customer, "billing")):
        assert [(one["remarks"], one["missing"]) for one in caller.get("statements/").json()["data"]] == [([], [])]


def test_draft_has_no_electronic_invoice(call, feed, issuer, customer, prices):
    send(feed, 1)
    (draft,) = make_drafts(issuer=issuer, customer=customer, month=OCTOBER, now=CLOSED).drafts
    mine = call(issuer, "billing")

    assert mine.get(f"statements/{draft.pk}/").json()["formats"] == ["pdf", "xlsx"]
    assert mine.get(f"statements/{draft.pk}/files/peppol/").status_code == 409


def test_every_cell_of_the_workbook_is_the_apis(call, statement, issuer):
    mine = call(issuer, "billing")
    found, lines = mine.get(f"statements/{statement.pk}/").json(), mine.get(f"statements/{statement.pk}/lines/").json()

    book = load_workbook(io.BytesIO(file_of(mine, statement, "xlsx")))

    head, *rows = book["Lines"].iter_rows(values_only=True)
    assert head == (
        "Line",
        "Description",
        "Section",
        "From",
        "To",
        "Quantity",
        "Unit",
        "Unit price",
        "VAT rate",
        "Amount",
    )
    shown = [
        (
            row[0], row[1], row[2] or "", row[3].date().isoformat(), row[4].date().isoformat(), row[5], row[6],
            Decimal(str(row[7])), Decimal(str(row[8])) * 100, Decimal(str(row[9])),
        )
        for row in rows
    ]  # fmt: skip
    assert shown == [
        (
            one["position"], one["description"], " · ".join(filter(None, (one["account"], one["partner_id"]))),
            one["first_day"], one["last_day"], one["quantity"], one["unit"],
            Decimal(one["unit_price"]), Decimal(one["vat_rate"]), Decimal(one["amount"]),
        )
        for one in lines["data"]
    ]  # fmt: skip
    _head, *vat = book["VAT"].iter_rows(values_only=True)
    assert [(Decimal(str(row[1])) * 100, row[2] or "", Decimal(str(row[3])), Decimal(str(row[4]))) for row in vat] == [
        (Decimal(one["rate"]), one["reason"], Decimal(one["net"]), Decimal(one["vat"]))
        for one in found["vat_breakdown"]
    ]
    facts = {row[0]: row[1] for row in book["Statement"].iter_rows(values_only=True)}
    assert (facts["Number"], facts["Date"].date().isoformat(), facts["Due date"].date().isoformat()) == (
        found["number"],
        found["issued_on"],
        found["due_on"],
    )
    assert facts["Reference number"].replace(" ", "") == found["reference"]
    assert [Decimal(str(facts[name])) for name in ("Without VAT", "VAT in total", "To pay (EUR)")] == [
        Decimal(found[name]) for name in ("net", "vat", "total")
    ]


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")
def test_every_cell_of_the_pdf_is_the_apis(call, statement, issuer, tmp_path: Path):
    mine = call(issuer, "billing")
    found, lines = mine.get(f"statements/{statement.pk}/").json(), mine.get(f"statements/{statement.pk}/lines/").json()
    path = tmp_path / "statement.pdf"
    path.write_bytes(file_of(mine, statement, "pdf"))

    done = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, timeout=60)
    text = re.sub(r"\s+", " ", done.stdout.decode().replace("\u200b", ""))

    for one in lines["data"]:
        cells = f"{one['first_day']} {one['last_day']} {one['quantity']} {one['unit']} {one['unit_price']}"
        assert f"{cells} {one['vat_rate']}% {one['amount']}" in text
        assert one["partner_id"] is None or f"{one['account']} · {one['partner_id']}" in text
    for one in found["vat_breakdown"]:
        assert f"Standard rate {one['rate']}% {one['net']} {one['vat']}" in text
    assert f"Without VAT {found['net']} VAT in total {found['vat']} To pay (EUR) {found['total']}" in text
    for value in (found["number"], found["issued_on"], found["due_on"], found["reference"], "Shop Oy", "Group Oyj"):
        assert value in text


def test_download_is_written_down_but_no_head(call, statement, customer):
    mine = call(customer, "billing")
    head = mine.client.head(f"/api/v1/statements/{statement.pk}/files/finvoice/", headers=mine.headers)
    assert (head.status_code, AuditEntry.objects.filter(action="statement.downloaded").exists()) == (200, False)
    file_of(mine, statement, "finvoice")

    entry = AuditEntry.objects.get(action="statement.downloaded")
    assert (entry.tenant, entry.subject) == (customer, "2026-10 Invoice G1001.finvoice.xml")


def test_month_is_fetched_for_bookkeeping(call, statement, issuer, customer, account):
    mine = call(issuer, "billing")
    head = mine.client.head("/api/v1/statements/bookkeeping/?month=2026-10", headers=mine.headers)
    assert head.status_code == 200  # and no download in the audit log
    english, finnish = (mine.get("statements/bookkeeping/", month="2026-10", lang=lang) for lang in ("en", "fi"))
    lines = b"".join(english.streaming_content).decode("utf-8-sig").splitlines()

    assert (english.status_code, english.headers["Content-Type"]) == (200, "text/csv")
    assert [line.split(",")[0] for line in lines] == ['"Number"', '"G1001"']
    assert b"".join(finnish.streaming_content).decode("utf-8-sig").splitlines()[1].split(";")[0] == '"G1001"'
    entries = AuditEntry.objects.filter(action="statement.downloaded").values_list("actor", "subject")
    assert list(entries) == [(str(mine.key), "2026-10 bookkeeping.csv")] * 2
    assert [mine.get("statements/bookkeeping/", **given).status_code for given in ({}, {"month": "2026-13"})] == [
        400,
        400,
    ]
    received = call(customer, "billing").get("statements/bookkeeping/", month="2026-10", lang="en")
    assert len(b"".join(received.streaming_content).splitlines()) == 1
    of_account = call(account.pool, "billing", account=account)
    assert of_account.get("statements/bookkeeping/", month="2026-10").status_code == 403

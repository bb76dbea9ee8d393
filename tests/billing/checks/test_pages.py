"""The pages of invoice checks, from the upload to the claim, over an account with simulated traffic."""

import io
import re

import openpyxl
import pytest
from django.urls import reverse

from portal.accounts.models import AuditEntry, Role
from portal.tenants.models import Tenant
from reports.billing.checks import running
from reports.billing.proof.rules import Kind
from reports.models import InvoiceCheck
from tests.billing.proof.gateway import Errors
from tests.conftest import make_user

pytestmark = pytest.mark.django_db

URL = "/t/nordic-retail/billing/checks/"
HELSINKI = ("Europe/Helsinki", ("Europe/Helsinki", "Europe/Helsinki"))
COLUMNS = {"column_partner_id": "0", "column_country": "1", "column_quantity": "2", "column_amount": "3"}


def csv_of(invoice: dict[tuple[str, str], tuple[int, int]]) -> bytes:
    lines = ["PPID;Maa;Määrä;Summa"]
    for (partner_id, country), (quantity, amount) in sorted(invoice.items()):
        euros = f"{amount / 1_000_000:.2f}".replace(".", ",")
        lines.append(f"{partner_id};{country};{quantity};{euros}")
    return "\r\n".join([*lines, "Yhteensä;;;"]).encode("cp1252")


def upload(client, content: bytes, name: str = "lokakuu.csv") -> str:
    file = io.BytesIO(content)
    file.name = name
    response = client.post(URL, {"account": "link-main", "file": file})
    assert response.status_code == 302, response.content.decode()
    return response["Location"]


@pytest.fixture
def checked(client, carried, owner):
    """Upload an invoice with failed messages charged, and run its check."""
    of = carried(*HELSINKI, priced=True)
    client.force_login(owner)
    address = upload(client, csv_of(of.gateway.invoice(Errors(failed="charged"))))
    response = client.post(address, COLUMNS | {"month": "2026-10", "closed_on": "2026-11-01"})
    assert (response.status_code, response["Location"]) == (302, address), response.content.decode()
    assert running.run_checks() == 1
    return of, address


def test_an_invoice_is_uploaded_mapped_checked_and_claimed(client, checked) -> None:
    of, address = checked
    check = InvoiceCheck.objects.get()

    assert (check.state, check.sealed, check.problem) == ("done", "", "")
    assert list(check.totals["kinds"]) == [Kind.FAILED]
    ours, theirs = of.gateway.invoice(), of.gateway.invoice(Errors(failed="charged"))
    assert check.totals["theirs"] == [sum(q for q, _ in theirs.values()), sum(a for _, a in theirs.values())]
    assert check.totals["ours"] == [sum(q for q, _ in ours.values()), sum(a for _, a in ours.values())]
    page = client.get(address).content.decode()
    assert "Failed messages" in page and "not agreed" in page

    link = re.search(rf'href="({re.escape(address)}rows/\d+/\d+/)"', page)[1]
    listed = client.get(link).content.decode()
    part = next(part for row in check.rows for part in row[5])
    assert part[0] == Kind.FAILED
    assert 1 <= listed.count("/messages/link-main/") <= part[2]  # a message of several parts is one

    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}claim/").content))
    assert book.sheetnames == ["Summary", "Differences", "Messages"]
    lines = list(book["Messages"].iter_rows(min_row=2, values_only=True))
    assert sum(line[-1] for line in lines) == sum(q for q, _ in theirs.values()) - sum(q for q, _ in ours.values())
    assert {line[8] for line in lines} <= {"failed", "expired", "rejected"}
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert actions >= {"invoice_check.started", "invoice_check.claimed"}


def test_roles_and_other_customers(client, checked, accountant, manager, analyst) -> None:
    _of, address = checked
    stranger = make_user("stranger@example.com", Tenant.objects.create(slug="other", name="Other"), Role.OWNER)
    link = f"{address}rows/{next(n for n, row in enumerate(InvoiceCheck.objects.get().rows) if row[5])}/0/"

    for user, status in ((manager, 403), (analyst, 403), (stranger, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status
        assert client.get(f"{address}claim/").status_code == status
    client.force_login(accountant)
    assert client.get(address).status_code == 200
    page = client.get(link).content.decode()
    assert "Your role does not open messages." in page and "/messages/link-main/" not in page
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{address}claim/").content))
    assert book.sheetnames == ["Summary", "Differences"]


def test_columns_are_remembered_for_the_account(client, checked) -> None:
    _of, _address = checked

    page = client.get(upload(client, "Määrä;X;Summa;PPID;Maa\n1;;2,00;nr-fi;FI\n".encode())).content.decode()

    for field, place in (("partner_id", 3), ("country", 4), ("quantity", 0), ("amount", 2)):
        choice = page.split(f'name="column_{field}"')[1].split("</select>")[0]
        assert re.search(rf'<option value="{place}" selected', choice), field


def test_lines_that_cannot_be_read_are_listed_and_left_out_on_request(client, carried, owner) -> None:
    carried(*HELSINKI)
    client.force_login(owner)
    address = upload(client, "PPID;Maa;Määrä;Summa\nnr-fi;FI;10;1,00\nnr-fi;Atlantis;5;1,00\n".encode())
    given = COLUMNS | {"month": "2026-10", "closed_on": "2026-11-01", "basis": "sent", "per": "part"}

    response = client.post(address, given)

    assert response.status_code == 422
    page = response.content.decode()
    assert "Country: is no country" in page and 'name="leave_out"' in page
    assert client.post(address, given | {"leave_out": "on"}).status_code == 302
    assert running.run_checks() == 1
    check = InvoiceCheck.objects.get()
    assert (check.state, check.left_out) == ("done", [[3, "country", "country", ""]])
    # without a price list quantities alone are compared
    assert check.totals["unpriced"] == check.totals["rows"]
    assert "Atlantis" not in client.get(address).content.decode()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"column_partner_id": "", "column_country": ""}, "Choose the column of the partner ID or of the country."),
        ({"column_quantity": ""}, "Choose a column."),
        ({"column_quantity": "3"}, "This column is chosen for another field already."),
        ({"closed_on": "2026-10-01"}, "Choose a day from the month"),
        ({"month": "1999-01"}, "valid choice"),
    ],
)
def test_wrong_choices_are_named(client, account, tenant, owner, given, text) -> None:
    account.owner, account.owner_since = tenant, "2026-01-01T00:00Z"
    account.save()
    client.force_login(owner)
    address = upload(client, b"PPID;Maa;Qty;Summa\nnr-fi;FI;10;1,00\n")
    right = COLUMNS | {"month": "2026-10", "closed_on": "2026-11-01", "basis": "sent", "per": "part"}

    response = client.post(address, right | given)

    assert response.status_code == 422
    assert text in response.content.decode()


def test_files_that_are_none_are_refused(client, account, tenant, owner) -> None:
    account.owner, account.owner_since = tenant, "2026-01-01T00:00Z"
    account.save()
    client.force_login(owner)
    file = io.BytesIO(b"<Order/>")
    file.name = "x.xml"

    response = client.post(URL, {"account": "link-main", "file": file})

    assert response.status_code == 422
    assert "neither a UBL invoice nor a Finvoice" in response.content.decode()
    assert not InvoiceCheck.objects.exists()


def test_a_deleted_check_is_gone_with_its_result(client, checked) -> None:
    _of, address = checked

    assert client.post(f"{address}delete/").status_code == 302
    assert client.get(address).status_code == 404
    assert not InvoiceCheck.objects.exists()
    assert reverse("billing:checks", args=["nordic-retail"]) == URL

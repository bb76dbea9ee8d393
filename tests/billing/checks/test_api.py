"""Invoice checks by the API and by the command."""

import io
from base64 import b64encode

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from portal.accounts.models import AuditEntry
from portal.tenants import api_keys
from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from reports.billing.checks import running
from reports.models import InvoiceCheck, PriceList
from tests.billing.checks.rows import make_done_check
from tests.billing.checks.test_pages import HELSINKI, csv_of
from tests.billing.proof.gateway import Errors

pytestmark = pytest.mark.django_db
URL = "/api/v1/invoice-checks/"


@pytest.fixture
def call(client):
    """Return a function that sends a request with a key of a tenant and these scopes."""

    def send(tenant, path: str = "", body: dict | None = None, scopes=("read", "billing")):
        name = f"key {timezone.now().timestamp()}"
        _key, text = api_keys.create_key(
            tenant=tenant, account=None, scopes=scopes, name=name, created_by="owner@example.com", now=timezone.now()
        )
        headers = {"Authorization": f"Bearer {text}"}
        if body is None:
            return client.get(URL + path, headers=headers)
        return client.post(URL + path, body, content_type="application/json", headers=headers)

    return send


def body_of(content: bytes, **more) -> dict:
    return {
        "account": "link-main", "month": "2026-10", "file_name": "october.csv", "content": b64encode(content).decode(),
    } | more  # fmt: skip


def test_an_invoice_is_checked_by_the_api(carried, call, tenant) -> None:
    of = carried(*HELSINKI, priced=True)
    theirs, ours = of.gateway.invoice(Errors(undeclared=True)), of.gateway.invoice()

    started = call(tenant, body=body_of(csv_of(theirs)))

    assert (started.status_code, started.json()["state"]) == (202, "queued"), started.content
    path = started["Location"].removeprefix(URL)
    assert call(tenant, f"{path}claim/").status_code == 409
    assert running.run_checks() == 1
    done = call(tenant, path).json()
    quantity, amount = (sum(row[n] for row in theirs.values()) for n in (0, 1))
    assert done["invoice"] == {"quantity": quantity, "amount_micro": amount}
    more = [sum(row[n] for row in theirs.values()) - sum(row[n] for row in ours.values()) for n in (0, 1)]
    assert [(one["kind"], one["quantity"], one["amount_micro"]) for one in done["kinds"]] == [("undeclared", *more)]
    assert {row["outcome"] for row in done["rows"]} == {"explained"}
    assert sum(part["quantity"] for row in done["rows"] for part in row["parts"]) == more[0]
    assert call(tenant).json()["data"][0] == {name: value for name, value in done.items() if name != "rows"}

    [row] = [one for one in done["rows"] if one["parts"]][:1]
    behind = call(tenant, f"{path}messages/?row={row['number']}&part=0&size=2").json()
    assert behind["quantity"] == row["parts"][0]["quantity"]
    listed, cursor = behind["data"], behind["next_cursor"]
    while cursor:
        page = call(tenant, f"{path}messages/?row={row['number']}&part=0&size=2&cursor={cursor}").json()
        listed, cursor = listed + page["data"], page["next_cursor"]
    assert (len(listed), sum(one["quantity"] for one in listed)) == (behind["messages"], behind["quantity"])
    blind = call(tenant, f"{path}messages/?row={row['number']}", scopes=("billing",)).json()
    assert (blind["messages"], blind["data"], blind["next_cursor"]) == (behind["messages"], [], None)
    for wrong in ("row=99999", f"row={row['number']}&part=9", "cursor=x"):
        refused = call(tenant, f"{path}messages/?{wrong}")
        assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (
            400,
            wrong.rpartition("&")[2].split("=")[0],
        )

    claim = call(tenant, f"{path}claim/")
    lines = list(openpyxl.load_workbook(io.BytesIO(claim.content))["Messages"].iter_rows(min_row=2, values_only=True))
    assert sum(line[-1] for line in lines) == more[0]  # of the pool, which the account's owner sees
    without = call(tenant, f"{path}claim/", scopes=("billing",))
    assert openpyxl.load_workbook(io.BytesIO(without.content)).sheetnames == ["Summary", "Differences"]

    stranger = Tenant.objects.create(slug="stranger", name="Stranger")
    assert call(stranger).json()["data"] == []
    assert [call(stranger, f"{path}{more}").status_code for more in ("", "claim/", "messages/")] == [404, 404, 404]
    child = Tenant.objects.get(slug="hansa")  # whose traffic it is: the gateway charges the owner
    assert call(child, path).status_code == 404
    assert call(tenant, path, scopes=("read",)).status_code == 403


def test_check_that_has_ended_is_deleted(client, tenant, call) -> None:
    check = make_done_check(tenant)
    headers = {"Authorization": f"Bearer {key_of(tenant)}"}
    path = f"{URL}{check.pk}/"
    shown = client.get(path, headers=headers).json()

    InvoiceCheck.objects.update(state="running")
    assert client.delete(path, headers=headers).status_code == 409
    InvoiceCheck.objects.update(state="done")
    stranger = Tenant.objects.create(slug="stranger", name="Stranger")
    assert client.delete(path, headers={"Authorization": f"Bearer {key_of(stranger)}"}).status_code == 404
    gone = client.delete(path, headers=headers)
    assert (gone.status_code, gone.json()) == (200, {name: shown[name] for name in shown if name != "rows"})
    assert (client.delete(path, headers=headers).status_code, InvoiceCheck.objects.count()) == (404, 0)
    (entry,) = AuditEntry.objects.filter(action="invoice_check.deleted")
    assert (entry.actor.startswith("warehouse"), entry.details) == (True, {"account": "checked", "month": "2026-10"})


def key_of(tenant: Tenant) -> str:
    values = {"name": "warehouse", "created_by": "owner@example.com", "now": timezone.now()}
    return api_keys.create_key(tenant=tenant, account=None, scopes=("billing",), **values)[1]


@pytest.mark.parametrize(
    ("more", "field", "text"),
    [
        ({"account": "other"}, "account", "no gateway account of this name"),
        ({"month": "2026-13"}, "month", "enter a month such as 2026-10"),
        ({"content": "%"}, "content", "not base64"),
        ({"content": b64encode(b"<Order/>").decode()}, "content", "neither a UBL invoice nor a Finvoice"),
        ({"columns": {"colour": "Maa"}}, "columns", "colour is no field"),
        ({"columns": {"quantity": "Kpl"}}, "columns", "the file has no column of this name; it has PPID, Maa"),
        ({"columns": {"quantity": "Qty"}}, "columns", "name the columns of the quantity, and of the partner ID"),
        ({"closed_on": "2027-03-01"}, "closed_on", "92 days"),
        ({"month": "2026-09"}, "content", "1 lines cannot be read; line 2: Month: is not the month that is checked"),
    ],
)
def test_wrong_requests_are_named(account, tenant, call, more, field, text) -> None:
    account.owner, account.owner_since = tenant, timezone.now()
    account.save()
    content = b"PPID;Maa;Qty;Kuukausi\nnr-fi;FI;10;10/2026\n"

    answer = call(tenant, body=body_of(content) | more)

    assert answer.status_code == 422 or answer.status_code == 400
    assert text in answer.content.decode()
    assert field in answer.content.decode()
    assert not InvoiceCheck.objects.exists()


def test_the_operator_checks_an_account_that_nobody_owns(carried, tmp_path, capsys) -> None:
    of = carried(*HELSINKI, priced=True)
    GatewayAccount.objects.update(owner=None, owner_since=None)
    PriceList.objects.update(issuer=None)
    file, claim = tmp_path / "october.csv", tmp_path / "claim.xlsx"
    file.write_bytes(csv_of(of.gateway.invoice(Errors(failed="charged"))))

    call_command("check_invoice", str(file), account="link-main", month="2026-10", claim=claim)

    shown = capsys.readouterr().out
    assert "Failed messages" in shown and "Difference" in shown
    check = InvoiceCheck.objects.get()
    assert (check.tenant_id, check.state, list(check.totals["kinds"])) == (of.account.pool_id, "done", ["failed"])
    assert openpyxl.load_workbook(claim).sheetnames == ["Summary", "Differences", "Messages"]


def test_the_command_names_what_is_wrong(account, tenant, tmp_path) -> None:
    file = tmp_path / "october.csv"
    file.write_bytes(b"PPID;Maa;Qty\nnr-fi;Atlantis;10\n")
    for arguments, text in (
        ({"account": "other"}, "--account: no gateway account"),
        ({"month": "october"}, "--month"),
        ({"column": ["colour=Maa"]}, "--column: colour is no field"),
        ({"column": ["quantity=Kpl"]}, "--column: the file has no column Kpl"),
        ({}, "file: some lines cannot be read"),
    ):
        with pytest.raises(CommandError, match=text):
            call_command("check_invoice", str(file), **({"account": "link-main", "month": "2026-10"} | arguments))
    PartnerId.objects.exclude(tenant=tenant).delete()
    GatewayAccount.objects.update(owner=tenant, owner_since=timezone.now())
    with pytest.raises(CommandError, match="has an owner"):
        call_command("check_invoice", str(file), account="link-main", month="2026-10")

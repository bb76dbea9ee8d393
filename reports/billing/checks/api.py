"""/api/v1/invoice-checks/: gateways' invoices uploaded, their checks read and deleted."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone, translation
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.conversions.files import FileProblem
from portal.accounts.access import Access
from portal.api.operations import BILLING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import BELOW, WORDS_LANG, Parameter
from portal.api.problems import BadField, Conflict
from portal.api.views import ApiView, JsonParser
from portal.common.masking import Masking
from portal.common.periods import Month, start_of_day
from portal.tenants.models import GatewayAccount
from reports.billing.checks import uploads
from reports.billing.checks.api_examples import CHECK, QUEUED, WITH_ROWS
from reports.billing.checks.api_serializers import (
    InvoiceCheckPageSerializer,
    InvoiceCheckSerializer,
    OneCheckSerializer,
    StartCheckSerializer,
)
from reports.billing.checks.results import read_stored
from reports.billing.checks.scope import checked_accounts, cost_list_of
from reports.billing.checks.selectors import all_checks
from reports.billing.checks.span import default_close
from reports.billing.checks.texts import file_text, line_text
from reports.billing.invoices.columns import FIELDS, guessed
from reports.billing.invoices.files import MAX_BYTES, InvoiceFile, read_file
from reports.billing.proof.split import Outcome, Part
from reports.models import InvoiceCheck

CHECK_PATH = {
    "check_id": Parameter(name="check_id", text="The check's `id`.", kind="number", most=ROW_ID_MAX, example=5)
}


class InvoiceParser(JsonParser):
    """A JSON object with a file of MAX_BYTES in base64."""

    most_bytes = MAX_BYTES * 4 // 3 + 64 * 1024


class ChecksView(ApiView):
    """Checks of the key's tenant, newest first, and new ones."""

    parser_classes = [InvoiceParser]
    operations = {
        "GET": Operation(
            id="list_invoice_checks",
            tag="Invoice checks",
            summary="List invoice checks",
            text="Checks of invoices of the key's gateway accounts, newest first.",
            scope=BILLING,
            parameters=(BELOW, *LISTED, replace(WORDS_LANG, text="The language of `problem`, and of CSV.")),
            answer=InvoiceCheckPageSerializer,
            answer_text="A page of checks.",
            answer_example=PAGE_EXAMPLE | {"data": [CHECK]},
        ),
        "POST": Operation(
            id="start_invoice_check",
            tag="Invoice checks",
            summary="Check an invoice",
            text=(
                "Compare the gateway's invoice of one month of an account with the portal's counts. The tenant must own"
                " the account. Lines that cannot be read are refused by line and field, or left out on request. Poll"
                " the check until its `state` is `done`, `failed` or `cancelled`."
            ),
            scope=BILLING,
            body=StartCheckSerializer,
            body_example={
                "account": "link-main", "month": "2026-10", "file_name": "october.csv",
                "content": "Q291bnRyeSxRdWFudGl0eQpGSSw0ODMyCg==",
            },
            answer=InvoiceCheckSerializer,
            answer_text="The check is queued; `Location` is its URL.",
            answer_example=QUEUED,
            status=202,
            headers={"Location": "The check's address."},
        ),
    }  # fmt: skip

    def get(self, request: Request) -> Response:
        rows = visible(self.given.of_tenant(self.access)).defer("account__created_at", "result", "sealed")
        lang = self.lang or "en"
        return self.answer(
            page_of(rows, self.given, self.access, lambda page: [shown(check, self.access, lang) for check in page])
        )

    def post(self, request: Request) -> Response:
        body = self.body(request)
        account = self._account(body["account"])
        content, file = _file(body["content"])
        mapping = _mapping(file, account, body.get("columns") or {})
        agreed = _agreed(file, account, body)
        read = uploads.read_lines(file, mapping, agreed.month, agreed.currency)
        if read.errors and not body["leave_out"]:
            with translation.override("en"):
                first = read.errors[0]
                text = f"line {first.line}: {line_text(first.field, first.code, first.detail)}"
            raise BadField("content", f"{len(read.errors)} lines cannot be read; {text}")
        if not read.rows:
            raise BadField("content", "no line can be read with these columns")
        assert self.access.tenant is not None  # every key has one
        actor = str(self.access.key)
        begun = uploads.begin(
            tenant=self.access.tenant, account=account, name=body["file_name"], content=content, now=timezone.now(),
            key=self.access.key,
        )  # fmt: skip
        uploads.confirm(begun, agreed, mapping, left_out=read.errors, actor=actor)
        begun = visible(self.access).get(pk=begun.pk)
        return self.answer(shown(begun, self.access), Location=reverse("api:invoice_check", args=[begun.pk]))

    def _account(self, name: str) -> GatewayAccount:
        """Return the account of this name: one that the key's tenant owns, or that of an account's own key."""
        assert self.access.tenant is not None  # every key has one
        own = self.access.account
        if own is not None and own.owner_id is None and own.name == name:
            return own
        for account in checked_accounts(self.access.tenant):
            if account.name == name and (own is None or own.pk == account.pk):
                return account
        raise BadField("account", "no gateway account of this name that the key's tenant owns")


class CheckView(ApiView):
    """One check with the rows that differ; DELETE deletes it."""

    operations = {
        "GET": Operation(
            id="get_invoice_check",
            tag="Invoice checks",
            summary="One invoice check",
            text="A check, its progress, and when it is done the rows that differ with the parts of each difference.",
            scope=BILLING,
            path=CHECK_PATH,
            parameters=(WORDS_LANG,),
            answer=OneCheckSerializer,
            answer_text="The check.",
            answer_example=WITH_ROWS,
        ),
        "DELETE": Operation(
            id="delete_invoice_check",
            tag="Invoice checks",
            summary="Delete an invoice check",
            text=(
                "Delete a check that has ended, with its file and result; the response is the check as it was. One that"
                " waits or runs is a conflict."
            ),
            scope=BILLING,
            path=CHECK_PATH,
            answer=InvoiceCheckSerializer,
            answer_text="The deleted check.",
            answer_example=CHECK,
            problems=("conflict",),
        ),
    }

    def delete(self, request: Request, check_id: int) -> Response:
        check = found_check(self.access, check_id)
        answer = self.answer(shown(check, self.access))
        if not uploads.delete(check, actor=str(self.access.key)):
            raise Conflict("The check has not ended yet.")
        return answer

    def get(self, request: Request, check_id: int) -> Response:
        check = found_check(self.access, check_id, below=True)
        rows = [(number, row) for number, row in enumerate(read_stored(check.rows)) if row.outcome != Outcome.AGREES]
        masking = self.access.masking
        shown_rows = [
            {
                "number": number,
                "partner_id": masking.text(row.partner_id),
                "country": row.country,
                "operator": masking.text(row.operator),
                "invoice": _sum(*row.theirs),
                "counted": _sum(*row.ours),
                "outcome": row.outcome,
                "parts": [_part(part) for part in row.parts],
                "explanations": [[_part(part) for part in parts] for parts in row.explanations],
            }
            for number, row in rows
        ]
        lang = self.given.choice("lang") or "en"
        return self.answer(shown(check, self.access, lang) | {"rows": shown_rows})


def visible(access: Access, *, below: bool = False) -> QuerySet[InvoiceCheck]:
    """Return the checks of the key's tenant, with `below` also of those below it; of an account's key the account's."""
    if access.account is not None:
        return all_checks().filter(tenant=access.tenant, account=access.account)
    return all_checks().filter(tenant__in=access.tenant_ids if below else [access.tenant])


def shown(check: InvoiceCheck, access: Access, lang: str = "en") -> dict[str, Any]:
    """Return a check as the API shows it, with words in a language."""
    is_done = check.state == InvoiceCheck.State.DONE
    with translation.override(lang):
        problem = str(file_text(check.problem))
    has_money = is_done and check.totals["unpriced"] < check.totals["rows"]

    def summed(quantity: int, amount: int) -> dict[str, int | None]:
        return _sum(quantity, amount if has_money else None)

    return {
        "id": check.pk,
        "tenant": check.tenant.slug,
        "account": check.account.name,
        "month": f"{check.month:%Y-%m}" if check.month else None,
        "timezone": check.account.timezone,
        "file_name": access.masking.text(check.file_name),
        "state": check.state,
        "problem": problem or None,
        "progress": 100 if is_done else check.percent,
        "currency": check.currency,
        "basis": check.basis,
        "per": check.per,
        "requested_at": check.created_at,
        "finished_at": check.finished_at,
        "data_as_of": check.as_of,
        "lines_left_out": len({line for line, *_error in check.left_out}),
        "invoice": summed(*check.totals["theirs"]) if is_done else None,
        "counted": summed(*check.totals["ours"]) if is_done else None,
        "kinds": [
            {"kind": kind, "rows": rows} | summed(quantity, amount)
            for kind, (rows, quantity, amount) in check.totals.get("kinds", {}).items()
        ],
        "url": reverse("api:invoice_check", args=[check.pk]),
        "claim_url": reverse("api:invoice_check_claim", args=[check.pk]) if is_done else None,
    }


def _sum(quantity: int, amount: int | None) -> dict[str, int | None]:
    return {"quantity": quantity, "amount_micro": amount}


def _part(part: Part) -> dict[str, Any]:
    return {"kind": part.kind, "rule": part.rule} | _sum(part.quantity, part.amount)


def found_check(access: Access, check_id: int, *, below: bool = False) -> InvoiceCheck:
    """Return a check that the key sees, as `visible` says. Raises Http404."""
    return get_object_or_404(visible(access, below=below), pk=min(check_id, ROW_ID_MAX))


def _file(text: str) -> tuple[bytes, InvoiceFile]:
    try:
        content = b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise BadField("content", "not base64") from error
    try:
        return content, read_file(content)
    except FileProblem as problem:
        with translation.override("en"):
            raise BadField("content", file_text(str(problem))) from problem


def _mapping(file: InvoiceFile, account: GatewayAccount, given: Mapping[str, str]) -> dict[str, str]:
    for field, column in given.items():
        if field not in FIELDS:
            raise BadField("columns", f"{field} is no field; there are {', '.join(FIELDS)}")
        if column not in file.names:
            names = Masking(in_full=False).text(", ".join(file.names))
            raise BadField("columns", f"{field}: the file has no column of this name; it has {names}")
    mapping = dict(given) or guessed(file.names, uploads.remembered(account))
    if "quantity" not in mapping or not mapping.keys() & {"partner_id", "country"}:
        raise BadField("columns", "name the columns of the quantity, and of the partner ID or the country")
    if len(set(mapping.values())) < len(mapping):
        raise BadField("columns", "a column holds one field")
    return mapping


def _agreed(file: InvoiceFile, account: GatewayAccount, body: Mapping[str, Any]) -> uploads.Agreed:
    price_list = cost_list_of(account)
    if price_list is not None and file.currency and file.currency != price_list.currency:
        text = f"the invoice is in {file.currency}, the account's price list in {price_list.currency}"
        raise BadField("content", text)
    month, zone = Month.parse(body["month"]), ZoneInfo(account.timezone)
    closed_on = body.get("closed_on")
    if closed_on is not None and not month.last_day <= closed_on <= month.last_day + uploads.MAX_CLOSE:
        raise BadField("closed_on", "a day from the month's last one to 92 days after it")
    return uploads.Agreed(
        month=month,
        closed_at=start_of_day(closed_on, zone) if closed_on else default_close(month, zone),
        price_list=price_list,
        currency=price_list.currency if price_list else file.currency or "EUR",
        basis=price_list.basis if price_list else body["basis"],
        per=price_list.per if price_list else body["per"],
    )

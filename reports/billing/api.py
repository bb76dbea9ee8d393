"""/api/v1/statements/: statements with their lines and files; issuing, crediting and marking as paid."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone, translation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from deliveries.gates.rest.serializers import NoFields
from portal.accounts.access import Access
from portal.accounts.downloads import record_download
from portal.api.operations import BILLING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import WORDS_LANG, Parameter
from portal.api.problems import BadField, BadParameter, Conflict
from portal.api.views import ApiView
from portal.common.file_response import file_response
from portal.common.periods import Month, local_day
from reports.billing import issuing
from reports.billing.examples import CREDIT_NOTE, LINES, STATEMENT
from reports.billing.files.making import FORMATS, make_file
from reports.billing.files.ubl import NoFile
from reports.billing.masked import document_for
from reports.billing.reading import lines_of, visible
from reports.billing.serializers import (
    PaidSerializer,
    StatementLinesSerializer,
    StatementPageSerializer,
    StatementSerializer,
)
from reports.billing.shown import all_shown, shown, shown_line
from reports.models import Statement
from reports.monthly.writers.pdf import PdfFailed, PdfTooLong

_ID = Parameter(name="statement_id", text="The statement's `id`.", kind="number", most=ROW_ID_MAX, example=42)
PATH = {"statement_id": _ID}
_FORMAT = Parameter(
    name="format_name",
    text="The format of the file.",
    kind="choice",
    choices=tuple(FORMATS),
    example="pdf",
)
_TAG = "Statements"


class StatementsView(ApiView):
    """Statements of the key's tenant, newest first."""

    operations = {
        "GET": Operation(
            id="list_statements",
            tag=_TAG,
            summary="List statements",
            text=(
                "Statements that the key's tenant issues, drafts included, and those issued to it. A key of a gateway"
                " account sees none."
            ),
            scope=BILLING,
            parameters=(
                Parameter(name="month", text="Only of this month.", pattern="^[0-9]{4}-[0-9]{2}$", example="2026-10"),
                Parameter(
                    name="state",
                    text="Only with this state.",
                    kind="choice",
                    choices=tuple(Statement.State.values),
                    example="issued",
                ),
                Parameter(name="customer", text="Only to this customer, by its slug.", example="nordic-retail"),
                *LISTED,
                replace(WORDS_LANG, text="The language of `remarks` and `missing`, and of CSV."),
            ),
            sample={"state": "issued"},
            answer=StatementPageSerializer,
            answer_text="A page of statements.",
            answer_example=PAGE_EXAMPLE | {"data": [STATEMENT]},
        )
    }

    def get(self, request: Request) -> Response:
        statements = visible(self.access)
        if "month" in self.given:
            try:
                statements = statements.filter(month=Month.parse(self.given.text("month")).first_day)
            except ValueError as error:
                raise BadParameter("month", str(error)) from error
        if state := self.given.choice("state"):
            statements = statements.filter(state=state)
        if customer := self.given.text("customer"):
            statements = statements.filter(customer__slug=customer)
        now, lang = timezone.now(), self.lang or "en"
        return self.answer(
            page_of(statements, self.given, self.access, lambda page: all_shown(page, now, lang), created="made_at")
        )


class StatementView(ApiView):
    """One statement."""

    operations = {
        "GET": Operation(
            id="get_statement",
            tag=_TAG,
            summary="One statement",
            text="A statement with its totals; its lines and files have addresses of their own.",
            scope=BILLING,
            path=PATH,
            parameters=(WORDS_LANG,),
            answer=StatementSerializer,
            answer_text="The statement.",
            answer_example=STATEMENT,
        )
    }

    def get(self, request: Request, statement_id: int) -> Response:
        lang = self.given.choice("lang") or "en"
        return self.answer(shown(found_statement(self.access, statement_id), timezone.now(), lang))


class StatementLinesView(ApiView):
    """The lines of a statement."""

    operations = {
        "GET": Operation(
            id="list_statement_lines",
            tag=_TAG,
            summary="Lines of a statement",
            text="All lines in their order. Their amounts add up to the statement's `net`.",
            scope=BILLING,
            path=PATH,
            answer=StatementLinesSerializer,
            answer_text="The lines.",
            answer_example={"data": LINES},
        )
    }

    def get(self, request: Request, statement_id: int) -> Response:
        statement = found_statement(self.access, statement_id)
        rows = lines_of(statement)
        document = document_for(self.access.masking, statement, rows)
        lines = zip(document.lines, rows, strict=True)
        return self.answer({"data": [shown_line(line, row, document) for line, row in lines]})


class StatementFileView(ApiView):
    """A file of a statement; who fetched it is written down."""

    operations = {
        "GET": Operation(
            id="download_statement",
            tag=_TAG,
            summary="A statement's file",
            text=(
                "The statement as PDF or workbook; an issued one in a currency with two decimals also as Peppol BIS"
                " Billing 3.0 and Finvoice 3.0. `formats` of the statement names those that there are. Each download"
                " is recorded in the audit log."
            ),
            scope=BILLING,
            path=PATH | {"format_name": _FORMAT},
            answer_text="The file.",
            media="application/pdf",
            also_media=(FORMATS["xlsx"].media_type, "application/xml"),
            headers={"Content-Disposition": "The file's name."},
            problems=("conflict",),
        )
    }

    def get(self, request: Request, statement_id: int, format_name: str) -> HttpResponse:
        statement = found_statement(self.access, statement_id)
        if format_name not in FORMATS:
            raise BadParameter("format_name", f"one of {', '.join(FORMATS)}")
        try:
            file = make_file(document_for(self.access.masking, statement), format_name)
        except (NoFile, PdfTooLong) as error:
            raise Conflict(str(error)) from error
        except PdfFailed as error:
            raise Conflict("The PDF cannot be made. Take the workbook.") from error
        record_download(
            request, "statement.downloaded", actor=str(self.access.key), tenant=self.access.tenant, subject=file.name
        )
        content = ContentFile(file.content)
        return file_response(request._request, content, file.name, content_type=file.media_type)


def _change(
    id_: str,
    summary: str,
    text: str,
    example: dict[str, Any],
    body: type[Serializer] = NoFields,
    body_example: dict[str, Any] | None = None,
) -> Operation:
    return Operation(
        id=id_,
        tag=_TAG,
        summary=summary,
        text=text,
        scope=BILLING,
        path=PATH,
        body=body,
        body_example=body_example or {},
        answer=StatementSerializer,
        answer_text="The statement as it is now.",
        answer_example=example,
        problems=("conflict",),
    )


class IssueView(ApiView):
    """Issuing a draft."""

    operations = {
        "POST": _change(
            "issue_statement",
            "Issue a statement",
            "Give a draft its number. It cannot be changed any more, and the customer sees it. 409 with what is missing"
            " if it is not complete, and for what is issued already.",
            STATEMENT,
        )
    }

    def post(self, request: Request, statement_id: int) -> Response:
        statement = _own(self.access, statement_id)
        issued = _changed(lambda: issuing.issue(statement.pk, actor=str(self.access.key), now=timezone.now()))
        return self.answer(shown(issued, timezone.now()))


class CreditView(ApiView):
    """Crediting a statement."""

    operations = {
        "POST": _change(
            "credit_statement",
            "Credit a statement",
            "Issue a credit note that mirrors an issued or paid invoice; the answer is the credit note. Close the month"
            " again for a new statement, which names the first.",
            CREDIT_NOTE,
        )
    }

    def post(self, request: Request, statement_id: int) -> Response:
        statement = _own(self.access, statement_id)
        note = _changed(lambda: issuing.credit(statement.pk, actor=str(self.access.key), now=timezone.now()))
        return self.answer(shown(note, timezone.now()))


class PaidView(ApiView):
    """Marking a statement as paid; DELETE takes it back."""

    operations = {
        "POST": _change(
            "mark_statement_paid",
            "Mark as paid",
            "Write down the day on which an issued invoice was paid.",
            STATEMENT | {"state": "paid", "paid_on": "2026-11-18"},
            body=PaidSerializer,
            body_example={"paid_on": "2026-11-18"},
        ),
        "DELETE": Operation(
            id="mark_statement_unpaid",
            tag=_TAG,
            summary="Mark as not paid",
            text="Take back that an invoice was paid, for instance when its payment was returned.",
            scope=BILLING,
            path=PATH,
            answer=StatementSerializer,
            answer_text="The statement as it is now.",
            answer_example=STATEMENT,
            problems=("conflict",),
        ),
    }

    def post(self, request: Request, statement_id: int) -> Response:
        statement = _own(self.access, statement_id)
        now, on = timezone.now(), self.body(request)["paid_on"]
        first, last = statement.issued_on, local_day(now, statement.customer.timezone)
        if first is not None and not min(first, last) <= on <= last:
            raise BadField("paid_on", f"from the day of issue to today: {first} to {last}")
        paid = _changed(lambda: issuing.mark_paid(statement.pk, on=on, actor=str(self.access.key)))
        return self.answer(shown(paid, now))

    def delete(self, request: Request, statement_id: int) -> Response:
        statement = _own(self.access, statement_id)
        unpaid = _changed(lambda: issuing.mark_unpaid(statement.pk, actor=str(self.access.key)))
        return self.answer(shown(unpaid, timezone.now()))


def _changed(change: Callable[[], Statement]) -> Statement:
    """Return the changed statement; what is not possible is a conflict, in English."""
    with translation.override("en"):
        try:
            return change()
        except issuing.NotPossible as error:
            raise Conflict(str(error)) from error


def found_statement(access: Access, statement_id: int) -> Statement:
    """Return a statement that the key may see, or 404."""
    return get_object_or_404(visible(access), id=min(statement_id, ROW_ID_MAX))


def _own(access: Access, statement_id: int) -> Statement:
    """Return a statement that the key's tenant issues."""
    assert access.tenant is not None  # every key has one
    return get_object_or_404(visible(access), id=min(statement_id, ROW_ID_MAX), issuer=access.tenant)

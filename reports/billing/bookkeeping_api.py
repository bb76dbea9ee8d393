"""/api/v1/statements/bookkeeping/: all that was issued for a month, as CSV for bookkeeping."""

from django.core.files.base import ContentFile
from django.http import HttpResponse
from rest_framework.request import Request

from portal.accounts.downloads import record_download
from portal.api.operations import BILLING, Operation
from portal.api.parameters import Parameter
from portal.api.problems import BadParameter
from portal.api.tables import csv_form
from portal.api.views import ApiView
from portal.common.file_response import file_response
from portal.common.periods import Month
from reports.billing.closings_api import issuer_of
from reports.billing.files import bookkeeping
from reports.billing.reading import documents_of, issued_in

CSV = "text/csv"


class BookkeepingView(ApiView):
    """A month's statements as CSV; who fetched it is written down."""

    operations = {
        "GET": Operation(
            id="download_bookkeeping",
            tag="Statements",
            summary="Statements of a month for bookkeeping",
            text=(
                "All statements and credit notes that the key's tenant has issued for a month: a row for each, tax"
                " category and rate. Drafts are left out. Each download is recorded in the audit log."
            ),
            scope=BILLING,
            parameters=(
                Parameter(
                    name="month",
                    text="The month.",
                    pattern="^[0-9]{4}-[0-9]{2}$",
                    example="2026-10",
                    required=True,
                ),
                Parameter(
                    name="lang",
                    text="The language and the form of the file. Default: those of the key's tenant.",
                    kind="choice",
                    choices=("en", "fi"),
                    example="fi",
                ),
            ),
            sample={"month": "2026-10"},
            answer_text="The file.",
            media=CSV,
            headers={"Content-Disposition": "The file's name."},
        )
    }

    def get(self, request: Request) -> HttpResponse:
        issuer, lang = issuer_of(self.access), self.given.choice("lang")
        try:
            month = Month.parse(self.given.text("month"))
        except ValueError as error:
            raise BadParameter("month", str(error)) from error
        form = csv_form(lang) if lang else issuer.csv_form
        content = bookkeeping.write(documents_of(issued_in(issuer, month)), form, lang or issuer.language)
        name = f"{month} bookkeeping.csv"
        record_download(request, "statement.downloaded", actor=str(self.access.key), tenant=issuer, subject=name)
        return file_response(request._request, ContentFile(content), name, content_type=CSV)

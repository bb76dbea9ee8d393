"""/api/v1/price-lists/<id>/revisions/: earlier revisions of a price list, with their differences and files."""

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.api.operations import BILLING, Operation
from portal.api.pages import PAGE_EXAMPLE, page_of
from portal.api.parameters import CURSOR, SINCE, SIZE, UNTIL, Parameter
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from reports.billing.prices.api import LIST_PATH, found_list, own_lists
from reports.billing.prices.differences import differences
from reports.billing.prices.files import FORMATS
from reports.billing.prices.list_views import file_answer
from reports.billing.prices.rest_examples import REVISION, REVISION_WITH_ROWS
from reports.billing.prices.rest_rows import rows_shown
from reports.billing.prices.rest_serializers import OneRevisionAnswer, RevisionsAnswer
from reports.billing.prices.rows import Content, from_json
from reports.billing.prices.shown import shown_differences
from reports.models import PriceChange, PriceList

_MOST = 2**31 - 1
_PATH = LIST_PATH | {
    "revision": Parameter(name="revision", text="The number of the revision.", kind="number", most=_MOST, example=4)
}
_FORMAT = Parameter(
    name="format_name", text="The format of the file.", kind="choice", choices=tuple(FORMATS), example="xlsx"
)


class RevisionsView(ApiView):
    """The revisions of a price list, newest first."""

    operations = {
        "GET": Operation(
            id="list_price_list_revisions",
            tag="Price lists",
            summary="Revisions of a price list",
            text=(
                "Each change of the rows of a list that the key's tenant, or one below it, issues, newest first. A"
                " revision never changes."
            ),
            scope=BILLING,
            path=LIST_PATH,
            parameters=(
                replace(SINCE, text="Only revisions made from then on: a day in the key's time zone, or an instant."),
                replace(UNTIL, text="Only revisions made until then: the last day, included, or an instant."),
                CURSOR,
                SIZE,
            ),
            answer=RevisionsAnswer,
            answer_text="A page of revisions.",
            answer_example=PAGE_EXAMPLE | {"data": [REVISION]},
        )
    }

    def get(self, request: Request, price_list_id: int) -> Response:
        found = found_list(own_lists(self.access), price_list_id)
        rows = found.changes.defer("content")
        return self.answer(
            page_of(rows, self.given, self.access, lambda page: [_shown(found, one) for one in page], created="at")
        )


class RevisionView(ApiView):
    """One revision of a price list."""

    operations = {
        "GET": Operation(
            id="get_price_list_revision",
            tag="Price lists",
            summary="One revision of a price list",
            text=(
                "All rows of a revision, and how they differ from the revision before. Send the rows to"
                " `PUT /price-lists/{price_list_id}/rows/` to restore it."
            ),
            scope=BILLING,
            path=_PATH,
            answer=OneRevisionAnswer,
            answer_text="The revision.",
            answer_example=REVISION_WITH_ROWS,
        )
    }

    def get(self, request: Request, price_list_id: int, revision: int) -> Response:
        price_list, change = _found(self.access, price_list_id, revision)
        content = from_json(change.content)
        before = price_list.changes.filter(revision=change.revision - 1).first()
        found = differences(from_json(before.content) if before else Content(), content)
        shown = shown_differences(found, price_list.currency)
        return self.answer(
            _shown(price_list, change)
            | rows_shown(content, price_list.currency)
            | {
                "differences": [
                    {"change": one.what, "row": one.key, "before": ", ".join(one.old), "after": ", ".join(one.new)}
                    for one in shown
                ],
                "more_differences": len(found) - len(shown),
            }
        )


class RevisionFileView(ApiView):
    """A file with all rows of a revision."""

    operations = {
        "GET": Operation(
            id="download_price_list_revision",
            tag="Price lists",
            summary="A revision's file",
            text="All rows of a revision as a workbook or CSV, in the form of the list's upload.",
            scope=BILLING,
            path=_PATH | {"format_name": _FORMAT},
            answer_text="The file.",
            media="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            also_media=("text/csv",),
            headers={"Content-Disposition": "The file's name."},
        )
    }

    def get(self, request: Request, price_list_id: int, revision: int, format_name: str) -> HttpResponse:
        price_list, change = _found(self.access, price_list_id, revision)
        if format_name not in FORMATS:
            raise BadParameter("format_name", f"one of {', '.join(FORMATS)}")
        assert self.access.tenant is not None  # every key has one
        form, mark = self.access.tenant.csv_form, f"-revision-{change.revision}"
        return file_answer(price_list, from_json(change.content), form, format_name, mark=mark)


def _found(access: Access, price_list_id: int, revision: int) -> tuple[PriceList, PriceChange]:
    price_list = found_list(own_lists(access), price_list_id)
    change = price_list.changes.filter(revision=min(revision, _MOST)).first()
    if change is None:
        raise Http404
    return price_list, change


def _shown(price_list: PriceList, change: PriceChange) -> dict[str, Any]:
    return {
        "revision": change.revision,
        "made_at": change.at,
        "made_by": change.by,
        "cause": change.cause,
        "rows_changed": change.rows,
        "is_newest": change.revision == price_list.revision,
        "url": reverse("api:price_list_revision", args=[price_list.pk, change.revision]),
    }

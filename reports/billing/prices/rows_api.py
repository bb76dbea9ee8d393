"""/api/v1/price-lists/<id>/rows/: all rows of a price list replaced."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.bodies import checked, refuse
from portal.api.operations import BILLING, Operation
from portal.api.parameters import today
from portal.api.problems import BadFields, Conflict
from portal.api.views import MAX_BYTES_OF_MANY, ApiView, JsonParser
from reports.billing.prices import changing
from reports.billing.prices.api import LIST_PATH, found_list, own_lists
from reports.billing.prices.rest_examples import CHECK, ROWS
from reports.billing.prices.rest_rows import ContentBody, content_of_body
from reports.billing.prices.rest_serializers import CheckAnswer
from reports.billing.prices.shown import shown_differences
from reports.billing.prices.texts import problem_text
from reports.models import PriceChange, PriceList


class RowsParser(JsonParser):
    """A JSON object with all rows of a list, of at most MAX_BYTES_OF_MANY bytes."""

    most_bytes = MAX_BYTES_OF_MANY


class PriceListRowsView(ApiView):
    """All rows of a price list, as one thing that is replaced."""

    http_method_names = ["put"]
    parser_classes = [RowsParser]
    operations = {
        "PUT": Operation(
            id="replace_price_list_rows",
            tag="Price lists",
            summary="Replace all rows of a price list",
            text=(
                "Replace prices, prices by quantity and fees by those of the body, in one transaction. `revision` is"
                " that of the list which you have read; if it was changed since, this is a conflict. With `dry_run`"
                " nothing is changed: the answer has the errors, the warnings and the differences. Open months are"
                " priced again at once; issued statements stay as they are."
            ),
            scope=BILLING,
            path=LIST_PATH,
            body=ContentBody,
            body_example={"revision": 4, "dry_run": False} | ROWS,
            answer=CheckAnswer,
            answer_text="The check and the differences.",
            answer_example=CHECK,
            problems=("conflict",),
        ),
    }

    def put(self, request: Request, price_list_id: int) -> Response:
        found = found_list(own_lists(self.access), price_list_id)
        data = checked(ContentBody, request.data)
        content, faults = content_of_body(data, found.currency)
        refuse(faults)
        day = today(self.access)
        if data.get("dry_run"):
            proposal = changing.propose(found, content, today=day)
            return self.answer(_check(found, proposal, is_applied=False))
        try:
            proposal = changing.replace_content(
                found, content, revision=data["revision"], cause=PriceChange.Cause.API, actor=str(self.access.key),
                now=timezone.now(), today=day,
            )  # fmt: skip
        except changing.Outdated as error:
            text = f"The list has revision {found.revision}, or is archived: read it and send its revision."
            raise Conflict(text) from error
        except changing.Refused as error:
            texts = [("#", problem_text(problem, found.currency)) for problem in error.errors[:20]]
            raise BadFields("; ".join(text for _at, text in texts), texts) from error
        return self.answer(_check(found, proposal, is_applied=bool(proposal.differences)))


def _check(price_list: PriceList, proposal: changing.Proposal, *, is_applied: bool) -> dict[str, Any]:
    currency, found = price_list.currency, proposal.checked
    shown = shown_differences(proposal.differences, currency)
    return {
        "revision": price_list.revision,
        "is_applied": is_applied,
        "errors": [problem_text(one, currency) for one in found.errors],
        "warnings": [problem_text(one, currency) for one in found.warnings],
        "differences": [
            {"change": one.what, "row": one.key, "before": ", ".join(one.old), "after": ", ".join(one.new)}
            for one in shown
        ],
    }

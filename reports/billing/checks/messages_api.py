"""/api/v1/invoice-checks/<id>/messages/: the messages behind a part of a row of a check."""

from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from portal.api.operations import BILLING, Operation
from portal.api.pages import PAGE_EXAMPLE
from portal.api.parameters import CURSOR, SIZE, Parameter
from portal.api.problems import BadParameter, NotReady
from portal.api.views import ApiView
from portal.common import keyset
from portal.tenants.models import ApiKey
from portal.tenants.scope import web_scope
from reports.billing.checks.api import CHECK_PATH, found_check
from reports.billing.checks.api_serializers import BehindPageSerializer
from reports.billing.checks.listing import MAX_LISTED, has_messages, messages_behind
from reports.billing.checks.messages_shown import MessageShown, shown_messages
from reports.billing.checks.results import read_stored
from reports.billing.checks.scope import NotChecked, read_scope
from reports.billing.checks.selectors import parts_of, shape_of
from reports.models import InvoiceCheck

_PART = "of the row's `parts`, or of an explanation's; only parts with a rule have messages"


class BehindView(ApiView):
    """Messages behind a part of a difference."""

    operations = {
        "GET": Operation(
            id="list_invoice_check_messages",
            tag="Invoice checks",
            summary="Messages behind a difference",
            text=(
                "The messages that a part of a row counts otherwise than the invoice, in the order of sending. They are"
                " read from the stored messages each time. A key without the scope `read` gets their number alone."
            ),
            scope=BILLING,
            path=CHECK_PATH,
            parameters=(
                Parameter(name="row", text="The row's `number`.", kind="number", default=0, example=3),
                Parameter(name="part", text=f"The place {_PART}, from 0 on.", kind="number", default=0, example=0),
                Parameter(
                    name="explanation",
                    text="Of an ambiguous row: the place of the explanation, from 0 on.",
                    kind="number",
                    default=0,
                ),
                CURSOR,
                SIZE,
            ),
            answer=BehindPageSerializer,
            answer_text="A page of messages.",
            answer_example=PAGE_EXAMPLE
            | {
                "messages": 31,
                "quantity": 31,
                "is_cut": False,
                "data": [
                    {
                        "id": "a1b2c3", "sent_at": "2026-10-05T09:00:00Z", "country": "FI", "operator": "fi.elisa",
                        "status": "failed", "status_at_close": "failed", "result_code": 1006, "parts": 1, "quantity": 1,
                    }
                ],
            },
            problems=("not-ready",),
        )
    }  # fmt: skip

    def get(self, request: Request, check_id: int) -> Response:
        check = found_check(self.access, check_id, below=True)
        if check.state != InvoiceCheck.State.DONE:
            raise NotReady(f"This check is not ready: {check.state}.")
        row, part, explanation = (self.given.number(name) or 0 for name in ("row", "part", "explanation"))
        if row >= len(check.rows):
            raise BadParameter("row", "the `number` of a row of the check")
        found = read_stored([check.rows[row]])[0]
        try:
            parts = parts_of(found, explanation)
        except IndexError as error:
            raise BadParameter("explanation", "the place of an explanation of the row") from error
        if part >= len(parts) or not has_messages(parts[part]):
            raise BadParameter("part", f"the place {_PART}")
        start, size, as_of = self._start(), self.given.size(), no_writes_before()
        try:
            scope = read_scope(check)
        except NotChecked as error:
            raise NotReady(f"The messages cannot be listed any more: {error}.") from error
        with web_scope(scope.tenant_ids):  # the account's pool too, as on the page
            listing = messages_behind(scope, shape_of(check), found, parts, part)
        page = listing.messages[start : start + size] if self.access.has_scope(ApiKey.Scope.READ) else []
        has_more = bool(page) and start + size < len(listing.messages)
        return self.answer(
            {
                "data_as_of": as_of,
                "messages": len(listing.messages),
                "quantity": listing.quantity,
                "is_cut": listing.is_cut,
                "next_cursor": keyset.encode((start + size,)) if has_more else None,
                "data": [_shown(one) for one in shown_messages(page, scope, self.access)],
            }
        )

    def _start(self) -> int:
        cursor = self.given.text("cursor")
        if not cursor:
            return 0
        try:
            [start], backwards = keyset.decode(cursor, length=1)
        except keyset.BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        if backwards or type(start) is not int or not 0 < start < MAX_LISTED:
            raise BadParameter("cursor", "not a cursor of this list")
        return start


def _shown(one: MessageShown) -> dict[str, object]:
    return {
        "id": one.message_id,
        "sent_at": one.sent_at,
        "country": one.country,
        "operator": one.operator,
        "status": one.status,
        "status_at_close": one.closing,
        "result_code": one.result_code,
        "parts": one.parts,
        "quantity": one.quantity,
    }

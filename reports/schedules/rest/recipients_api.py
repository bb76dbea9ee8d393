"""/api/v1/reports/definitions/{id}/recipients/: who gets a saved report by e-mail."""

from django.db.models.functions import Greatest
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.operations import REPORTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import Parameter
from portal.api.problems import Conflict
from reports.schedules import recipients
from reports.schedules.confirming import VALID_FOR
from reports.schedules.rest.examples import RECIPIENT
from reports.schedules.rest.reached import DEFINITION_PATH, SavedReportView
from reports.schedules.rest.serializers import RecipientBody, ReportRecipientAnswer, ReportRecipientsAnswer
from reports.schedules.rest.shown import shown_recipients

RECIPIENT_PATH = DEFINITION_PATH | {
    "recipient_id": Parameter(
        name="recipient_id", text="The recipient's `id`.", kind="number", most=ROW_ID_MAX, example=3
    )
}
NOT_ADDED = {
    recipients.NotAdded.TOO_MANY: f"A report has at most {recipients.MAX_RECIPIENTS} recipients.",
    recipients.NotAdded.TOO_MANY_TODAY: (
        f"At most {recipients.MAX_ASKED_PER_DAY} new addresses are asked on one day. Try again tomorrow."
    ),
    recipients.NotAdded.DECLINED: "This address has declined reports of this tenant.",
    recipients.NotAdded.NO_MEMBER: "This person is no member.",
}


class RecipientsView(SavedReportView):
    """The recipients of a saved report. POST adds one."""

    operations = {
        "GET": Operation(
            id="list_report_recipients",
            tag="Saved reports",
            summary="List recipients of a saved report",
            text="Members and outside addresses that get the report, newest first.",
            scope=REPORTS,
            path=DEFINITION_PATH,
            parameters=LISTED,
            answer=ReportRecipientsAnswer,
            answer_text="A page of recipients.",
            answer_example=PAGE_EXAMPLE | {"data": [RECIPIENT]},
        ),
        "POST": Operation(
            id="add_report_recipient",
            tag="Saved reports",
            summary="Add a recipient of a saved report",
            text=(
                "Add a member or another address. A member gets the report with the rights of the role. Another address"
                f" is asked once to confirm, within {VALID_FOR.days} days, and sees phone numbers masked. Adding again"
                " returns the recipient that is there."
            ),
            scope=REPORTS,
            path=DEFINITION_PATH,
            body=RecipientBody,
            body_example={"email": "sales@example.com", "language": "en"},
            answer=ReportRecipientAnswer,
            answer_text="The recipient.",
            answer_example=RECIPIENT,
            status=201,
            also={200: "It was a recipient already."},
            headers={"Location": "Path of the recipient."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, definition_id: int) -> Response:
        rows = recipients.recipients_of(self.definition(definition_id))
        rows = rows.annotate(changed_at=Greatest("updated_at", "address__updated_at"))
        now = timezone.now()
        return self.answer(
            page_of(
                rows,
                self.given,
                self.access,
                lambda page: shown_recipients(page, now=now),
                created="added_at",
                changed="changed_at",
            )
        )

    def post(self, request: Request, definition_id: int) -> Response:
        body, now, definition = self.body(request), timezone.now(), self.definition(definition_id)
        self.refuse_without_holder()
        try:
            added = recipients.add_address(
                definition=definition,
                email=body["email"],
                language=body.get("language") or definition.tenant.language,
                actor=self.key,
                now=now,
            )
        except recipients.NotAdded as error:
            raise Conflict(NOT_ADDED[error.reason]) from error
        (answer,) = shown_recipients([added], now=now)
        if added.added_at != now:
            return self.answer(answer, status=200)
        return self.answer(answer, Location=f"{request.path}{added.pk}/")


class RecipientView(SavedReportView):
    """One recipient; DELETE removes it."""

    operations = {
        "GET": Operation(
            id="get_report_recipient",
            tag="Saved reports",
            summary="One recipient of a saved report",
            text="A recipient with its state.",
            scope=REPORTS,
            path=RECIPIENT_PATH,
            answer=ReportRecipientAnswer,
            answer_text="The recipient.",
            answer_example=RECIPIENT,
        ),
        "DELETE": Operation(
            id="remove_report_recipient",
            tag="Saved reports",
            summary="Remove a recipient of a saved report",
            text="Remove a recipient at once. Links in earlier e-mails open no more.",
            scope=REPORTS,
            path=RECIPIENT_PATH,
            answer=ReportRecipientAnswer,
            answer_text="The recipient that was removed.",
            answer_example=RECIPIENT,
        ),
    }

    def get(self, request: Request, definition_id: int, recipient_id: int) -> Response:
        return self.answer(shown_recipients([self._recipient(definition_id, recipient_id)], now=timezone.now())[0])

    def delete(self, request: Request, definition_id: int, recipient_id: int) -> Response:
        found, now = self._recipient(definition_id, recipient_id), timezone.now()
        (answer,) = shown_recipients([found], now=now)
        recipients.remove(recipient=found, actor=str(self.key), now=now)
        return self.answer(answer)

    def _recipient(self, definition_id: int, recipient_id: int) -> recipients.ReportRecipient:
        rows = recipients.recipients_of(self.definition(definition_id))
        found = rows.filter(id=min(recipient_id, ROW_ID_MAX)).first()
        if found is None:
            raise Http404
        return found

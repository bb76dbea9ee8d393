"""/api/v1/reports/definitions/{id}/mails/: the e-mails of a saved report, and sending one again."""

from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.operations import REPORTS, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import Parameter
from portal.api.problems import Conflict
from reports.models import ReportMail
from reports.schedules import mailing
from reports.schedules.rest.examples import MAIL
from reports.schedules.rest.reached import DEFINITION_PATH, SavedReportView
from reports.schedules.rest.serializers import EmptyBody, ReportMailAnswer, ReportMailsAnswer
from reports.schedules.rest.shown import shown_mails

MAIL_PATH = DEFINITION_PATH | {
    "report_mail_id": Parameter(
        name="report_mail_id", text="The e-mail's `id`.", kind="number", most=ROW_ID_MAX, example=17
    )
}


class ReportMailsView(SavedReportView):
    """The e-mails of a saved report."""

    operations = {
        "GET": Operation(
            id="list_report_mails",
            tag="Saved reports",
            summary="List e-mails of a saved report",
            text="Reports that were mailed to recipients, and notices to members, newest first, with their states.",
            scope=REPORTS,
            path=DEFINITION_PATH,
            parameters=LISTED,
            answer=ReportMailsAnswer,
            answer_text="A page of e-mails.",
            answer_example=PAGE_EXAMPLE | {"data": [MAIL]},
        )
    }

    def get(self, request: Request, definition_id: int) -> Response:
        rows = mailing.mails_of(self.definition(definition_id))
        return self.answer(page_of(rows, self.given, self.access, shown_mails))


class MailView(SavedReportView):
    """Base of the views about one e-mail."""

    def mail(self, definition_id: int, report_mail_id: int) -> ReportMail:
        """Return an e-mail of one of the key's saved reports. Raises Http404."""
        mails = mailing.mails_of(self.definition(definition_id))
        found = mails.filter(id=min(report_mail_id, ROW_ID_MAX)).first()
        if found is None:
            raise Http404
        return found


class ReportMailView(MailView):
    """One e-mail of a saved report."""

    operations = {
        "GET": Operation(
            id="get_report_mail",
            tag="Saved reports",
            summary="One e-mail of a saved report",
            text="An e-mail with its state.",
            scope=REPORTS,
            path=MAIL_PATH,
            answer=ReportMailAnswer,
            answer_text="The e-mail.",
            answer_example=MAIL,
        )
    }

    def get(self, request: Request, definition_id: int, report_mail_id: int) -> Response:
        return self.answer(shown_mails([self.mail(definition_id, report_mail_id)])[0])


class SendReportMailAgainView(MailView):
    """Sending an e-mail again."""

    http_method_names = ["post"]
    operations = {
        "POST": Operation(
            id="send_report_mail_again",
            tag="Saved reports",
            summary="Send an e-mail of a saved report again",
            text=(
                "Queue an e-mail again that was not sent, has bounced, or whose outcome is unknown; then it may arrive"
                " twice. One that is on its way, has arrived or was sent again already is a `conflict`. Body: `{}`."
            ),
            scope=REPORTS,
            path=MAIL_PATH,
            body=EmptyBody,
            body_example={},
            answer=ReportMailAnswer,
            answer_text="The new e-mail, which waits.",
            answer_example=MAIL | {"id": 18, "state": "waiting", "error": None, "may_send_again": False},
            status=202,
            headers={"Location": "Path of the new e-mail."},
            problems=("conflict",),
        )
    }

    def post(self, request: Request, definition_id: int, report_mail_id: int) -> Response:
        self.body(request)
        mail = self.mail(definition_id, report_mail_id)
        again = mailing.send_again(mail=mail, actor=str(self.key), now=timezone.now())
        if again is None:
            raise Conflict("This e-mail is on its way, has arrived, or was sent again already.")
        answer = shown_mails([self.mail(definition_id, again.pk)])[0]
        return self.answer(answer, Location=answer["url"])

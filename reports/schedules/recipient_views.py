"""Page of a definition's recipients and of the mails that they got."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.models import User
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant
from reports.models import ReportDefinition, ReportMail, ReportRecipient
from reports.schedules import mailing, recipients
from reports.schedules.confirming import has_expired
from reports.schedules.definitions import may_change
from reports.schedules.letters import days_text
from reports.schedules.recipient_forms import RecipientForm

MAX_SHOWN = 100  # mails
RIGHT = "make_reports"

NOT_ADDED = {
    recipients.NotAdded.TOO_MANY: gettext_lazy("A report has at most %(most)d recipients."),
    recipients.NotAdded.TOO_MANY_TODAY: gettext_lazy(
        "At most %(asked)d new addresses are asked on one day. Try again tomorrow."
    ),
    recipients.NotAdded.DECLINED: gettext_lazy("This address has declined reports of this customer."),
    recipients.NotAdded.NO_MEMBER: gettext_lazy("This person is no member."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member_may(RIGHT)
def recipients_page(request: PageRequest, tenant: Tenant, definition_id: int) -> HttpResponse:
    """List the recipients of a definition with its newest mails, and add one."""
    definition = _definition(request, tenant, definition_id)
    may_add_outside = request.access.may(recipients.RIGHT_FOR_OUTSIDE)
    form = RecipientForm(request.POST or None, tenant=tenant, may_add_outside=may_add_outside)
    if request.method == "POST" and form.is_valid():
        try:
            _add(definition, form.cleaned_data, request.user)
            return redirect("reports:recipients", tenant.slug, definition.id)
        except recipients.NotAdded as refused:
            limits = {"most": recipients.MAX_RECIPIENTS, "asked": recipients.MAX_ASKED_PER_DAY}
            form.add_error(None, str(NOT_ADDED[refused.reason]) % limits)
    context = {
        "page": "reports",
        "definition": definition,
        "rows": recipient_rows(definition),
        "mails": [_mail_row(mail) for mail in mailing.mails_of(definition).order_by("-id")[:MAX_SHOWN]],
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/recipients/page.html", context, status=status)


@posted_from("reports:recipients")
@member_may(RIGHT)
def drop(request: PageRequest, tenant: Tenant, definition_id: int, recipient_id: int) -> HttpResponse:
    """Take a recipient off the list; the links that they got open no more."""
    definition, now = _definition(request, tenant, definition_id), timezone.now()
    recipient = get_object_or_404(ReportRecipient, tenant=tenant, definition=definition, id=recipient_id)
    if recipients.remove(recipient=recipient, actor=request.user.email, now=now):
        messages.success(request, _("The recipient is removed."))
    return redirect("reports:recipients", tenant.slug, definition.id)


@posted_from("reports:recipients")
@member_may(RIGHT)
def send_again(request: PageRequest, tenant: Tenant, definition_id: int, report_mail_id: int) -> HttpResponse:
    """Queue a mail again that was not sent, or may not have been."""
    definition = _definition(request, tenant, definition_id)
    mail = get_object_or_404(mailing.mails_of(definition), id=report_mail_id)
    if mailing.send_again(mail=mail, actor=request.user.email, now=timezone.now()):
        messages.success(request, _("The e-mail is sent again in a moment."))
    else:
        messages.error(request, _("This e-mail cannot be sent again: it is on its way, or has arrived."))
    return redirect("reports:recipients", tenant.slug, definition.id)


def _definition(request: PageRequest, tenant: Tenant, definition_id: int) -> ReportDefinition:
    """Return a definition that the person may change; 404 for any other, as for one that does not exist."""
    definition = get_object_or_404(
        ReportDefinition.objects.select_related("tenant"), tenant=tenant, id=definition_id, archived_at=None
    )
    return (
        definition
        if may_change(request.access, definition, request.user)
        else get_object_or_404(ReportDefinition.objects.none())
    )


def _add(definition: ReportDefinition, data: dict, actor: User) -> ReportRecipient:
    now = timezone.now()
    if data["member"]:
        return recipients.add_member(definition=definition, user=data["member"], actor=actor, now=now)
    language = data["language"] or definition.tenant.language
    return recipients.add_address(definition=definition, email=data["email"], language=language, actor=actor, now=now)


def recipient_rows(definition: ReportDefinition) -> list[dict[str, Any]]:
    """Return the recipients of a definition with their names and states in words."""
    return [_row(recipient) for recipient in recipients.recipients_of(definition)]


def _row(recipient: ReportRecipient) -> dict[str, Any]:
    address = recipient.address
    if recipient.unsubscribed_at is not None:
        state = _("Unsubscribed")
    elif address is None:
        state = _("Member") if recipient.user is not None else _("No member any more")
    elif address.declined_at is not None:
        state = _("Declined")
    elif address.confirmed_at is not None:
        state = _("Confirmed, numbers masked")
    elif has_expired(address, now=timezone.now()):
        state = _("Never confirmed")
    else:
        state = _("Waits for confirmation")
    return {"recipient": recipient, "name": person_name(recipient, None), "state": state}


def _mail_row(mail: ReportMail) -> dict[str, object]:
    days = days_text(mail.run.first, mail.run.last)
    name = person_name(mail.recipient, mail.user)
    return {"mail": mail, "days": days, "name": name, "again": mailing.may_send_again(mail)}


def person_name(recipient: ReportRecipient | None, user: User | None) -> str:
    """Return a recipient's or a member's address, "–" where it was deleted."""
    person = recipient.user if recipient is not None and recipient.user_id else user
    if person is not None:
        return person.email
    return recipient.address.address if recipient is not None and recipient.address else "–"

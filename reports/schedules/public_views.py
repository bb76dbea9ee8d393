"""Pages behind the links in mails about reports: confirm an address, unsubscribe, open the files of one mail.

They need no account, but a member's files do. Each link is for one recipient. A GET changes nothing but the count of
openings: programs that check mails follow links.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.downloads import record_download
from portal.brands.brand import brand_of
from portal.common.file_response import file_response
from portal.common.masking import Masking
from portal.tenants.scope import web_scope
from reports.models import DefinitionFile, OutsideAddress, ReportMail, ReportRecipient
from reports.schedules import confirming, links, recipients
from reports.schedules.attachments import files_for
from reports.schedules.files import MEDIA_TYPES, download_name, open_file, suffix_of
from reports.schedules.letters import days_text
from reports.schedules.link_limits import WINDOW, is_over

# With "no-referrer" browsers would also hide the origin, and a form be refused.
PRIVATE = {
    "Referrer-Policy": "strict-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store, private",
}
View = Callable[..., HttpResponse]


def behind_a_link(view: View) -> View:
    """Let a view answer for a link in a mail: limited by address, in no cache and no search engine."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: str) -> HttpResponse:
        if is_over(request):
            response = render(request, "shares/too_many.html", {"tenant": None}, status=429)
            response.headers["Retry-After"] = str(WINDOW)
        else:
            response = view(request, token, **kwargs)
        for name, value in PRIVATE.items():
            response.headers[name] = value
        return response

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@behind_a_link
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Ask the holder of an outside address, and take the answer; `answer` is "yes" or "no"."""
    ids, now = confirming.ids_of(token), timezone.now()
    if ids is None:
        return _closed(request)
    tenant_id, address_id = ids
    with web_scope({tenant_id}):
        rows = OutsideAddress.objects.select_related("tenant").filter(tenant_id=tenant_id, id=address_id)
        found = rows.first()
        if found is None or not confirming.is_current(found, token, now=now):
            return _closed(request)
        if request.method == "POST" and request.POST.get("answer") in ("yes", "no"):
            confirming.answer(address=found, accepts=request.POST["answer"] == "yes", now=now)
            found = rows.get()
        return _page(request, "reports/mail/address.html", tenant_id, found.language, {"address": found})


@csrf_exempt  # mail programs post for their user, without a cookie (RFC 8058); the token is the secret
@require_http_methods(["GET", "HEAD", "POST"])
@behind_a_link
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Unsubscribe the link's recipient from one definition by a POST; `again` in it undoes that."""
    ids = links.recipient_of(token)
    if ids is None:
        return _closed(request)
    tenant_id, recipient_id = ids
    with web_scope({tenant_id}):
        rows = ReportRecipient.objects.select_related("definition__tenant", "address")
        rows = rows.filter(tenant_id=tenant_id, id=recipient_id, removed_at=None)
        found = rows.first()
        if found is None:
            return _closed(request)
        if request.method == "POST":
            if "again" in request.POST:
                recipients.subscribe_again(found)
            else:
                recipients.unsubscribe(recipient=found, now=timezone.now())
            found = rows.get()
        language = found.address.language if found.address else found.definition.tenant.language
        return _page(request, "reports/mail/unsubscribe.html", tenant_id, language, {"recipient": found})


@dataclass(frozen=True, slots=True)
class Opened:
    """A mail whose link is open for the person who asks, and its files for that person."""

    mail: ReportMail
    masking: Masking
    files: list[DefinitionFile]
    language: str


@require_safe
@behind_a_link
def report(request: HttpRequest, token: str) -> HttpResponse:
    """List the files of one mail."""
    return _answer(request, token, _list)


@require_safe
@behind_a_link
def download(request: HttpRequest, token: str, format_name: str) -> HttpResponse:
    """Hand out one file of a mail, in the edition that its recipient may read now."""

    def hand_out(request: HttpRequest, opened: Opened) -> HttpResponse:
        file = next((file for file in opened.files if file.format == format_name), None)
        if file is None:
            return _closed(request)
        try:
            content = open_file(file)
        except FileNotFoundError:
            return _closed(request)
        mail, name = opened.mail, download_name(file)
        actor = request.user.get_username() or f"recipient {mail.recipient_id}"
        details = {"run": mail.run_id, "mail": mail.pk, "format": format_name}
        record_download(
            request, "report_mail.downloaded", actor=actor, tenant=mail.tenant, subject=name, details=details
        )
        return file_response(request, content, name, content_type=MEDIA_TYPES[suffix_of(file)])

    return _answer(request, token, hand_out)


def _list(request: HttpRequest, opened: Opened) -> HttpResponse:
    mail = opened.mail
    if request.method == "GET":
        rows = ReportMail.objects.filter(id=mail.pk)
        rows.update(openings=F("openings") + 1, last_opened_at=timezone.now())
    with translation.override(opened.language):
        days = days_text(mail.run.first, mail.run.last)
        files = [{"file": file, "name": download_name(file)} for file in opened.files]
    context = {"mail": mail, "run": mail.run, "days": days, "files": files, "is_masked": not opened.masking.in_full}
    return _page(request, "reports/mail/report.html", mail.tenant_id, opened.language, context)


def _answer(request: HttpRequest, token: str, view: Callable[[HttpRequest, Opened], HttpResponse]) -> HttpResponse:
    """Let `view` answer for an open link; a member signs in first, and it opens for no other person."""
    ids, now = links.mail_of(token), timezone.now()
    if ids is None:
        return _closed(request)
    tenant_id, mail_id = ids
    with web_scope({tenant_id}, person=str(request.user.pk or "")):
        mail = _open_mail(tenant_id, mail_id, now)
        if mail is None or mail.recipient is None:
            return _closed(request)
        if mail.recipient.user_id is not None:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if request.user.pk != mail.recipient.user_id:
                return _closed(request)
        to = recipients.addressee(mail.recipient, mail.run)
        if not isinstance(to, recipients.Addressee):
            return _closed(request)
        files = files_for(mail.run, to.masking, sees_costs=to.sees_costs)
        return view(request, Opened(mail, to.masking, files, to.language))


def _open_mail(tenant_id: int, mail_id: int, now: datetime) -> ReportMail | None:
    rows = ReportMail.objects.select_related(
        "tenant", "run__definition__tenant", "run__tenant", "run__report_run", "recipient__definition__tenant",
        "recipient__address",
    )  # fmt: skip
    open_now = rows.filter(link_revoked_at=None, link_expires_at__gt=now, run__definition__archived_at=None)
    return open_now.filter(tenant_id=tenant_id, id=mail_id).first()


def _page(request: HttpRequest, template: str, tenant_id: int, language: str, context: dict) -> HttpResponse:
    """Render a page in the recipient's language and the tenant's brand."""
    with translation.override(language):
        response = render(request, template, context | {"brand": brand_of(tenant_id)})
    response.headers["Content-Language"] = language
    return response


def _closed(request: HttpRequest) -> HttpResponse:
    """Answer alike for links that are unknown, expired, revoked or of another person."""
    return render(request, "reports/mail/closed.html", status=404)

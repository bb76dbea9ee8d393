"""The admin's page that shows a mail that could not be sent, once."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.accounts import unsent_mail
from portal.accounts.models import UnsentMail


@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, mail_id: int) -> HttpResponse:
    """Ask staff before the text is shown; a POST shows it and deletes it."""
    if not request.user.has_perm("accounts.change_user"):
        raise PermissionDenied
    mail = get_object_or_404(UnsentMail, id=mail_id)
    if not unsent_mail.may_show(request.user, mail):
        raise PermissionDenied
    text, is_gone = "", not mail.sealed
    if request.method == "POST":
        try:
            text = unsent_mail.show(mail, actor=request.user.email, now=timezone.now())
        except unsent_mail.Unreadable:
            is_gone = True
    context = {
        **admin.site.each_context(request),
        "title": _("Mail to %(address)s") % {"address": mail.to},
        "mail": mail,
        "text": text,
        "is_gone": is_gone,
    }
    status = 410 if is_gone and request.method == "POST" else 200
    return TemplateResponse(request, "admin/accounts/unsentmail/show.html", context, status=status)

"""The administration's page that shows a quarantined row in full, for a reason that is recorded."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.dialects.raw_text import readable
from deliveries.message_pages.reveal_form import RevealForm
from deliveries.models import QuarantinedRow
from portal.accounts import shown_once
from portal.accounts.models import record

_KEPT_AS = "revealed-quarantined-row"


class QuarantineRevealForm(RevealForm):
    """Form for the reason to see a quarantined row in full."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, number="", **kwargs)
        self.fields["reason"].label = gettext_lazy("Why do you need to see it in full?")


def reveal(request: HttpRequest, row_id: int) -> HttpResponse:
    """Ask for a reason; after a POST with one, recorded for the owner of the row's account, show the row once."""
    if not request.user.has_perm("deliveries.view_quarantinedrow"):
        raise PermissionDenied
    row = get_object_or_404(QuarantinedRow.objects.select_related("feed__account__owner"), id=row_id)
    form = QuarantineRevealForm(request.POST if request.method == "POST" else None)
    is_revealed = request.method == "GET" and shown_once.take(request, _KEPT_AS) == str(row.pk)
    if request.method == "POST" and form.is_valid():
        record(
            "quarantine.revealed",
            actor=request.user.email,
            tenant=row.feed.account.owner,
            subject=f"{row.feed}/{row.inbox_id}",
            details={"reason": form.cleaned_data["reason"]},
        )
        shown_once.keep(request, _KEPT_AS, str(row.pk))
        return redirect(request.get_full_path())
    context = {
        **admin.site.each_context(request),
        "title": _("Quarantined row %(id)s") % {"id": row.inbox_id},
        "opts": QuarantinedRow._meta,
        "row": row,
        "form": form,
        "is_revealed": is_revealed,
        "raw": readable(bytes(row.body)) if is_revealed else "",
    }
    status = 422 if request.method == "POST" else 200
    response = TemplateResponse(request, "admin/deliveries/quarantinedrow/reveal.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response

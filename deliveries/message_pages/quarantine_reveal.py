"""The administration's page that shows a quarantined row in full, for a reason that is recorded."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.dialects.raw_text import readable
from deliveries.message_pages.reveal_form import RevealForm
from deliveries.models import QuarantinedRow
from portal.accounts.models import record


class QuarantineRevealForm(RevealForm):
    """Form for the reason to see a quarantined row in full."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, number="", **kwargs)
        self.fields["reason"].label = gettext_lazy("Why do you need to see it in full?")


def reveal(request: HttpRequest, row_id: int) -> HttpResponse:
    """Ask for a reason; a POST with one shows the row once, on record for the owner of the row's account."""
    if not request.user.has_perm("deliveries.view_quarantinedrow"):
        raise PermissionDenied
    row = get_object_or_404(QuarantinedRow.objects.select_related("feed__account__owner"), id=row_id)
    form = QuarantineRevealForm(request.POST if request.method == "POST" else None)
    is_revealed = request.method == "POST" and form.is_valid()
    if is_revealed:
        record(
            "quarantine.revealed",
            actor=request.user.email,
            tenant=row.feed.account.owner,
            subject=f"{row.feed}/{row.inbox_id}",
            details={"reason": form.cleaned_data["reason"]},
        )
    context = {
        **admin.site.each_context(request),
        "title": _("Quarantined row %(id)s") % {"id": row.inbox_id},
        "opts": QuarantinedRow._meta,
        "row": row,
        "form": form,
        "is_revealed": is_revealed,
        "raw": readable(bytes(row.body)) if is_revealed else "",
    }
    status = 422 if request.method == "POST" and not is_revealed else 200
    response = TemplateResponse(request, "admin/deliveries/quarantinedrow/reveal.html", context, status=status)
    response.headers["Cache-Control"] = "no-store, private"
    return response

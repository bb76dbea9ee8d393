"""Gates for staff: their states, and pausing and resuming, which the customer's audit log tells."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from deliveries.gates import changing
from deliveries.models import Gate
from portal.accounts.admin_base import ReadOnlyAdmin


@admin.register(Gate)
class GateAdmin(ReadOnlyAdmin):
    """Gates with their states; customers change them on their own pages."""

    list_display = ("name", "tenant", "state", "off_reason", "state_at", "failing_since", "created_at")
    list_filter = ("state", "off_reason")
    list_select_related = ("tenant",)
    search_fields = ("name", "public_id", "tenant__name", "tenant__slug")
    actions = ("pause", "resume")

    def has_hold_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("deliveries.change_gate")

    @admin.action(description=_("Pause the selected gates"), permissions=["hold"])
    def pause(self, request: HttpRequest, rows: QuerySet) -> None:
        count = sum(changing.pause(gate, actor=request.user.get_username()) for gate in rows.select_related("tenant"))
        text = ngettext("%(count)d gate is paused.", "%(count)d gates are paused.", count)
        messages.success(request, text % {"count": count})

    @admin.action(description=_("Resume the selected gates"), permissions=["hold"])
    def resume(self, request: HttpRequest, rows: QuerySet) -> None:
        count = sum(changing.resume(gate, actor=request.user.get_username()) for gate in rows.select_related("tenant"))
        text = ngettext("%(count)d gate is resumed.", "%(count)d gates are resumed.", count)
        messages.success(request, text % {"count": count})

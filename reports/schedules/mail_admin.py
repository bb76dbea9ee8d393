"""Mails of reports and outside addresses for staff: what became of each mail, and erasing an address."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.accounts.admin_base import ReadOnlyAdmin
from reports.models import OutsideAddress, ReportMail
from reports.schedules.mail_retention import erase_address


@admin.register(ReportMail)
class ReportMailAdmin(ReadOnlyAdmin):
    """Mails with their states; members send them again on their own pages."""

    list_display = ("id", "tenant", "kind", "state", "skipped", "attempts", "error", "created_at", "sent_at")
    list_filter = ("state", "kind", "skipped")
    list_select_related = ("tenant",)
    search_fields = ("=id", "=tenant__slug", "tenant__name", "=message_id")
    search_help_text = _("A number, a customer's name or slug, or the Message-ID of a bounce.")
    raw_id_fields = ("run", "recipient", "user")


@admin.register(OutsideAddress)
class OutsideAddressAdmin(ReadOnlyAdmin):
    """Addresses of people without an account, to which customers send reports."""

    list_display = ("address", "tenant", "asked_at", "confirmed_at", "declined_at", "added_by")
    list_filter = ("language",)
    list_select_related = ("tenant",)
    search_fields = ("address", "=tenant__slug", "tenant__name")
    actions = ("erase",)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("reports.delete_outsideaddress")

    @admin.action(description=_("Erase the selected addresses"), permissions=["erase"])
    def erase(self, request: HttpRequest, rows: QuerySet) -> None:
        addresses = set(rows.values_list("address", flat=True))
        now, actor = timezone.now(), request.user.get_username()
        count = sum(erase_address(address, actor=actor, now=now) for address in sorted(addresses))
        text = ngettext(
            "%(count)d address is erased, from all customers.", "%(count)d addresses are erased, from all customers.",
            count,
        )  # fmt: skip
        messages.success(request, text % {"count": count})

"""RefId schemes and campaigns for staff."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, RefIdScheme
from portal.accounts.admin_base import ReadOnlyAdmin, RecordedAdmin


@admin.register(RefIdScheme)
class RefIdSchemeAdmin(RecordedAdmin):
    list_display = ("tenant", "delimiter", "fields")
    list_select_related = ("tenant",)
    search_fields = ("tenant__name", "tenant__slug")
    raw_id_fields = ("tenant",)
    ordering = ("tenant__name", "id")

    def get_readonly_fields(self, request: HttpRequest, obj: RefIdScheme | None = None) -> tuple[str, ...]:
        return ("tenant",) if obj else ()


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Campaigns register themselves when their first message is applied."""

    list_display = ("name", "tenant", "created_at")
    list_select_related = ("tenant",)
    search_fields = ("name", "=tenant__slug")
    search_help_text = _("A campaign's name, or a tenant's slug.")

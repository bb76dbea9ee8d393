"""RefId schemes and campaigns for staff."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, RefIdScheme
from deliveries.rederiving.recount import request_recount
from portal.accounts.admin_base import ReadOnlyAdmin, RecordedAdmin, WholeWordSearch
from portal.common.masking import Masking
from portal.common.msisdn import may_be_part_of_number


@admin.register(RefIdScheme)
class RefIdSchemeAdmin(RecordedAdmin):
    """Admin of refId schemes; a change queues a recount of the tenant's messages."""

    list_display = ("tenant", "delimiter", "fields")
    list_select_related = ("tenant",)
    search_fields = ("tenant__name", "tenant__slug")
    autocomplete_fields = ("tenant",)
    ordering = ("tenant__name", "id")

    def save_model(self, request: HttpRequest, obj: RefIdScheme, form, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request_recount(tenant=obj.tenant, reason="refId scheme changed", now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: RefIdScheme) -> None:
        super().delete_model(request, obj)
        request_recount(tenant=obj.tenant, reason="refId scheme removed", now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[RefIdScheme]) -> None:
        for scheme in queryset.select_related("tenant"):
            self.delete_model(request, scheme)

    def get_readonly_fields(self, request: HttpRequest, obj: RefIdScheme | None = None) -> tuple[str, ...]:
        return ("tenant",) if obj else ()


@admin.register(Campaign)
class CampaignAdmin(WholeWordSearch, ReadOnlyAdmin):
    """Campaigns register themselves when their first message is applied."""

    list_display = ("name_shown", "tenant", "created_at")
    fields = ("tenant", "name_shown", "created_at")
    readonly_fields = ("name_shown",)
    list_select_related = ("tenant",)
    whole_fields = ("tenant__slug",)
    prefix_fields = ("name",)
    search_help_text = _("Beginning of a campaign name, or a customer's slug.")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        """Reject searches by a possible beginning of a phone number, which would reveal the rest."""
        if may_be_part_of_number(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("name"), ordering="name")
    def name_shown(self, campaign: Campaign) -> str:
        return Masking(in_full=False).text(campaign.name)

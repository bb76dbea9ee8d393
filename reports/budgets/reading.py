"""Budgets of a tenant, and what a budget may be about."""

from collections.abc import Collection
from datetime import date

from django.db.models import QuerySet

from campaigns.models import Campaign
from portal.common.masking import Masking
from portal.tenants.models import PartnerId, Tenant
from reports.budgets.periods import Period, period_on
from reports.budgets.spending import subject_of
from reports.models import Budget

MOST_NAMES = 200  # that a form offers


def budgets_of(tenant: Tenant) -> QuerySet[Budget]:
    """Return the tenant's budgets by name, with what their spending needs."""
    return Budget.objects.filter(tenant=tenant).select_related("campaign__merged_into", "tenant").order_by("name", "id")


def campaign_named(tenant: Tenant, name: str) -> Campaign | None:
    """Return the tenant's own campaign of this name."""
    return Campaign.objects.filter(tenant=tenant, name=name.replace("\0", "")).exclude(name="").first()


def is_partner_id(tenant_ids: Collection[int], value: str) -> bool:
    """Return whether one of these tenants has the partner ID now."""
    return PartnerId.objects.filter(tenant__in=tenant_ids, value=value.replace("\0", "")).exists()


def names_offered(tenant: Tenant, tenant_ids: Collection[int]) -> list[str]:
    """Return partner IDs and the newest campaigns for a form; none with a phone number, which no budget takes."""
    ids = PartnerId.objects.filter(tenant__in=tenant_ids).order_by("value").values_list("value", flat=True)
    campaigns = Campaign.objects.filter(tenant=tenant, merged_into=None).exclude(name="").order_by("-id")
    found = [*ids[:MOST_NAMES], *campaigns.values_list("name", flat=True)[:MOST_NAMES]]
    masking = Masking(in_full=False)
    return [name for name in dict.fromkeys(found) if not masking.hides(name)]


def period_of(budget: Budget, today: date) -> Period:
    """Return the budget's period on a day."""
    return period_on(today, first_day=budget.first_day, last_day=budget.last_day)


def subject_shown(budget: Budget, masking: Masking) -> str:
    """Return the partner ID or the campaign that a budget is about; '' for all messages."""
    return masking.text(subject_of(budget)) or ""

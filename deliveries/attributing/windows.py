"""Windows of attribution that people set: of a tenant, and of a campaign (docs/conversions.md#attribution)."""

from collections.abc import Collection

from django.db import transaction
from django.db.models.functions import Now

from campaigns.models import Campaign
from deliveries.attributing.due import note_tenant
from deliveries.models import ConversionWindow
from deliveries.models.conversions import DEFAULT_WINDOW
from portal.accounts.models import record
from portal.common.masking import Masking
from portal.tenants.models import Tenant


def tenant_window(tenant: Tenant) -> int:
    """Return the minutes in which a message of the tenant may have an event, where nothing else is set."""
    return _minutes(tenant) or DEFAULT_WINDOW


def campaign_window(campaign: Campaign) -> int | None:
    """Return the minutes of the campaign's own window, None if it has none."""
    return _minutes(campaign.tenant, campaign)


def campaign_windows(campaign_ids: Collection[int]) -> dict[int, int]:
    """Return the minutes of the campaigns that have a window of their own."""
    found = ConversionWindow.objects.filter(campaign_id__in=campaign_ids)
    return {window.campaign_id: window.minutes for window in found if window.campaign_id is not None}


def set_tenant_window(tenant: Tenant, minutes: int, *, actor: str) -> bool:
    """Set the window of a tenant, and have its events attributed again; return whether it changed."""
    with transaction.atomic():
        before = tenant_window(tenant)
        if minutes == before:
            return False
        _set(tenant, None, minutes)
        record("conversion_window.changed", actor=actor, tenant=tenant, details={"minutes": minutes, "before": before})
    return True


def set_campaign_window(campaign: Campaign, minutes: int | None, *, actor: str) -> bool:
    """Set or delete the window of a campaign, and have the tenant's events attributed again; return whether it changed.

    None deletes it: then the window of the event's kind or of the tenant holds.
    """
    with transaction.atomic():
        if minutes == campaign_window(campaign):
            return False
        _set(campaign.tenant, campaign, minutes)
        Campaign.objects.filter(id=campaign.id).update(updated_at=Now())  # readers of changes see the window with it
        record(
            "campaign.window_changed" if minutes else "campaign.window_removed",
            actor=actor,
            tenant=campaign.tenant,
            subject=Masking(in_full=False).text(campaign.name),
            details={"minutes": minutes} if minutes else {},
        )
    return True


def _minutes(tenant: Tenant, campaign: Campaign | None = None) -> int | None:
    found = ConversionWindow.objects.filter(tenant=tenant, campaign=campaign)
    return found.values_list("minutes", flat=True).first()


def _set(tenant: Tenant, campaign: Campaign | None, minutes: int | None) -> None:
    if minutes:
        ConversionWindow.objects.update_or_create(tenant=tenant, campaign=campaign, defaults={"minutes": minutes})
    else:
        ConversionWindow.objects.filter(tenant=tenant, campaign=campaign).delete()
    note_tenant(tenant.id)

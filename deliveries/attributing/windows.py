"""Windows of attribution that people set: of a tenant, and of a campaign (docs/conversions.md#attribution)."""

from collections.abc import Collection

from django.db import connection, transaction
from django.db.models.functions import Now

from campaigns.models import Campaign
from deliveries.attributing.due import note_tenant
from deliveries.models import ConversionWindow
from deliveries.models.conversions import DEFAULT_WINDOW
from portal.accounts.models import record
from portal.common.masking import Masking
from portal.tenants.models import Tenant

# The rule's windows (rule.py): that of the campaign shown, else the longest of the kinds.
_LONGEST = f"""
SELECT coalesce(max(coalesce(w.minutes, of_kinds.minutes)), max(of_kinds.minutes))
FROM (SELECT coalesce(max(coalesce(k.window_minutes, t.minutes, {DEFAULT_WINDOW})), max(t.minutes), {DEFAULT_WINDOW})
             AS minutes
      FROM (SELECT max(minutes) AS minutes FROM conversion_window
            WHERE tenant_id = %(tenant)s AND campaign_id IS NULL) AS t
      LEFT JOIN conversion_kind k ON k.tenant_id = %(tenant)s) AS of_kinds
LEFT JOIN unnest(%(campaigns)s::int[]) AS sent (campaign_id) ON true
LEFT JOIN campaigns_campaign c ON c.tenant_id = %(tenant)s AND c.id = sent.campaign_id
LEFT JOIN conversion_window w ON w.tenant_id = c.tenant_id AND w.campaign_id = coalesce(c.merged_into_id, c.id)
"""  # noqa: S608  a constant of another module


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


def longest_window(tenant_id: int, campaign_ids: Collection[int]) -> int:
    """Return the minutes after which no message of these campaigns can have another event of any kind.

    0 stands for the messages without a campaign.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LONGEST, {"tenant": tenant_id, "campaigns": sorted(campaign_ids)})
        return cursor.fetchone()[0]


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

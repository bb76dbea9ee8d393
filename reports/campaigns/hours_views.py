"""The hours of the day at which a campaign was sent: a part of its page that is loaded after the rest.

It reads each stored message, as no count has both the campaign and the hour.
"""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.merging import ids_shown_as
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.hours import hours_of
from reports.campaigns.views import shown_of


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def hours(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show messages, delivery rate and median by hour of sending; as a page of its own without scripts."""
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:hours", tenant.slug, campaign.merged_into_id)
    masking = request.access.masking
    shown = shown_of(campaign, tenant, request.access)
    rows = []
    if shown:
        rows = hours_of(
            tenant_id=campaign.tenant_id,
            campaign_ids=ids_shown_as(campaign),
            first=shown.first,
            last=shown.last,
            timezone=campaign.tenant.timezone,
        )
    context = {
        "page": "campaigns",
        "campaign": campaign,
        "heading": masking.text(campaign.title or campaign.name),
        "shown": shown,
        "links": shown.links if shown else None,
        "rows": rows,
        "file": f"{tenant.slug}_campaign_{campaign.id}",
        "most": max((row.messages for row in rows), default=0),
    }
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    return render(request, f"reports/campaigns/{'_hours' if is_part else 'hours'}.html", context)

"""The recipients of a campaign: a part of its page that is loaded after the rest, since it reads each message."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.merging import ids_shown_as
from campaigns.statistics import rate
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.recipients import recipients_of


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def recipients(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show how many different recipients the campaign had and reached; as a page of its own without scripts."""
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:recipients", tenant.slug, campaign.merged_into_id)
    found = recipients_of(tenant_id=campaign.tenant_id, campaign_ids=ids_shown_as(campaign))
    context = {
        "page": "campaigns",
        "campaign": campaign,
        "heading": request.access.masking.text(campaign.title or campaign.name),
        "recipients": found,
        "shares": [rate(n, found.total) for n in (found.delivered, found.pending, found.unknown, found.failed)],
    }
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    template = "_different_recipients.html" if is_part else "recipients.html"
    return render(request, f"reports/campaigns/{template}", context)

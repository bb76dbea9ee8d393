"""Live figures of a campaign: a part of its page that the page asks for again and again while the campaign runs."""

from hashlib import sha256

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.live import look
from reports.campaigns.views import figures_context


@require_safe
@vary_on_headers("HX-Request")
@member_may("see_figures")
def live(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Return the figures as they are now, read from counts alone; 304 where they are as before (ETag).

    A browser that asks for it as a page is sent to the campaign's page.
    """
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id or "HX-Request" not in request.headers:
        return redirect("campaigns:campaign", tenant.slug, campaign.merged_into_id or campaign.id)
    context = figures_context(request, tenant, campaign)
    if context is None:
        raise Http404
    context |= {"page": "campaigns", "live": look(campaign, context["kpis"], now=timezone.now())}
    response = render(request, "reports/campaigns/_live_figures.html", context)
    etag = f'"{sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response

"""The table below a campaign's chart of days: a part of its page that is loaded after the rest, as it is long."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.views import Shown, shown_of
from reports.figures.finality import days, provisional_from
from reports.figures.kpis import Kpis
from reports.overview import charts


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def campaign_days(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show messages by day (week, month) and class; as a page of its own without scripts."""
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:days", tenant.slug, campaign.merged_into_id)
    masking = request.access.masking
    shown = shown_of(campaign, tenant, request.access)
    context = {
        "page": "campaigns",
        "campaign": campaign,
        "heading": masking.text(campaign.title or campaign.name),
        "shown": shown,
    }
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    template = f"reports/campaigns/{'_days' if is_part and shown else 'days'}.html"
    return render(request, template, context | (_figures(shown) if shown else {}))


def _figures(shown: Shown) -> dict:
    query = shown.query()
    rows = days(query)
    unit = charts.unit_of(len(rows))
    provisional = provisional_from(tenant_ids=query.tenant_ids, first=shown.first, last=shown.last, now=timezone.now())
    return {
        "links": shown.links,
        "unit": unit,
        "columns": charts.chart_columns(rows, unit=unit, provisional_from=provisional),
        "figures": {"kpis": sum((row.kpis for row in rows), Kpis())},
        "file": f"{shown.campaign.tenant.slug}_campaign_{shown.campaign.id}",
    }

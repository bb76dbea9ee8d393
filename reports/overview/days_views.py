"""The table below the Overview's chart of weeks or months: a part of the page that is loaded after the rest."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.figures.finality import days, provisional_from
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.overview import charts
from reports.overview.asked import FILTERS, AskedFigures, asked_figures


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def overview_days(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show messages by day (week, month) and class; as a page of its own without scripts.

    It takes the parameters of the Overview. What cannot be followed is left out with words: 422.
    """
    asked = asked_figures(request, tenant, filters=FILTERS)
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    template = f"reports/overview/{'_days_table' if is_part else 'days'}.html"
    context = asked.context | _figures(asked, tenant) | {"page": "overview", "is_alone": not is_part}
    return render(request, template, context, status=asked.status)


def _figures(asked: AskedFigures, tenant: Tenant) -> dict:
    period, tenant_ids = asked.picker.period, asked.tenant_ids
    rows = days(
        StatisticsQuery(
            tenant_ids=tenant_ids, first=period.first, last=period.last, filters=asked.query_filters,
            timezone=tenant.timezone,
        )
    )  # fmt: skip
    unit = charts.unit_of(period.days)
    provisional = provisional_from(tenant_ids=tenant_ids, first=period.first, last=period.last, now=timezone.now())
    return {
        "unit": unit,
        "columns": charts.chart_columns(rows, unit=unit, provisional_from=provisional),
        "figures": {"kpis": sum((row.kpis for row in rows), Kpis())},
        "file": f"{tenant.slug}_{period.first}_{period.last}",
    }

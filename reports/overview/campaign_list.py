"""The page of all campaigns of a period, in pages that can be sorted and that sum to the Overview."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import OTHER_NAME, total
from reports.figures.top_campaigns import ORDERS, campaigns
from reports.overview.asked import asked_figures
from reports.overview.masked import masked_campaigns

FILTERS = ("country", "operator")
PAGE_SIZE = 100
COLUMNS = ("name", "messages", "delivery_rate", "failed")
DEFAULT_ORDER = "-messages"


@require_safe
@member_may("see_figures")
def campaign_list(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List every campaign of the chosen period; `sort` is one of ORDERS and `page` counts from 1.

    404 for a page or an order that there is not.
    """
    asked = asked_figures(request, tenant, filters=FILTERS, keep=("sort",))
    order, number = request.GET.get("sort", DEFAULT_ORDER), request.GET.get("page", "1")
    if order not in ORDERS or not (number.isascii() and number.isdecimal() and len(number) < 7 and int(number)):
        raise Http404
    period, page = asked.picker.period, int(number)
    query = StatisticsQuery(
        tenant_ids=asked.tenant_ids, first=period.first, last=period.last, filters=asked.query_filters
    )
    kpis = total(query)
    rows, others = campaigns(
        query, latency=kpis.latency or {}, limit=PAGE_SIZE, offset=(page - 1) * PAGE_SIZE, order=order
    )
    if not rows and page > 1:
        raise Http404
    every = len(rows) + others.campaigns
    pages = max(-(-every // PAGE_SIZE), 1)
    context = asked.context | {
        "page": "overview",
        "rows": masked_campaigns(rows, request.access.masking),
        "rest": others,
        "kpis": replace(kpis, final=None),
        "every": every,
        "page_number": page,
        "pages": pages,
        "previous_page": str(page - 1) if page > 1 else "",
        "next_page": str(page + 1) if page < pages else "",
        "orders": {column: _next_order(column, order) for column in COLUMNS},
        "sorted_by": {order.removeprefix("-"): "descending" if order.startswith("-") else "ascending"},
        "order_query": urlencode({"sort": order}),
        "by_several": len(asked.tenant_ids) > 1,
        "other": OTHER_NAME,
        "file": f"{tenant.slug}_{period.first}_{period.last}",
    }
    return render(request, "reports/campaigns.html", context, status=asked.status)


def _next_order(column: str, order: str) -> str:
    """Return the order that a click on a column's heading asks for: figures begin with the largest."""
    first, second = (column, f"-{column}") if column == "name" else (f"-{column}", column)
    return second if order == first else first

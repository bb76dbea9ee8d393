"""The list of a tenant's campaigns: found by name, title or tag, sorted by any column, in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from campaigns.models import Campaign
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.masking import Masking
from portal.tenants.models import Tenant
from reports.campaigns.conversions import conversion_counts, conversions_of_rests
from reports.campaigns.costs import listed_costs
from reports.campaigns.listing import DEFAULT_ORDER, ORDERS, PAGE_SIZE, ListedCampaign, campaign_page
from reports.campaigns.search_text import searched
from reports.campaigns.selectors import STATES, matching_ids
from reports.figures.finality import provisional_from
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import OTHER_NAME, finality, total
from reports.overview.asked import MAX_FILTER, AskedFigures, asked_figures
from reports.overview.sparklines import Sparkline, line_of_days
from reports.pricing.figures import CostFigures
from reports.pricing.rights import has_costs, seen_payer

FILTERS = ("country", "operator")
KEPT = ("q", "state", "sort", "costs")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the list as the page shows it; one with `is_masked` is found by its name nowhere."""

    found: ListedCampaign
    first: date | None
    last: date | None
    name: str
    title: str
    tags: list[str]
    is_masked: bool
    line: Sparkline
    conversions: int
    costs: list[CostFigures]


@require_safe
@member_may("see_figures")
@spans_read_once()
def campaign_list(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the campaigns of the chosen period; `q` searches, `state` is one of STATES, `sort` one of ORDERS.

    422 for a search that cannot be followed; 404 for a page, an order or a state that there is not.
    """
    asked = asked_figures(request, tenant, filters=FILTERS, keep=KEPT)
    order, number = request.GET.get("sort") or DEFAULT_ORDER, request.GET.get("page", "1")
    state = request.GET.get("state") or "active"
    is_number = number.isascii() and number.isdecimal() and len(number) < 7 and int(number)
    if order not in ORDERS or state not in STATES or not is_number:
        raise Http404
    text, problem, status = searched(request, tenant)
    found = None
    if text:
        found = matching_ids(tenant_ids=asked.tenant_ids, text=text, masking=request.access.masking)
    period, page = asked.picker.period, int(number)
    query = StatisticsQuery(
        tenant_ids=asked.tenant_ids, first=period.first, last=period.last, filters=asked.query_filters
    )
    final = finality()
    result = campaign_page(
        query,
        final=final,
        archived=STATES[state],
        found=found,
        order=order,
        offset=(page - 1) * PAGE_SIZE,
        limit=PAGE_SIZE,
    )
    if not result.rows and page > 1:
        raise Http404
    costs = _costs(request, query, [row.campaign for row in result.rows])
    unsettled = provisional_from(tenant_ids=asked.tenant_ids, first=period.first, last=period.last, now=timezone.now())
    pages = max(-(-result.listed // PAGE_SIZE), 1)
    chosen = {"q": text, "state": state if state != "active" else "", "costs": "yes" if costs is not None else ""}
    base = _base(asked, {name: value for name, value in chosen.items() if value})
    # Events have no country and no operator: a narrowed list does not show them.
    converted = {} if asked.query_filters else conversion_counts(query)
    context = asked.context | {
        "page": "campaigns",
        "rows": [_row(row, query, unsettled, request.access.masking, converted, costs or {}) for row in result.rows],
        "conversions": sum(converted.values()),
        "conversions_list": _events_address(request, asked, query) if converted else "",
        "hidden_list": f"{asked.context['links'].narrowed()}&state={'active' if state == 'archived' else 'archived'}",
        "rests": conversions_of_rests(
            converted, shown=[row.campaign.id for row in result.rows], archived=STATES[state], found=found
        ),
        "with_costs": costs is not None,
        "may_show_costs": costs is None and has_costs(request.access),
        "result": result,
        "kpis": total(query, final=final),
        "text": request.GET.get("q", "")[:MAX_FILTER],
        "problem": problem,
        "state": state,
        "order": order,
        "kept": _pairs(asked),
        "base": base,
        "page_number": page,
        "pages": pages,
        "previous_page": str(page - 1) if page > 1 else "",
        "next_page": str(page + 1) if page < pages else "",
        "orders": {column.removeprefix("-"): next_order(column.removeprefix("-"), order) for column in ORDERS},
        "sorted_by": {order.removeprefix("-"): "descending" if order.startswith("-") else "ascending"},
        "by_several": len(asked.tenant_ids) > 1,
        "other": OTHER_NAME,
        "is_provisional": unsettled is not None,
        "file": f"{tenant.slug}_{period.first}_{period.last}",
        "file_query": urlencode({"q": text, "state": state, "sort": order}),
    }
    status = status if status != 200 else asked.status
    return render(request, "reports/campaigns/list.html", context, status=status)


@require_safe
@member_may("see_figures")
def earlier_list(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Redirect the list's earlier address, with its period, filters and order."""
    query = request.GET.urlencode()
    answer = redirect("campaigns:list", tenant.slug)
    if query:
        answer["Location"] += f"?{query}"
    return answer


def _row(
    row: ListedCampaign,
    query: StatisticsQuery,
    unsettled: date | None,
    masking: Masking,
    converted: Mapping[int, int],
    costs: Mapping[int, list[CostFigures]],
) -> Row:
    name = row.campaign.name
    return Row(
        found=row,
        first=row.first,
        last=row.last,
        name=masking.text(name),
        title=masking.text(row.campaign.title),
        tags=[masking.text(tag) for tag in row.campaign.tags],
        is_masked=masking.hides(name),
        line=line_of_days(row.days, query.first, query.last, unsettled),
        conversions=converted.get(row.campaign.id, 0),
        costs=costs.get(row.campaign.id, []),
    )


def _costs(
    request: PageRequest, query: StatisticsQuery, campaigns: list[Campaign]
) -> dict[int, list[CostFigures]] | None:
    """Return the costs of the campaigns; None unless they are asked for and may be seen."""
    payer = seen_payer(request.access) if request.GET.get("costs") == "yes" else None
    return None if payer is None else listed_costs(query, campaigns, payer)


def _events_address(request: PageRequest, asked: AskedFigures, query: StatisticsQuery) -> str:
    """Return the address of the events of the period's messages; '' for people who do not see events."""
    if not request.access.may("see_conversions"):
        return ""
    given = {"from": str(query.first), "to": str(query.last), "of": "messages"}
    if asked.one:
        given["tenant"] = asked.one.slug
    return f"{reverse('conversions:events', args=[asked.slug])}?{urlencode(given)}"


def _pairs(asked: AskedFigures) -> Sequence[tuple[str, str]]:
    """Return the parameters that the search form keeps: the period and the filters."""
    return [*parse_qsl(asked.picker.query), *asked.context["narrowing"].items()]


def _base(asked: AskedFigures, chosen: dict[str, str]) -> str:
    """Return the query string of the list without its order and page."""
    query = asked.context["links"].narrowed()
    return f"{query}&{urlencode(chosen)}" if chosen else query


def next_order(column: str, order: str) -> str:
    """Return the order that a click on a column's heading asks for: figures begin with the largest."""
    first, second = (column, f"-{column}") if column == "name" else (f"-{column}", column)
    return second if order == first else first

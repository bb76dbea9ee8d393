"""A tenant's first page: the figures of a period, by day, country, campaign, failure and operator."""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.statistics import MATURE
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from deliveries.search.operators import other_spellings
from portal.accounts.guards import member_may
from portal.common.countries import country_meant, country_problem
from portal.common.period_picker import Period
from portal.tenants.models import Tenant
from reports.figures.kpis import Kpis
from reports.figures.query import TooManyGroups
from reports.figures.statistics import MAX_GROUPS, OTHER_NAME
from reports.overview import charts
from reports.overview.cards import kpi_cards
from reports.overview.highlight_selectors import MAX_DAYS as HIGHLIGHT_DAYS
from reports.overview.highlight_selectors import find_highlights
from reports.overview.links import Links, NoLinks
from reports.overview.masked import masked_highlights, masked_overview
from reports.overview.period import PagePeriod, page_period
from reports.overview.selectors import Overview, newest_day, overview

FILTERS = ("country", "operator", "campaign")
MAX_FILTER = 256  # characters, as many as a campaign's name has
ROWS = 8
LISTS = ("countries", "operators", "failures")


@require_safe
@vary_on_headers("HX-Request")
@member_may("see_figures")
def overview_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the figures of the chosen period; `country`, `operator`, `campaign` and `tenant` narrow them.

    What cannot be followed is left out with words: 422.
    """
    context, status = overview_context(request, tenant)
    is_swap = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    return render(
        request, "reports/_overview_swap.html" if is_swap else "reports/overview.html", context, status=status
    )


def overview_context(request: HttpRequest, tenant: Tenant) -> tuple[dict, int]:
    """Return what the request's Overview shows, and the status of the answer; a shared page has no links."""
    picker = page_period(request, tenant, keep=("tenant", *FILTERS, "all"))
    filters = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    bad = [name for name, value in filters.items() if len(value) > MAX_FILTER or "\0" in value]
    for name in bad:
        del filters[name]
    limited = None
    try:
        count_number_searches(request, filters.items(), tenant=tenant)
    except TooManyNumberSearches as error:
        limited = error
        del filters[error.filter]
    one = _one_tenant(request, tenant)
    misspelt = _misspelt(request, filters, [one.id] if one else request.access.tenant_ids, picker)
    for wrong in misspelt:
        del filters[wrong.name]
    reached = sorted(request.access.tenant_ids)
    tenant_ids = [one.id] if one else reached
    narrowing = ({"tenant": one.slug} if one else {}) | filters
    context = {
        "page": "overview",
        "picker": picker,
        "picker_target": "#figures",
        "narrowing": narrowing,
        "one": one,
        "with_children": len(reached) > 1,
        "bad_filters": bad,
        "max_filter": MAX_FILTER,
        "misspelt": misspelt,
        "limited": limited,
        "links": (NoLinks if request.access.share else Links)(tenant.slug, picker.period, picker.query, narrowing),
    }
    try:
        found = _overview(request, picker, tenant_ids, filters)
        context |= _shown(request, found, context) if found.kpis.volume.messages else _nothing(picker, tenant_ids)
    except TooManyGroups:
        context["too_many"] = MAX_GROUPS
    return context, 429 if limited else 422 if picker.error or bad or misspelt else 200


class Misspelt(NamedTuple):
    """A filter whose value there is not, and the one that is meant ('' where none is near)."""

    name: str
    value: str
    meant: str


def _misspelt(
    request: HttpRequest, filters: dict[str, str], tenant_ids: Collection[int], picker: PagePeriod
) -> list[Misspelt]:
    found = []
    country, operator = filters.get("country"), filters.get("operator")
    if country and country_problem(country):
        found.append(Misspelt("country", country, country_meant(country) or ""))
    if operator:
        days = {"first": picker.period.first, "last": picker.period.last}
        spellings = other_spellings([operator], tenant_ids=tenant_ids, masking=request.access.masking, **days)
        meant = spellings.get(operator)
        found += [Misspelt("operator", operator, meant)] if meant else []
    return found


def _one_tenant(request: HttpRequest, tenant: Tenant) -> Tenant | None:
    """Return the tenant that `tenant` keeps to; None for all that the page reaches."""
    slug = request.GET.get("tenant", "")
    if not slug:
        return None
    found = Tenant.objects.filter(id__in=request.access.tenant_ids, slug=slug.replace("\0", "")).first()
    if found is None:
        raise Http404
    return found


def _overview(request: HttpRequest, picker: PagePeriod, tenant_ids: list[int], filters: dict[str, str]) -> Overview:
    compared = picker.compared
    return overview(
        tenant_ids=tenant_ids,
        first=picker.period.first,
        last=picker.period.last,
        compare=(compared.first, compared.last) if compared else None,
        filters={name: [value] for name, value in filters.items()},
        now=timezone.now(),
        language=request.LANGUAGE_CODE,
        timezone=request.access.tenant.timezone,
    )


def _shown(request: HttpRequest, found: Overview, context: dict) -> dict:
    links, picker = context["links"], context["picker"]
    period = picker.period
    if found.hours is None:
        unit = charts.unit_of(period.days)
        columns = charts.chart_columns(found.days, unit=unit, provisional_from=found.provisional_from)
    else:
        unit = "hour"
        columns = charts.hour_columns(found.hours, period, provisional_from=found.provisional_from)
    whole = request.GET.getlist("all")
    limits = {name: None if name in whole else ROWS for name in LISTS}
    late = charts.overdue(found.days, found.provisional_from)
    named = [campaign.name for campaign in found.campaigns if campaign.name != OTHER_NAME]
    highlights = find_highlights(found.query, operators=found.operators, campaigns=named, final=found.final)
    masking = request.access.masking
    found, highlights = masked_overview(found, masking), masked_highlights(highlights, masking)
    return {
        "figures": found,
        "cards": kpi_cards(
            found.kpis, found.changes, days=period.days, is_running=picker.is_running, overdue=late, links=links
        ),
        "nothing_before": found.before is not None and not found.before.volume.messages,
        "is_immature": found.provisional_from is None and (found.kpis.maturity or 0) < MATURE,
        "unit": unit,
        "columns": columns,
        "days_chart": charts.days_chart(columns, found.before_days, unit=unit, links=links),
        "countries": charts.listing(found.countries, limit=limits["countries"]),
        "map_chart": charts.map_chart(found.countries, links=links),
        "operators": charts.listing(found.operators, limit=limits["operators"]),
        "failure_rows": found.failures[: limits["failures"]],
        "other_failures": found.failures[ROWS:] if limits["failures"] else [],
        "highlights": highlights,
        "is_long": period.days > HIGHLIGHT_DAYS,
        "tenant_rows": _tenant_rows(found) if context["with_children"] and not context["one"] else [],
        "other": OTHER_NAME,
        "whole": whole,
        "file": f"{request.access.tenant.slug}_{period.first}_{period.last}",
    }


def _tenant_rows(found: Overview) -> list[dict]:
    """Return the page's tenants with their figures, those without messages too, the largest first."""
    figures = {group.key["tenant"]: group.kpis for group in found.tenants}
    tenants = Tenant.objects.filter(id__in=found.query.tenant_ids).order_by("name", "id")
    rows = [{"tenant": tenant, "kpis": figures.get(tenant.slug, Kpis())} for tenant in tenants]
    return sorted(rows, key=lambda row: -row["kpis"].volume.messages)


def _nothing(picker: PagePeriod, tenant_ids: list[int]) -> dict:
    """Say whether there ever was anything, and which period has the newest of it."""
    newest = newest_day(tenant_ids)
    if newest is None:
        return {"is_new": True}
    days = min(picker.period.days, 30)
    offered = Period(newest.fromordinal(newest.toordinal() - days + 1), newest)
    return {"newest": newest, "offered": replace(picker, period=offered)}

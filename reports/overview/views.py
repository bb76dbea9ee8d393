"""A tenant's first page: the figures of a period, by day, country, campaign, failure and operator."""

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.statistics import MATURE
from deliveries.models import Message
from portal.accounts.guards import member_may
from portal.common.period_picker import Period
from portal.saved_views.menu import menu_of
from portal.tenants.models import Tenant
from reports.figures.alerts_shown import ShownAlert, alerts_between
from reports.figures.kpis import Kpis
from reports.figures.query import TooManyGroups
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import MAX_GROUPS, OTHER_NAME, Group
from reports.overview import charts
from reports.overview.asked import FILTERS, AskedFigures, asked_figures
from reports.overview.cards import cost_cards, kpi_cards
from reports.overview.costs import OverviewCosts, overview_costs
from reports.overview.first_steps import first_steps
from reports.overview.highlight_selectors import MAX_DAYS as HIGHLIGHT_DAYS
from reports.overview.highlight_selectors import find_highlights
from reports.overview.masked import masked_highlights, masked_overview
from reports.overview.period import PagePeriod
from reports.overview.selectors import Overview, newest_day, overview
from reports.overview.sparklines import sparklines
from reports.overview.verdict import verdict
from reports.overview.verdict_texts import verdict_sentences
from reports.pricing.rights import may_see_costs, seen_payer

ROWS = 8
FIRST_ROWS, FIRST_FAILURES, FIRST_COSTS = 5, 3, 2  # on phones; a failure has its advice below it, costs five amounts
MOST_DAYS = 31  # whose table comes with the page
LISTS = ("countries", "operators", "failures", "tenants", "costs")


@require_safe
@vary_on_headers("HX-Request")
@member_may("see_figures")
def overview_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the figures of the chosen period; `country`, `operator`, `campaign` and `tenant` narrow them.

    What cannot be followed is left out with words: 422.
    """
    context, status = overview_context(request, tenant)
    query = _query(request, context) if status == 200 else None
    if "figures" in context:
        first = {"first_rows": FIRST_ROWS, "first_failures": FIRST_FAILURES, "first_costs": FIRST_COSTS}
        context |= first | {"more": _more(context)}
        is_long = context["unit"] == "day" and len(context["columns"]) > MOST_DAYS
        if is_long or context["unit"] in ("week", "month"):  # hundreds of links: after the rest
            context["days_address"] = (
                reverse("reports:overview_days", args=[tenant.slug]) + context["links"].page_query()
            )
    context["saved"] = menu_of(request.user.pk if request.access.is_members else None, tenant, "overview", query)
    is_swap = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    template = "reports/_overview_swap.html" if is_swap else "reports/overview.html"
    return render(request, template, context, status=status)


def _query(request: HttpRequest, context: dict) -> str:
    """Return the parameters by which this very page is found again, its period named."""
    rest = [*context["narrowing"].items(), *(("all", name) for name in request.GET.getlist("all") if name in LISTS)]
    return f"{context['picker'].query}&{urlencode(rest)}" if rest else context["picker"].query


def _more(context: dict) -> dict[str, int]:
    """Return how many rows of each list a phone leaves to the list's link; a single one is shown."""
    figures, tenants = context["figures"], context["tenants"]
    limits = {"failures": FIRST_FAILURES, "costs": FIRST_COSTS}
    costs = context.get("costs")
    rows = {
        "countries": len(context["countries"].rows) + context["countries"].others,
        "operators": len(context["operators"].rows) + context["operators"].others,
        "tenants": len(tenants.rows) + tenants.others if tenants else 0,
        "failures": len(context["failure_rows"]) + len(context["other_failures"]),
        "costs": len(costs.rows) if costs else 0,
        "campaigns": len(figures.campaigns) + figures.other_campaigns.campaigns,
    }
    more = {name: n - limits.get(name, FIRST_ROWS) for name, n in rows.items() if name not in context["whole"]}
    return {name: n for name, n in more.items() if n > 1}


@spans_read_once()
def overview_context(request: HttpRequest, tenant: Tenant) -> tuple[dict, int]:
    """Return what the request's Overview shows, and the status of the answer; a shared page has no links."""
    asked = asked_figures(request, tenant, filters=FILTERS, keep=("all",))
    context = asked.context | {"page": "overview", "picker_target": "#figures"}
    try:
        found = _overview(request, asked)
        if found.kpis.volume.messages:
            context |= _shown(request, found, context)
        else:
            context |= _nothing(request, asked.picker, asked.tenant_ids)
    except TooManyGroups:
        context["too_many"] = MAX_GROUPS
    return context, asked.status


def _overview(request: HttpRequest, asked: AskedFigures) -> Overview:
    compared = asked.picker.compared
    return overview(
        tenant_ids=asked.tenant_ids,
        first=asked.picker.period.first,
        last=asked.picker.period.last,
        compare=(compared.first, compared.last) if compared else None,
        filters=asked.query_filters,
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
    alerts = _alerts(request, period, found.query.tenant_ids)
    late = charts.overdue(found.days, found.provisional_from)
    named = [campaign.name for campaign in found.campaigns if campaign.name != OTHER_NAME]
    highlights = find_highlights(found.query, operators=found.operators, campaigns=named, final=found.final)
    masking = request.access.masking
    priced = _costs(request, found, picker)
    found, highlights = masked_overview(found, masking), masked_highlights(highlights, masking)
    result = verdict(
        found.kpis,
        found.before,
        days=period.days,
        is_running=picker.is_running,
        is_provisional=found.provisional_from is not None,
        overdue=late,
        highlights=highlights,
        failures=found.failures,
        is_looked_through=period.days <= HIGHLIGHT_DAYS,
    )
    return {
        "figures": found,
        "verdict": verdict_sentences(
            result, links=links, compared=picker.compared, provisional_from=found.provisional_from
        ),
        "cards": kpi_cards(
            found.kpis,
            found.changes,
            days=period.days,
            is_running=picker.is_running,
            overdue=late,
            links=links,
            lines=sparklines([(column.kpis, column.is_provisional) for column in columns]),
        ),
        "cost_cards": cost_cards(priced, is_running=picker.is_running) if priced else [],
        "costs": priced,
        "nothing_before": found.before is not None and not found.before.volume.messages,
        "is_immature": found.provisional_from is None and (found.kpis.maturity or 0) < MATURE,
        "unit": unit,
        "columns": columns,
        "days_chart": charts.days_chart(columns, found.before_days, unit=unit, links=links, alerts=alerts),
        "alerts_shown": alerts,
        "countries": charts.listing(found.countries, limit=limits["countries"]),
        "map_chart": charts.map_chart(found.countries, links=links),
        "operators": charts.listing(found.operators, limit=limits["operators"]),
        "failure_rows": found.failures[: limits["failures"]],
        "other_failures": found.failures[ROWS:] if limits["failures"] else [],
        "highlights": highlights,
        "is_long": period.days > HIGHLIGHT_DAYS,
        "tenants": _tenants(found, limits["tenants"]) if context["with_children"] and not context["one"] else None,
        "other": OTHER_NAME,
        "whole": whole,
        "file": f"{request.access.tenant.slug}_{period.first}_{period.last}",
    }


def _costs(request: HttpRequest, found: Overview, picker: PagePeriod) -> OverviewCosts | None:
    """Return what the messages cost the page's tenant; None for readers who may not see it, and without prices.

    A comparison period without messages is not read.
    """
    payer = seen_payer(request.access)
    if payer is None:
        return None
    compared = picker.compared if found.before and found.before.volume.messages else None
    compare = (compared.first, compared.last) if compared else None
    return overview_costs(found.query, payer, compare=compare, masking=request.access.masking)


def _alerts(request: HttpRequest, period: Period, tenant_ids: Sequence[int]) -> list[ShownAlert]:
    """Return the alerts of the customers whose figures the page shows; a shared page shows none."""
    if request.access.share:
        return []
    tenant = request.access.tenant
    return alerts_between(
        tenant, tenant_ids=tenant_ids, first=period.first, last=period.last, now=timezone.now(),
        masking=request.access.masking, with_budgets=may_see_costs(request.access),
    )  # fmt: skip


def _tenants(found: Overview, limit: int | None) -> charts.Listing:
    """Return the page's tenants with their figures, those without messages too, the largest first."""
    figures = {group.key["tenant"]: group.kpis for group in found.tenants}
    every = Tenant.objects.filter(id__in=found.query.tenant_ids).order_by("name", "id")
    groups = [Group({"tenant": tenant}, figures.get(tenant.slug, Kpis(latency={}))) for tenant in every]
    return charts.listing(sorted(groups, key=lambda group: -group.totals.messages), limit=limit)


def _nothing(request: HttpRequest, picker: PagePeriod, tenant_ids: list[int]) -> dict:
    """Return the first steps where there never was anything, else which period has the newest of it."""
    newest = newest_day(tenant_ids)
    if newest is None:
        has_reports = Message.objects.filter(tenant_id__in=tenant_ids).exists()
        return {
            "is_new": True,
            "first_steps": first_steps(request.access.tenant, request.access, has_reports=has_reports),
        }
    days = min(picker.period.days, 30)
    offered = Period(newest.fromordinal(newest.toordinal() - days + 1), newest)
    return {"newest": newest, "offered": replace(picker, period=offered)}

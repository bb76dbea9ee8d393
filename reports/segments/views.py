"""The page of segments: figures by the values of a key, two values compared, and a table of two keys."""

from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl, urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.statistics import MIN_MESSAGES
from deliveries.attributing.due import data_as_of
from deliveries.search.find import SearchTooSlow
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.campaigns.list_views import next_order
from reports.figures.finality import provisional_from
from reports.figures.query import StatisticsQuery, TooManyGroups
from reports.figures.rollups import spans_read_once
from reports.overview.asked import AskedFigures, asked_figures
from reports.overview.sparklines import line_of_days
from reports.pricing.costs import Costs
from reports.pricing.figures import cost_figures
from reports.pricing.rights import has_costs, seen_payer
from reports.segments.asked import COLUMNS, KEPT, TIMES, AskedSegments, asked_segments
from reports.segments.comparison import pair
from reports.segments.costs import costs_of_rows, costs_of_values
from reports.segments.cross import REST_LABEL, CrossTable, cross_table
from reports.segments.figures import SegmentFigures, ValueRow, comparable, days_of, segment_figures, with_times
from reports.segments.from_messages import MAX_DAYS, may_be_read
from reports.segments.links import ValueLinks
from reports.segments.rows import PAGE_SIZE, in_order, is_special, shown_row
from reports.segments.texts import label_of, overall_sentence, pair_sentence, small_note

FILTERS = ("campaign",)
MAX_CHOICES = 200  # values to compare


@require_safe
@member_may("see_figures")
@spans_read_once()
def segments_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the figures of a key by its values; `by` adds a second key, `a` and `b` are two values to compare.

    422 for a parameter that cannot be followed; 404 for an order or a page that there is not.
    """
    asked = asked_figures(request, tenant, filters=FILTERS, keep=KEPT)
    segments = asked_segments(request, asked, request.access.masking)
    context = asked.context | {
        "page": "segments",
        "segments": segments,
        "kept": [*parse_qsl(asked.picker.query), *(_narrowing(asked))],
        "campaign": asked.filters.get("campaign", ""),
        "file": f"{tenant.slug}_segments_{asked.picker.period.first}_{asked.picker.period.last}",
        "least": MIN_MESSAGES,
        "most_days": MAX_DAYS,
        "wrong": list(segments.wrong),
        "file_query": urlencode(
            dict(zip(("key", "by"), segments.chosen, strict=False)) | {"sort": segments.order} | _kind(segments)
        ),
    }
    status = asked.status
    if segments.key and segments.tenant_ids:
        try:
            context |= _shown(request, asked, segments)
        except (SearchTooSlow, TooManyGroups):
            context |= {"is_too_much": True}
            status = 503 if status == 200 else status
    if context["wrong"] and status == 200:
        status = 422
    return render(request, "reports/segments/page.html", context, status=status)


def _shown(request: PageRequest, asked: AskedFigures, segments: AskedSegments) -> dict:
    period, masking = asked.picker.period, request.access.masking
    query = StatisticsQuery(
        tenant_ids=segments.tenant_ids, first=period.first, last=period.last, filters=asked.query_filters
    )
    links = ValueLinks(asked.context["links"], segments.chosen, masking)
    unsettled = provisional_from(tenant_ids=query.tenant_ids, first=query.first, last=query.last, now=timezone.now())
    context = {
        "base": asked.context["links"].narrowed(
            key=segments.key,
            **({"by": segments.by} if segments.by else {}),
            **({"costs": "yes"} if request.GET.get("costs") == "yes" else {}),
            **_kind(segments),
        ),
        "is_provisional": unsettled is not None,
        "are_some": set(segments.tenant_ids) != set(asked.tenant_ids),
        "are_linked": links.are_possible,
        "may_read": may_be_read(query),
        "figures_from": _figures_from(segments, query),
    }
    if segments.by:
        context["all_messages"] = "" if context["are_some"] else asked.context["links"].messages()
        return context | (
            _cross(query, segments, links, request, are_all=not context["are_some"]) if context["may_read"] else {}
        )
    found = segment_figures(
        replace(query, with_latency=segments.order.removeprefix("-") in TIMES),
        segments.key,
        merge_small=not masking.in_full,
        with_recipients=request.GET.get("recipients") == "yes",
        kind=segments.kind,
    )
    rows = in_order(found.rows, segments.order)
    start = (segments.page - 1) * PAGE_SIZE
    if start >= max(len(rows), 1):
        raise Http404
    pages = max(-(-len(rows) // PAGE_SIZE), 1)
    shown, total = with_times(
        query,
        segments.key,
        rows[start : start + PAGE_SIZE],
        found.total,
        is_whole=context["figures_from"] is None,
    )
    found = replace(found, total=total)
    days = days_of(query, segments.key, shown)
    lines = [line_of_days(one, query.first, query.last, unsettled) for one in days]
    shown_rows = [shown_row(row, line, links, masking) for row, line in zip(shown, lines, strict=True)]
    priced = _costs(request, query, segments.key)
    if priced:
        shown_rows = [
            replace(one, costs=cost_figures(costs))
            for one, costs in zip(shown_rows, costs_of_rows(priced, shown), strict=True)
        ]
    now = timezone.now()
    as_of = data_as_of(query.tenant_ids, now=now) if found.conversions else now
    are_all = not context["are_some"] and not context["figures_from"]
    return (
        context
        | {
            "found": found,
            "rows": shown_rows,
            "may_show_costs": priced is None and "campaign" not in query.filters and has_costs(request.access),
            "costs": None if priced is None else cost_figures(sum(priced.values(), Costs())),
            "are_some_unlinked": links.are_possible and not all(row.messages for row in shown_rows),
            "all_messages": asked.context["links"].messages() if are_all else "",
            "as_of": None if as_of == now else as_of,
            "sentence": overall_sentence(replace(found, rows=[_masked(row, masking) for row in found.rows])),
            "small_note": next((small_note(row) for row in found.rows if row.is_small), ""),
            "values_count": sum(not is_special(row) for row in rows),
            "orders": {column: next_order(column, segments.order) for column in COLUMNS},
            "sorted_by": {segments.order.removeprefix("-"): _direction(segments.order)},
            "order": segments.order,
            "page_number": segments.page,
            "pages": pages,
            "previous_page": str(segments.page - 1) if segments.page > 1 else "",
            "next_page": str(segments.page + 1) if segments.page < pages else "",
        }
        | _compared(found, segments, masking)
    )


def _costs(request: PageRequest, query: StatisticsQuery, key: str) -> dict[str, Costs] | None:
    """Return what the messages of each value cost; None of a campaign, and unless it is asked for and may be seen."""
    is_asked = request.GET.get("costs") == "yes" and "campaign" not in query.filters
    payer = seen_payer(request.access) if is_asked else None
    return None if payer is None else costs_of_values(query, key, payer)


def _kind(segments: AskedSegments) -> dict[str, str]:
    return {"kind": segments.kind} if segments.kind and not segments.by else {}


def _figures_from(segments: AskedSegments, query: StatisticsQuery) -> date | None:
    """Return the first day with counts by all of the chosen keys, None if the whole period has them."""
    first = max((key.figures_from for key in segments.chosen.values() if key.figures_from), default=None)
    return first if first and first > query.first else None


def _masked(row: ValueRow, masking) -> ValueRow:
    return replace(row, value=masking.text(row.value))


def _compared(found: SegmentFigures, segments: AskedSegments, masking) -> dict:
    """Return the values to choose from, those chosen, the sentence on them, and which of them is unknown."""
    known = comparable(found, masking)
    choices = [(value, label_of(value)) for value in list(known)[:MAX_CHOICES]]
    chosen = {"a": segments.first, "b": segments.second}
    wrong = [(name, masking.text(value)[:80]) for name, value in chosen.items() if value and value not in known]
    if not any(chosen.values()):  # the two largest: a choice that does not look at their rates
        chosen = dict(zip(chosen, [value for value, _label in choices[:2]], strict=False))
    first, second = (known.get(chosen.get(name, "")) for name in ("a", "b"))
    context = {
        "choices": choices,
        "chosen": chosen,
        "wrong": [*segments.wrong, *wrong],
        "others": max(len(known) - MAX_CHOICES, 0),
    }
    if first is None or second is None or first is second:
        return context
    difference = pair(found.rates, first.value, second.value)
    return context | {"difference": difference, "pair_sentence": pair_sentence(first, second, difference)}


def _cross(
    query: StatisticsQuery, segments: AskedSegments, links: ValueLinks, request: PageRequest, *, are_all: bool
) -> dict:
    masking = request.access.masking
    table = cross_table(query, (segments.key, segments.by), merge_small=not masking.in_full)

    def label(value: str) -> str:
        return label_of(masking.text(value)) if value != REST_LABEL else _("All others")

    def of_sum(key: str, value: str) -> str:
        return links.messages_of(key, value) if value != REST_LABEL and are_all else ""

    return {
        "table": table,
        "column_labels": [label(value) for value in table.columns],
        "column_sums": [
            (label(value), table.column_sums[value], of_sum(segments.by, value)) for value in table.columns
        ],
        "cross_rows": [
            {
                "label": label(value),
                "cells": [
                    _cross_cell(table, value, column, links) | {"label": label(column)} for column in table.columns
                ],
                "sum": table.row_sums[value],
                "href": of_sum(segments.key, value),
            }
            for value in table.rows
        ],
    }


def _cross_cell(table: CrossTable, row: str, column: str, links: ValueLinks) -> dict:
    kpis = table.cells.get((row, column))
    is_one = REST_LABEL not in (row, column)
    return {
        "kpis": kpis,
        "is_hidden": kpis is None and (row, column) in table.cells,
        "href": links.messages(row, column) if kpis and is_one else "",
    }


def _narrowing(asked: AskedFigures) -> list[tuple[str, str]]:
    return [(name, value) for name, value in asked.context["narrowing"].items() if name != "campaign"]


def _direction(order: str) -> str:
    return "descending" if order.startswith("-") else "ascending"

"""The page that saves a table of figures as a file, with the period and filters of the page that it comes from."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.models import ConversionEvent
from deliveries.exports import asking
from deliveries.exports.files import KEPT
from deliveries.exports.forms import FormatForm
from deliveries.exports.views import too_many_text
from deliveries.models import Export
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.templatetags.figures import country
from portal.tenants.models import Tenant
from reports.campaigns.ab_form import AbForm
from reports.campaigns.ab_ref_ids import CHOSEN
from reports.campaigns.listing import DEFAULT_ORDER, ORDERS
from reports.campaigns.selectors import STATES
from reports.exports.ab_tables import stored
from reports.exports.campaign_tables import campaign_of
from reports.exports.conversion_tables import NARROWED_BY
from reports.exports.known import (
    NOT_BY_PLACE,
    OF_AB,
    OF_ALL_CAMPAIGNS,
    OF_ALL_DAYS,
    OF_COSTS,
    OF_KEYS,
    OF_ONE_CAMPAIGN,
    TABLES,
    column_names,
)
from reports.exports.tables import parameters_of
from reports.figures.query import StatisticsQuery
from reports.overview.asked import MAX_FILTER, AskedFigures, asked_figures
from reports.pricing.rights import may_see_costs
from reports.segments.asked import ORDERS as SEGMENT_ORDERS
from reports.segments.asked import AskedSegments, asked_segments
from reports.segments.from_messages import MAX_DAYS, may_be_read

FILTERS = ("country", "operator", "campaign")
KEPT_PARAMETERS = ("table", "q", "state", "sort", "key", "by", "metric", "within", "split", *CHOSEN, *NARROWED_BY)


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("save_searches")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show what the file will hold, and queue its export after a POST; 422 for what cannot be followed.

    `table` is one of TABLES; the other parameters are those of the Overview, the list of campaigns and Segments.
    """
    table, order = request.GET.get("table") or "campaigns", request.GET.get("sort") or DEFAULT_ORDER
    text, state = " ".join(request.GET.get("q", "").split()), request.GET.get("state") or "all"
    orders = SEGMENT_ORDERS if table in OF_KEYS else ORDERS
    if table in OF_COSTS and not may_see_costs(request.access):
        raise Http404
    if table not in TABLES or order not in orders or state not in STATES or len(text) > MAX_FILTER or "\0" in text:
        raise Http404
    if request.GET.get("reason", "") not in ("", *ConversionEvent.Reason) or request.GET.get("attributed", "") not in (
        "",
        "yes",
        "no",
    ):
        raise Http404
    asked = asked_figures(request, tenant, filters=FILTERS, keep=KEPT_PARAMETERS)
    segments = asked_segments(request, asked, request.access.masking) if table in OF_KEYS else None
    more: dict[str, Any] = dict(zip(("key", "by"), segments.chosen, strict=False)) if segments else {}
    if segments and segments.kind and table == "segments":
        more["kind"] = segments.kind
    comparison = AbForm(request.GET) if table in OF_AB else None
    if table == "conversion_events":
        more = {name: request.GET.get(name, "")[:MAX_FILTER].replace("\0", "") for name in NARROWED_BY}
    tenant_ids = segments.tenant_ids if segments else asked.tenant_ids
    title = _title(table, asked, text, more)
    context = asked.context | {"page": "messages", "title": title, "kept_days": KEPT.days, "query": _query(request)}
    context["in_full"] = request.access.masking.in_full
    status = asked.status
    query = StatisticsQuery(
        tenant_ids=tenant_ids,
        first=asked.picker.period.first,
        last=asked.picker.period.last,
        filters=asked.query_filters,
    )
    if status == 200 and (
        problem := _problem_of(table, query) or _problem_of_keys(table, query, segments) or _problem_of_form(comparison)
    ):
        context["unusable"], status = problem, 422
    searched = [("campaign", text)] if text else []
    if comparison:
        more = {"ab": stored(comparison.query())}
        searched += [("ref_id", ref_id) for ref_ids in comparison.chosen.values() for ref_id in ref_ids]
    if searched and status == 200:
        try:
            count_number_searches(request, searched, tenant=tenant)
        except TooManyNumberSearches as error:
            context["unusable"], status = error.text, 429
    if status != 200:
        return render(request, "exports/table.html", context | {"form": None}, status=status)
    form = FormatForm(request.POST or None, initial={"format": Export.Format.XLSX})
    if request.method == "POST" and form.is_valid():
        try:
            asking.ask_for(
                table,
                parameters_of(query, text=text, state=state, order=order, **more),
                tenant=tenant,
                access=request.access,
                user=request.user,
                tenant_ids=tenant_ids,
                title=title,
                format=form.cleaned_data["format"],
                columns=column_names(table),
            )
        except asking.TooMany as error:
            form.add_error(None, too_many_text(error))
        else:
            messages.success(request, _("The file is being made. It appears here when it is done."))
            return redirect("exports:list", tenant.slug)
    return render(
        request, "exports/table.html", context | {"form": form}, status=422 if request.method == "POST" else 200
    )


def _problem_of(table: str, query: StatisticsQuery) -> str:
    """Return why a table cannot be made for the filters; '' if it can."""
    if "campaign" in query.filters and table in OF_ALL_CAMPAIGNS:
        return _("This table cannot be narrowed to one campaign.")
    if table in NOT_BY_PLACE and query.filters.keys() & {"country", "operator"}:
        return _("This table cannot be narrowed to a country or an operator.")
    if table in OF_ONE_CAMPAIGN and "campaign" not in query.filters:
        return _("This table is of one campaign.")
    is_named = (
        table != "variants" and "campaign" in query.filters and (table in OF_ONE_CAMPAIGN or table in NOT_BY_PLACE)
    )
    return (
        _("There is no campaign of this name, or there are several.") if is_named and campaign_of(query) is None else ""
    )


def _problem_of_form(comparison: AbForm | None) -> str:
    """Return what is wrong with the parameters of a comparison; '' for nothing."""
    if comparison is None or comparison.is_valid():
        return ""
    field, texts = next(iter(comparison.errors.items()))
    return f"{comparison.fields[field].label}: {texts[0]}"


def _problem_of_keys(table: str, query: StatisticsQuery, segments: AskedSegments | None) -> str:
    """Return why a table of segments cannot be made; '' if it can."""
    if segments is None:
        return ""
    if segments.wrong or len(segments.chosen) != OF_KEYS[table] or not segments.tenant_ids:
        return _("Choose a key that has figures.") if OF_KEYS[table] == 1 else _("Choose two keys that have figures.")
    if table == "segment_pairs" and not may_be_read(query):
        return _("A table of two keys is read from the messages: of at most {days} days, or of one campaign.").format(
            days=MAX_DAYS
        )
    return ""


def _title(table: str, asked: AskedFigures, text: str, more: Mapping[str, str]) -> str:
    """Return what the file holds in words: the table, its keys, its days, its filters."""
    words = [str(TABLES[table].rows), more.get("key", ""), more.get("by", "")]
    if table not in OF_ALL_DAYS:
        words.append(asked.picker.title)
    if asked.one:
        words.append(asked.one.name)
    names = {"country": _("Country"), "operator": _("Operator"), "campaign": _("Campaign")}
    words += [f"{names[name]}: {country(v) if name == 'country' else v}" for name, v in asked.filters.items()]
    words += [more.get("kind", ""), str(dict(ConversionEvent.Reason.choices).get(more.get("reason", ""), ""))]
    words.append({"yes": _("with a message"), "no": _("without a message")}.get(more.get("attributed", ""), ""))
    return " · ".join(word for word in (*words, text) if word)


def _query(request: PageRequest) -> str:
    """Return the parameters of the address, which the form keeps."""
    return request.GET.urlencode()

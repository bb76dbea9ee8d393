"""The page that saves a table of figures as a file, with the period and filters of the page that it comes from."""

from collections.abc import Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

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
from reports.campaigns.listing import DEFAULT_ORDER, ORDERS
from reports.campaigns.selectors import STATES
from reports.exports.known import OF_KEYS, TABLES, column_names
from reports.exports.tables import OF_ALL_CAMPAIGNS, OF_ONE_CAMPAIGN, parameters_of
from reports.figures.query import StatisticsQuery
from reports.overview.asked import MAX_FILTER, AskedFigures, asked_figures
from reports.segments.asked import ORDERS as SEGMENT_ORDERS
from reports.segments.asked import AskedSegments, asked_segments
from reports.segments.from_messages import MAX_DAYS, may_be_read

FILTERS = ("country", "operator", "campaign")
KEPT_PARAMETERS = ("table", "q", "state", "sort", "key", "by")


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("save_searches")
def new(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show what the file will hold, and queue its export after a POST; 422 for what cannot be followed.

    `table` is one of TABLES; the other parameters are those of the Overview, the list of campaigns and Segments.
    """
    table, order = request.GET.get("table") or "campaigns", request.GET.get("sort") or DEFAULT_ORDER
    text, state = " ".join(request.GET.get("q", "").split()), request.GET.get("state") or "all"
    orders = SEGMENT_ORDERS if table in OF_KEYS else ORDERS
    if table not in TABLES or order not in orders or state not in STATES or len(text) > MAX_FILTER or "\0" in text:
        raise Http404
    asked = asked_figures(request, tenant, filters=FILTERS, keep=KEPT_PARAMETERS)
    segments = asked_segments(request, asked, request.access.masking) if table in OF_KEYS else None
    keys = dict(zip(("key", "by"), segments.chosen, strict=False)) if segments else {}
    tenant_ids = segments.tenant_ids if segments else asked.tenant_ids
    title = _title(table, asked, text, keys)
    context = asked.context | {"page": "messages", "title": title, "kept_days": KEPT.days, "query": _query(request)}
    context["in_full"] = request.access.masking.in_full
    status = asked.status
    unusable = table in OF_ALL_CAMPAIGNS and "campaign" in asked.filters
    if unusable:
        context["unusable"], status = _("This table cannot be narrowed to one campaign."), 422
    if table in OF_ONE_CAMPAIGN and status == 200 and "campaign" not in asked.filters:
        context["unusable"], status = _("This table is of one campaign."), 422
    if segments and status == 200 and (problem := _problem_of(segments, table, asked)):
        context["unusable"], status = problem, 422
    if text and status == 200:
        try:
            count_number_searches(request, [("campaign", text)], tenant=tenant)
        except TooManyNumberSearches as error:
            context["unusable"], status = error.text, 429
    if status != 200:
        return render(request, "exports/table.html", context | {"form": None}, status=status)
    form = FormatForm(request.POST or None, initial={"format": Export.Format.XLSX})
    if request.method == "POST" and form.is_valid():
        query = StatisticsQuery(
            tenant_ids=tenant_ids,
            first=asked.picker.period.first,
            last=asked.picker.period.last,
            filters=asked.query_filters,
        )
        try:
            asking.ask_for(
                table,
                parameters_of(query, text=text, state=state, order=order, **keys),
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


def _problem_of(segments: AskedSegments, table: str, asked: AskedFigures) -> str:
    """Return why a table of segments cannot be made; '' if it can."""
    if segments.wrong or len(segments.chosen) != OF_KEYS[table] or not segments.tenant_ids:
        return _("Choose a key that has figures.") if OF_KEYS[table] == 1 else _("Choose two keys that have figures.")
    period = asked.picker.period
    query = StatisticsQuery(
        tenant_ids=segments.tenant_ids, first=period.first, last=period.last, filters=asked.query_filters
    )
    if table == "segment_pairs" and not may_be_read(query):
        return _("A table of two keys is read from the messages: of at most {days} days, or of one campaign.").format(
            days=MAX_DAYS
        )
    return ""


def _title(table: str, asked: AskedFigures, text: str, keys: Mapping[str, str]) -> str:
    """Return what the file holds in words: the table, its keys, its days, its filters."""
    words = [str(TABLES[table].rows), *keys.values(), asked.picker.title]
    if asked.one:
        words.append(asked.one.name)
    names = {"country": _("Country"), "operator": _("Operator"), "campaign": _("Campaign")}
    words += [f"{names[name]}: {country(v) if name == 'country' else v}" for name, v in asked.filters.items()]
    return " · ".join([*words, text] if text else words)


def _query(request: PageRequest) -> str:
    """Return the parameters of the address, which the form keeps."""
    return request.GET.urlencode()

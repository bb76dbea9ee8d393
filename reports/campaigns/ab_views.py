"""The page of an A/B test: one sentence, the figures behind it, and a calculator for the sample."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.models import Campaign
from campaigns.statistics import MIN_MESSAGES, StratifiedDifference
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.masking import Masking
from portal.common.periods import local_day
from portal.common.templatetags.figures import count, decimal
from portal.tenants.models import Tenant
from reports.campaigns.ab_conversions import recipients_rows, sentences
from reports.campaigns.ab_figures import Metric, Pair, Place, Verdict
from reports.campaigns.ab_form import AbForm, CalculatorForm
from reports.campaigns.ab_headlines import headline
from reports.campaigns.ab_plot import Scale
from reports.campaigns.ab_ref_ids import CHOSEN, MAX_REF_IDS
from reports.campaigns.ab_result import MAX_AT_ONCE, AbQuery, AbResult, ShownVariant, WrongSplit, ab_result
from reports.campaigns.ab_selectors import MAX_VARIANTS, TooManyVariants
from reports.campaigns.ab_texts import notes
from reports.campaigns.costs import shown_costs
from reports.campaigns.views import shown_of
from reports.figures.rollups import spans_read_once
from reports.pricing.rights import has_costs

DEFAULT_GAIN = 2  # points
SHARED = ("metric", "within", "split", *CHOSEN)  # the parameters of a shared page, beside its campaign
MAX_PAIRS = 6  # of four variants


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of the messages behind the figures; '' for messages that Message Search does not find by a filter.

    Without a `slug` there is none at all: the page is shared, or its reader opens no messages.
    """

    slug: str
    tenant: str
    campaign: str
    created_at: datetime  # the campaign's
    masking: Masking
    chosen: AbQuery

    def messages(self, variant: ShownVariant | None, place: Place | None = None, **found: str) -> str:
        """Return the address of a variant's messages, in all or in one place, that also match `found`."""
        if not self.slug:
            return ""
        filters = {"period": "all", "tenant": self.tenant} | found
        if place is not None:
            filters |= {"country": place[0], "operator": place[1]}
        if self.chosen.chosen:
            ref_ids = self.chosen.chosen[variant.name] if variant else []
            filters |= {"ref_id": ref_ids[0] if len(ref_ids) == 1 else ""}
            wanted = [*(("country", "operator") if place else ()), "ref_id"]
        else:
            filters |= {"campaign": self.campaign, "variant": variant.name if variant else ""}
            wanted = [*(("country", "operator") if place else ()), "campaign", "variant"]
        if not all(self._is_found_by(filters[name], name) for name in wanted):
            return ""
        return f"{reverse('messages:list', args=[self.slug])}?{urlencode(filters)}"

    def ref_id(self, ref_id: str) -> str:
        """Return the address of the messages of one refId."""
        if not self.slug:
            return ""
        filters = {"period": "all", "tenant": self.tenant, "ref_id": ref_id}
        return f"{reverse('messages:list', args=[self.slug])}?{urlencode(filters)}"

    def _is_found_by(self, text: str, name: str) -> bool:
        if name == "ref_id":  # typed in this very request
            return bool(text)
        return bool(text) and text == text.strip() and not self.masking.hides(text)


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
@spans_read_once()
def ab_page(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Compare the variants of a campaign; 422 if a parameter is wrong, 429 after too many searches by numbers.

    `conversions=yes` shows those of a large campaign, too, which the page loads after the rest.
    """
    access = request.access
    campaign = get_object_or_404(
        Campaign.objects.select_related("tenant"), id=campaign_id, tenant_id__in=access.tenant_ids
    )
    form = AbForm(request.GET)
    query, limited = form.query(), None
    try:
        ref_ids = [("ref_id", ref_id) for ref_ids in query.chosen.values() for ref_id in ref_ids]
        count_number_searches(request, ref_ids, tenant=tenant)
    except TooManyNumberSearches as error:
        limited, query = error.text, replace(query, chosen={})
    slug = tenant.slug if access.may("see_messages") else ""
    links = Links(slug, campaign.tenant.slug, campaign.name, campaign.created_at, access.masking, query)
    context, found = ab_context(campaign, form, query, tenant=tenant, links=links, given=request.GET)
    if is_for_conversions(request):
        return render(request, part_of(query), context)
    calculator = _calculator(request, query.metric, found)
    context |= {"page": "campaigns", "limited": limited, "share": _share_query(campaign, request)}
    if not query.chosen and has_costs(access):
        shown = shown_of(campaign, tenant, access)
        context["costs"] = shown_costs(campaign, shown.query(), access) if shown else None
    context |= {"calculator": calculator, "calculated": calculator.calculated(), "most_ref_ids": MAX_REF_IDS}
    status = 429 if limited else 422 if form.errors or calculator.errors else 200
    return render(request, "reports/campaigns/ab.html", context, status=status)


def is_for_conversions(request: HttpRequest) -> bool:
    """Return whether the page asks for its conversions alone, which it loads after the rest."""
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    return is_part and request.GET.get("conversions") == "yes"


def part_of(query: AbQuery) -> str:
    """Return the template of what is loaded after the page of a large campaign: all that rests on its recipients."""
    return f"reports/campaigns/{'_ab_result' if query.metric.is_of_recipients else '_ab_conversions'}.html"


def ab_context(
    campaign: Campaign, form: AbForm, query: AbQuery, *, tenant: Tenant, links: Links, given: QueryDict
) -> tuple[dict, Verdict | None]:
    """Return the context of the page's figures, and the verdict; None if there are too many variants.

    Unless `conversions=yes` is among the parameters `given` in the page's address, those of a large campaign are left
    for later.
    """
    context = {
        "form": form,
        "campaign": links.masking.text(campaign.name),
        "campaign_id": campaign.id,
        "ab_query": query,
        "file": f"{tenant.slug}_ab_{campaign.id}",
        "saved": [
            {"name": name, "query": urlencode({key.lower(): "\n".join(ref_ids) for key, ref_ids in chosen.items()})}
            for name, chosen in sorted(campaign.comparisons.items())
            if not any(links.masking.hides(ref_id) for ref_ids in chosen.values() for ref_id in ref_ids)
        ],
    }
    at_once = None if given.get("conversions") == "yes" else MAX_AT_ONCE
    try:
        result = _result(form, campaign, query, links.masking, at_once)
    except TooManyVariants as error:
        return context | {"too_many": error.variants, "most_variants": MAX_VARIANTS}, None
    if query.by_plan and result.planned:
        form.show_plan(result.planned)
    if result.is_later:
        later = given.copy()
        later["conversions"] = "yes"
        context["conversions_later"] = f"?{later.urlencode()}"
        if query.metric.is_of_recipients:
            return context, None
    return context | _shown(result, links, tenant.timezone, form), result.verdict


def _share_query(campaign: Campaign, request: PageRequest) -> str:
    """Return the query string of the page of shared links that shares this comparison."""
    chosen = QueryDict(mutable=True)
    chosen["campaign"] = str(campaign.id)
    for name in SHARED:
        if texts := request.GET.getlist(name):
            chosen.setlist(name, texts)
    return urlencode({"ab": chosen.urlencode()})


def _result(form: AbForm, campaign: Campaign, query: AbQuery, masking: Masking, at_once: int | None) -> AbResult:
    """Return the result; a split that does not fit the variants gets an error on the form and is left out."""
    ask = partial(
        ab_result,
        campaign,
        masking=masking,
        now=timezone.now(),
        has_conversions=True,
        at_once=at_once,
    )
    try:
        return ask(query)
    except WrongSplit as error:
        text = _("The split has %(weights)d parts, but there are %(variants)d variants.")
        form.add_error("split", text % {"weights": error.weights, "variants": error.variants})
        return ask(replace(query, planned=None))


def _shown(result: AbResult, links: Links, tz: str, form: AbForm) -> dict:
    found = result.verdict
    rates = {one.name: one for one in found.rates}
    return {
        "verdict": found,
        "headline": headline(found),
        "notes": notes(found, planned=result.planned, tz=tz),
        "variants": [
            {
                "label": variant.label,
                "volume": variant.volume,
                "rate": rates[variant.label],
                "links": _links_of(links, variant),
                "ref_ids": [
                    {"text": links.masking.text(ref_id), "messages": n, "href": links.ref_id(ref_id)}
                    for ref_id, n in variant.figures.ref_ids.items()
                ],
            }
            for variant in result.variants
        ],
        "without": result.without,
        "file_query": _file_query(result, links, tz),
        "test_query": _test_query(form, links),
        "differences": _differences(found),
        "recipients": recipients_rows(result) if found.metric.is_of_recipients or result.conversions else [],
        "conversions": result.conversions,
        "sentences": sentences(result.conversions) if result.conversions else [],
        "places": _place_rows(result, links),
        "least": MIN_MESSAGES,
    }


def _file_query(result: AbResult, links: Links, tz: str) -> str:
    """Return the parameters of the variants' table as a file, of all days; '' where the page has none."""
    if links.chosen.chosen or not links.campaign or links.masking.hides(links.campaign):
        return ""
    sent = [variant.figures.variant.first for variant in result.variants]
    first = min(local_day(at, tz) for at in (links.created_at, *sent) if at is not None)
    return urlencode({"campaign": links.campaign, "tenant": links.tenant, "from": str(first)})


def _test_query(form: AbForm, links: Links) -> str:
    """Return the parameters of the test's tables as files; '' where the page has none."""
    if not links.slug or not links.campaign or links.masking.hides(links.campaign):
        return ""
    given = QueryDict(mutable=True)
    for name in SHARED:
        if name not in form.errors and any(texts := form.given.getlist(name)):
            given.setlist(name, texts)
    given["campaign"], given["tenant"] = links.campaign, links.tenant
    return given.urlencode()


def _links_of(links: Links, variant: ShownVariant, place: Place | None = None) -> dict[str, str]:
    kinds = ("delivered", "failed", "pending", "unknown")
    found = {kind: links.messages(variant, place, counts_as=kind) for kind in kinds}
    found["messages"] = links.messages(variant, place)
    found["in_time"] = links.messages(variant, place, delivered_within=str(links.chosen.within))
    return found


def _place_rows(result: AbResult, links: Links) -> list[dict]:
    variants = {variant.name: variant for variant in result.variants}
    return [
        {
            "place": row.place,
            "operator": links.masking.text(row.place[1]) if row.place else "",
            "label": row.label,
            "volume": row.volume,
            "reached": row.reached,
            "of": row.of,
            "share": row.reached / row.of if row.of else None,
            "links": _links_of(links, variants[row.name], row.place) if row.place else {},
        }
        for row in result.places
    ]


def _differences(found: Verdict) -> dict:
    """Return the rows of the table of differences, with their intervals on one scale.

    With many variants these are the best one's pairs alone.
    """
    pairs = found.pairs if len(found.pairs) <= MAX_PAIRS else found.of_best
    stratified = [pair.stratified for pair in pairs if pair.stratified]
    scale = Scale.of([(one.low, one.high) for one in pairs] + [(one.low, one.high) for one in stratified])
    rows = []
    for pair in pairs:
        rows.append(_difference(scale, pair, pair))
        if pair.stratified:
            rows.append(_difference(scale, pair, pair.stratified))
    return {"rows": rows, "low": scale.low, "high": scale.high, "others": len(found.pairs) - len(pairs)}


def _difference(scale: Scale, pair: Pair, figures: Pair | StratifiedDifference) -> dict:
    drawn = scale.drawn(figures.low, figures.difference, figures.high)
    return {"pair": pair, "figures": figures, "drawn": drawn, "is_stratified": figures is not pair}


def _calculator(request: PageRequest, metric: Metric, found: Verdict | None) -> CalculatorForm:
    """Return the calculator, which begins with the rate and the size of this test."""
    rates = [one for one in found.rates if one.n] if found else []
    reached, of = sum(one.d for one in rates), sum(one.n for one in rates)
    share = min(reached / of, 0.97) if of else 0.9
    size = max(min((one.n for one in rates), default=1000), MIN_MESSAGES)
    rate, gain = decimal(share * 100, 1), count(DEFAULT_GAIN)
    return CalculatorForm(request.GET, metric=metric, rate=rate, gain=gain, size=size)

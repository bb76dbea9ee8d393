"""GET /api/v1/campaigns/{campaign_id}/ab/: an A/B test of a campaign's variants."""

from django.http import Http404
from django.utils import timezone, translation
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign
from deliveries.messages.slices import no_writes_before
from deliveries.search.number_searches_api import count_searches
from portal.api.operations import Operation
from portal.api.pages import ROW_ID_MAX
from portal.api.parameters import WORDS_LANG, Parameter, Parameters
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from portal.common.masking import Masking
from reports.campaigns.ab_conversions import RecipientsRow, recipients_rows, sentences
from reports.campaigns.ab_examples import AB_TEST
from reports.campaigns.ab_figures import Metric, Pair, Rate
from reports.campaigns.ab_headlines import headline
from reports.campaigns.ab_ref_ids import CHOSEN, MAX_REF_IDS, RefIdsError, check_ref_ids, read_weights
from reports.campaigns.ab_result import (
    DEFAULT_WITHIN,
    MAX_WITHIN,
    AbQuery,
    AbResult,
    PlaceRow,
    ShownVariant,
    WrongSplit,
    ab_result,
)
from reports.campaigns.ab_selectors import MAX_VARIANTS, TooManyVariants
from reports.campaigns.ab_serializers import AbSerializer
from reports.campaigns.ab_texts import notes

CAMPAIGN_PATH = {
    "campaign_id": Parameter(
        name="campaign_id", text="The campaign's `id`.", kind="number", most=ROW_ID_MAX, example=12
    )
}


def _ref_ids(name: str) -> Parameter:
    return Parameter(
        name=name,
        text=(
            f"A refId of the variant {name.upper()}. May be repeated, at most {MAX_REF_IDS} refIds in all; give two"
            " variants or more. They replace the variants of the refId scheme and may be of any campaign of the tenant."
        ),
        repeatable=True,
    )


AB_PARAMETERS = (
    Parameter(
        name="metric",
        text=(
            "`delivered`: messages delivered. `within`: messages delivered within `within` seconds. `converted`:"
            " recipients with a conversion event, of those addressed. `revenue`: value of the events of a recipient"
            " addressed."
        ),
        kind="choice",
        choices=tuple(Metric),
        default=Metric.DELIVERED.value,
    ),
    Parameter(
        name="within",
        text="Seconds from sending to delivery; used for `delivered` too while late reports are expected.",
        kind="number",
        least=1,
        most=MAX_WITHIN,
        default=DEFAULT_WITHIN,
        example=30,
    ),
    Parameter(
        name="split",
        text=(
            "Planned split: a weight for each variant, in the order of the answer, with colons between."
            " Without it the campaign's own `planned_split`, if it names just these variants."
        ),
        example="50:50",
    ),
    *map(_ref_ids, CHOSEN),
)


class AbView(ApiView):
    """An A/B test of a campaign's variants."""

    operations = {
        "GET": Operation(
            id="get_ab_test",
            tag="Campaigns",
            summary="Compare the variants of a campaign",
            text=(
                "Rates of the campaign's variants, their differences with intervals, and what can be concluded"
                " (docs/statistics.md). Variants are those of the tenant's refId scheme, at most"
                f" {MAX_VARIANTS}, or chosen by refIds with `a`, `b`, `c` and `d`. An account's key gets 403, since a"
                " campaign may have messages at other accounts. Possible phone numbers in names are"
                " masked unless the key has the scope `numbers`."
            ),
            path=CAMPAIGN_PATH,
            parameters=(*AB_PARAMETERS, WORDS_LANG),
            answer=AbSerializer,
            answer_text="The test.",
            answer_example=AB_TEST,
        )
    }

    def get(self, request: Request, campaign_id: int) -> Response:
        if self.access.account is not None:
            raise PermissionDenied("Variants are compared with all messages of a customer: use a key of the customer.")
        campaign = Campaign.objects.select_related("tenant").filter(
            id=campaign_id, tenant_id__in=self.access.tenant_ids
        ).first()  # fmt: skip
        if campaign is None:
            raise Http404
        lang, zone, as_of = self.given.choice("lang"), campaign.tenant.timezone, no_writes_before()
        query = ab_query(self.given)
        searched = [("ref_id", ref_id) for ref_ids in query.chosen.values() for ref_id in ref_ids]
        count_searches(request, searched)
        with translation.override(lang):
            try:
                result = ab_result(
                    campaign,
                    query,
                    masking=self.access.masking,
                    now=timezone.now(),
                    has_conversions=True,
                )
            except TooManyVariants as error:
                raise BadParameter(
                    "a", f"the campaign has {error}: choose some by refIds with a, b, c and d"
                ) from error
            except WrongSplit as error:
                raise BadParameter("split", f"{error}; give one weight for each variant") from error
            shown = _shown(campaign, result, self.access.masking)
        return self.answer({"data_as_of": as_of, "timezone": zone, "maturity": result.maturity} | shown)


def ab_query(given: Parameters) -> AbQuery:
    """Return the comparison that AB_PARAMETERS ask for. Raises BadParameter."""
    planned = None
    if text := given.text("split"):
        planned = read_weights(text)
        if planned is None:
            raise BadParameter("split", "a positive number for each variant, with colons between, such as 50:50")
    try:
        chosen = check_ref_ids({name: given.texts(name) or [] for name in CHOSEN})
    except RefIdsError as error:
        raise BadParameter(error.field, str(error)) from error
    metric = Metric(given.choice("metric") or Metric.DELIVERED)
    return AbQuery(
        metric=metric,
        within=given.number("within") or DEFAULT_WITHIN,
        planned=planned,
        by_plan=planned is None,
        chosen=chosen,
    )


def _shown(campaign: Campaign, result: AbResult, masking: Masking) -> dict:
    found, zone = result.verdict, campaign.tenant.timezone
    return {
        "campaign": masking.text(campaign.name),
        "metric": found.metric.value,
        "within": found.within,
        "window": found.window or None,
        "currency": found.currency or None,
        "is_running": found.is_running,
        "outcome": found.outcome.value,
        "sentence": headline(found),
        "notes": notes(found, planned=result.planned, tz=zone),
        "without_variant": result.without,
        "variants": [_variant(one, rate) for one, rate in zip(result.variants, found.rates, strict=True)],
        "comparisons": [{"messages": pair.messages} | _pair(pair) for pair in found.pairs],
        "split": {
            "planned": result.planned,
            "p_value": found.guards.split_p,
            "is_wrong": found.guards.is_split_wrong,
        },
        "conversions": _conversions(result),
        "places": [_place(row, masking) for row in result.places],
    }


def _variant(one: ShownVariant, rate: Rate) -> dict:
    variant, volume = one.figures.variant, one.volume
    return {
        "name": one.label,
        "messages": volume.messages,
        "delivered": volume.delivered,
        "failed": volume.failed,
        "pending": volume.pending,
        "unknown": volume.unknown,
        "counted": rate.n,
        "reached": rate.d,
        "rate": rate.share,
        "rate_interval": rate.interval,
        "revenue_per_recipient": rate.mean,
        "revenue_interval": rate.mean_interval,
        "first_sent_at": variant.first,
        "last_sent_at": variant.last,
        "is_mature": variant.is_mature,
    }


def _pair(pair: Pair) -> dict:
    within = pair.stratified
    return {
        "better": pair.better,
        "other": pair.other,
        "difference": pair.difference,
        "interval": (pair.low, pair.high),
        "p_value": pair.p_value,
        "is_sure": pair.is_sure,
        "is_exact": pair.is_exact,
        "win_probability": pair.win,
        "expected_loss": pair.loss,
        "expected_loss_of_other": pair.loss_of_other,
        "minimal_detectable_difference": pair.least_found,
        "within_places": within and {"difference": within.difference, "interval": (within.low, within.high)},
    }


def _conversions(result: AbResult) -> dict | None:
    found = result.conversions
    if found is None:
        return None
    return {
        "sentences": sentences(found),
        "is_running": found.converted.is_running,
        "window": found.converted.window,
        "currency": found.revenue.currency if found.revenue else None,
        "variants": [_recipients(row) for row in recipients_rows(result)],
        "comparisons": [{"recipients": pair.messages} | _pair(pair) for pair in found.converted.pairs],
        "revenue_comparisons": [
            {"recipients": pair.messages} | _pair(pair) for pair in (found.revenue.pairs if found.revenue else ())
        ],
    }


def _recipients(row: RecipientsRow) -> dict:
    return {
        "name": row.label,
        "addressed": row.people.addressed,
        "converted": row.people.converted,
        "counted": row.rate.n,
        "reached": row.rate.d,
        "rate": row.rate.share,
        "rate_interval": row.rate.interval,
        "revenue_per_recipient": row.revenue and row.revenue.mean,
        "revenue_interval": row.revenue and row.revenue.mean_interval,
    }


def _place(row: PlaceRow, masking: Masking) -> dict:
    country, operator = row.place or (None, None)
    return {
        "country": country,
        "operator": masking.text(operator),
        "variant": row.label,
        "messages": row.volume.messages,
        "delivered": row.volume.delivered,
        "counted": row.of,
        "reached": row.reached,
    }

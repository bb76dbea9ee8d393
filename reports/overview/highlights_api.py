"""GET /api/v1/highlights/: the highlights of a period, as the Overview has them."""

from dataclasses import replace
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from deliveries.search.number_searches_api import count_searches
from deliveries.search.operators import other_spellings
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, FROM, PERIOD, TENANT, TO, Parameter
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from portal.common.period_picker import Period
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsError, StatisticsQuery
from reports.figures.rollups import spans_read_once
from reports.figures.statistics import OTHER_NAME, finality, statistics
from reports.figures.top_campaigns import TOP_CAMPAIGNS, campaigns
from reports.overview.highlight_selectors import MAX_DAYS, find_highlights
from reports.overview.highlights import SlowDay, Winner, WorseCountry
from reports.overview.highlights_serializers import HIGHLIGHTS, HighlightsAnswer
from reports.overview.masked import masked_highlights


class HighlightsView(ApiView):
    """Highlights of a period."""

    operations = {
        "GET": Operation(
            id="get_highlights",
            tag="Statistics",
            summary="Highlights of a period",
            text=(
                "What the Overview shows as highlights: an operator's slow days, countries where more messages fail"
                " since a day, and variants that are surely delivered more often than each other one; at most three of"
                f" each. Slow days and countries are looked for in at most {MAX_DAYS} days, variants in the"
                f" {TOP_CAMPAIGNS} largest campaigns. The last two need a p under 0.001 after Bonferroni's"
                " correction (docs/statistics.md). Possible phone numbers in names are masked unless the key has the"
                " scope `numbers`."
            ),
            parameters=(
                PERIOD,
                FROM,
                TO,
                TENANT,
                ACCOUNT,
                Parameter(name="country", text="Only this country.", kind="country", example="FI"),
                Parameter(name="operator", text="Only this operator, as in delivery reports.", example="fi.elisa"),
                Parameter(name="campaign", text="Only this campaign, by its name.", example="October sale"),
            ),
            sample={"period": "last_month"},
            answer=HighlightsAnswer,
            answer_text="The highlights.",
            answer_example=HIGHLIGHTS,
        )
    }

    @spans_read_once()
    def get(self, request: Request) -> Response:
        period, own, as_of = self.given.period(self.access), self.access.tenant, no_writes_before()
        assert own is not None  # every key has one
        try:
            query = self._query(request, period)
            final = finality()
            operators = statistics(replace(query, group_by=("country", "operator")), final=final)
            kpis = Kpis.total([Kpis(latency={}), *(group.kpis for group in operators)])
            largest, _others = campaigns(query, latency=kpis.latency, limit=TOP_CAMPAIGNS)
            named = [campaign.name for campaign in largest if campaign.name != OTHER_NAME]
            found = find_highlights(query, operators=operators, campaigns=named, final=final)
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        found = masked_highlights(found, self.access.masking)
        return self.answer(
            {
                "from": period.first,
                "to": period.last,
                "data_as_of": as_of,
                "timezone": own.timezone,
                "maturity": kpis.maturity,
                "are_days_compared": period.days <= MAX_DAYS,
                "slow_days": list(map(_slow_day, found.slow_days)),
                "worse_countries": list(map(_worse_country, found.worse_countries)),
                "winners": list(map(_winner, found.winners)),
            }
        )

    def _query(self, request: Request, period: Period) -> StatisticsQuery:
        given, access = self.given, self.access
        filters = {name: [text] for name in ("country", "operator", "campaign") if (text := given.text(name))}
        count_searches(request, [(name, filters[name][0]) for name in ("operator", "campaign") if name in filters])
        tenants = given.tenants(access)
        tenant_ids = access.tenant_ids if tenants is None else tenants.values()
        if operators := filters.get("operator"):
            for written, meant in other_spellings(
                operators, tenant_ids=access.tenant_ids, masking=access.masking, first=period.first, last=period.last
            ).items():
                raise BadParameter("operator", f"there is no {written} in these days; did you mean {meant}?")
        return StatisticsQuery(
            tenant_ids=sorted(tenant_ids),
            first=period.first,
            last=period.last,
            filters=filters,
            account_id=given.account_id(access),
        )


def _slow_day(found: SlowDay) -> dict[str, Any]:
    names = ("country", "operator", "day", "median", "usual", "delivered")
    return {name: getattr(found, name) for name in names}


def _worse_country(found: WorseCountry) -> dict[str, Any]:
    return {
        "country": found.country,
        "since": found.since,
        "failed": found.failed,
        "failed_share": found.now,
        "failed_share_before": found.before,
        "p_value": found.p_value,
    }


def _winner(found: Winner) -> dict[str, Any]:
    return {
        "campaign": found.campaign,
        "variant": found.variant,
        "delivery_rate": found.best,
        "others": [{"variant": name, "delivery_rate": rate} for name, rate in found.others],
        "difference": found.difference,
        "interval": [found.low, found.high],
    }

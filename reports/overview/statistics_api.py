"""GET /api/v1/statistics/: figures of any period, from the counts."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.message_pages.serializers import STATUSES
from deliveries.messages.fold import NO_CODE
from deliveries.messages.slices import no_writes_before
from deliveries.partner_ids.with_numbers import telling_partner_ids
from deliveries.search.number_searches_api import count_searches
from deliveries.search.operators import other_spellings
from portal.api.operations import Operation
from portal.api.parameters import (
    ACCOUNT,
    CSV,
    FROM,
    LANG,
    MAX_NUMBER,
    NDJSON,
    PERIOD,
    TIMEZONE,
    TO,
    Parameter,
)
from portal.api.problems import BadParameter
from portal.api.tables import csv_form, wanted_media
from portal.api.views import ApiView
from portal.common.msisdn import SENDER_TYPES
from portal.common.period_picker import COMPARISONS, Period, comparison
from reports.figures.as_json import figures
from reports.figures.compare import ORDERS, ComparedGroup, Rest, arrange, beside, cut
from reports.figures.finality import provisional_from
from reports.figures.kpis import Kpis, changes
from reports.figures.masked_names import FREE_TEXT, masked_key, partner_ids_of
from reports.figures.query import FILTERS, GROUPS, TIMES, StatisticsError, StatisticsQuery
from reports.figures.statistics import MAX_GROUPS, Group, finality, statistics, total
from reports.overview.examples import STATISTICS
from reports.overview.statistics_csv import FORMATS, csv_answer, ndjson_answer
from reports.overview.statistics_serializers import StatisticsSerializer
from reports.pricing.as_json import costs_json
from reports.pricing.costing import Payer, costs, total_cost
from reports.pricing.costs import Costs
from reports.pricing.rights import seen_payer

_FILTER_TEXTS = {
    "tenant": ("Slug of a tenant.", "nordic-retail"),
    "partner_id": ("A platformPartnerId.", "nr-fi"),
    "campaign": ("Name of a campaign; empty: no campaign; `(other)`: beyond the daily limit.", "October sale"),
    "variant": ("A variant; empty: no variant.", "B"),
    "country": ("ISO 3166-1 alpha-2; `ZZ`: unknown.", "FI"),
    "operator": ("An operator, as named in delivery reports; empty: unknown.", "Example Mobile"),
    "sender_type": ("A type of sender, such as `alphanumeric`; empty: unknown.", "alphanumeric"),
    "status": ("A state.", "failed"),
    "result_code": ("The gateway's result code; -1: no report yet.", 1006),
}


def _filter(name: str) -> Parameter:
    text, example = _FILTER_TEXTS[name]
    kinds = {"status": "choice", "sender_type": "choice", "country": "country", "result_code": "number"}
    choices = {"status": STATUSES, "sender_type": (*SENDER_TYPES, "")}
    return Parameter(
        name=name,
        text=f"{text} May be repeated: matches any of the values.",
        kind=kinds.get(name, "text"),
        choices=choices.get(name, ()),
        least=NO_CODE,
        most=MAX_NUMBER,
        repeatable=True,
        example=[example],
    )


class StatisticsView(ApiView):
    """Figures, in total and by group."""

    operations = {
        "GET": Operation(
            id="get_statistics",
            tag="Statistics",
            summary="Get figures, in total and by group",
            text=(
                "Figures of up to 1100 days, first and last included, in each tenant's own time zone. They are"
                " read from counts, so the request is cheap. `partner_id` cannot be combined with `campaign` or"
                " `variant`, and `hour` only with `tenant`, `country`, `operator`, `status` and `account`. Hours"
                " are in the key's time zone, named by local time with the offset from UTC. With `compare`, each"
                " group also has the figures of the same group in the other period, and groups of only one period"
                " are included. Times are matched by position: the n-th day with the n-th day. Possible phone"
                " numbers in the name of a campaign, variant or operator, and a partner ID that contains the number"
                " of a message, are masked unless the key has the scope `numbers`. Groups stay separate even if"
                " their masked names are equal. With the scope `billing`, `costs` say what the messages cost the key's"
                " tenant by its price lists. There are none by hour, and none for other scopes."
            ),
            parameters=(
                PERIOD,
                FROM,
                TO,
                Parameter(
                    name="group_by",
                    text="Dimensions to group by, each at most once, separated by commas or repeated.",
                    kind="choice",
                    choices=GROUPS,
                    repeatable=True,
                    commas=True,
                    example=["country"],
                ),
                *map(_filter, FILTERS),
                ACCOUNT,
                Parameter(
                    name="compare",
                    text=(
                        "`previous`: the period just before (whole months with as many whole months). `year`: the"
                        " same days one year earlier."
                    ),
                    kind="choice",
                    choices=COMPARISONS,
                    default="none",
                    example="previous",
                ),
                Parameter(
                    name="order",
                    text=(
                        "Order of groups; a leading `-` sorts the largest first. Groups without the figure are"
                        " last. Default: by time, then most messages first."
                    ),
                    kind="choice",
                    choices=ORDERS,
                    example="-failed",
                ),
                Parameter(
                    name="limit",
                    text="Number of groups, in that order; `other` is the sum of the rest.",
                    kind="number",
                    least=1,
                    most=MAX_GROUPS,
                    example=10,
                ),
                Parameter(
                    name="format",
                    text=(
                        "`csv`: a table for spreadsheets and Power Query, with a row for each group (without `group_by`"
                        " one row) and the columns of JSON; what lies below a name follows it after `_`. Decimal points"
                        " and ISO dates, with `lang=fi` as Excel in Finland reads them. `ndjson`: a line of JSON for"
                        " each group. Also by the header `Accept`: `text/csv`, `application/x-ndjson`."
                    ),
                    kind="choice",
                    choices=FORMATS,
                    default="json",
                    example="csv",
                ),
                LANG,
                replace(
                    TIMEZONE,
                    text="The time zone of hours, by its IANA name. Default: that of the key's tenant or account.",
                ),
            ),
            also_media=(CSV, NDJSON),
            sample={"period": "last_month", "group_by": "country", "compare": "previous"},
            answer=StatisticsSerializer,
            answer_text="The figures.",
            answer_example=STATISTICS,
        )
    }

    def get(self, request: Request) -> Response | HttpResponse:
        period = self.given.period(self.access)
        earlier = comparison(period, self.given.choice("compare"))
        data_as_of, lang = no_writes_before(), self.given.choice("lang")
        order, limit = self.given.choice("order"), self.given.number("limit")
        searched = [(name, text) for name in ("partner_id", *FREE_TEXT) for text in self.given.texts(name) or ()]
        count_searches(request, searched)
        try:
            query = self._query(period)
            final = finality()
            whole = total(query, final=final)
            then = replace(query, first=earlier.first, last=earlier.last) if earlier else None
            whole_before = total(then, final=final) if then else None
            groups = _groups(query, final)
            groups_before = _groups(then, final) if then else None
            if query.group_by:
                whole = _as_its_groups(whole, groups, query)
                whole_before = _as_its_groups(whole_before, groups_before, query) if then else None
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        compared = beside(groups, groups_before, period=period, earlier=earlier, timezone=query.timezone)
        arranged = arrange(compared, order=order, times=TIMES)
        shown, rest = cut(arranged, limit)
        by_hour = query.is_by_hour
        priced = _Priced(query, None if by_hour else seen_payer(self.access))
        masking, telling = self.access.masking, frozenset()
        if not masking.in_full:
            telling = telling_partner_ids(partner_ids_of(g.key for g in shown), tenant_ids=query.tenant_ids)
        answer = self.answer(
            {
                "from": query.first,
                "to": query.last,
                "timezone": query.timezone,
                "data_as_of": data_as_of,
                "group_by": query.group_by,
                "provisional_from": provisional_from(
                    tenant_ids=query.tenant_ids, first=query.first, last=query.last, now=timezone.now()
                ),
                "total": figures(whole) | priced.whole(),
                "groups": [
                    {"key": masked_key(group.key, masking, telling)} | _compared(group, by_hour) | priced.of([group])
                    for group in shown
                ],
                "other": None
                if rest is None
                else {"groups": rest.groups} | _compared(rest, by_hour) | priced.of(arranged[len(shown) :]),
                "compared_with": None
                if earlier is None
                else {
                    "from": earlier.first,
                    "to": earlier.last,
                    "total": figures(whole_before) | priced.earlier(then),
                    "changes": asdict(changes(whole, whole_before)),
                },
            }
        )
        media = {"csv": CSV, "ndjson": NDJSON}.get(self.given.choice("format"), wanted_media(request._request))
        if media == CSV:
            return csv_answer(answer.data, csv_form(lang))
        return ndjson_answer(answer.data) if media == NDJSON else answer

    def _query(self, period: Period) -> StatisticsQuery:
        given = self.given
        filters = {
            name: given.numbers(name) if name == "result_code" else given.texts(name)
            for name in FILTERS
            if name in given
        }
        given.tenants(self.access)
        if operators := filters.get("operator"):
            for written, meant in other_spellings(
                operators,
                tenant_ids=self.access.tenant_ids,
                masking=self.access.masking,
                first=period.first,
                last=period.last,
            ).items():
                raise BadParameter("operator", f"there is no {written} in these days; did you mean {meant}?")
        return StatisticsQuery(
            tenant_ids=self.access.tenant_ids,
            first=period.first,
            last=period.last,
            group_by=tuple(given.texts("group_by") or ()),
            filters=filters,
            account_id=given.account_id(self.access),
            # An account's key has its pool, which is in the account's zone.
            timezone=shown_in.key if (shown_in := given.zone()) else self.access.tenant.timezone,
        )


class _Priced:
    """Costs of an answer's groups; null without a payer."""

    def __init__(self, query: StatisticsQuery, payer: Payer | None) -> None:
        self.payer = payer
        self.by_key: dict[tuple, Costs] = costs(query, payer) if payer else {}

    def whole(self) -> dict[str, Any]:
        """Return those of all messages."""
        return self._json(self.by_key.values())

    def of(self, groups: Iterable[ComparedGroup]) -> dict[str, Any]:
        """Return those of these groups together."""
        return self._json(self.by_key.get(tuple(group.key.values()), Costs()) for group in groups)

    def earlier(self, query: StatisticsQuery) -> dict[str, Any]:
        """Return those of all messages of another period."""
        return self._json([total_cost(query, self.payer)] if self.payer else [])

    def _json(self, found: Iterable[Costs]) -> dict[str, Any]:
        return {"costs": costs_json(sum(found, Costs())) if self.payer else None}


def _groups(query: StatisticsQuery, final) -> dict[tuple, Kpis]:
    groups: list[Group] = statistics(query, final=final) if query.group_by else []
    return {tuple(group.key.items()): group.kpis for group in groups}


def _as_its_groups(whole: Kpis, groups: dict[tuple, Kpis], query: StatisticsQuery) -> Kpis:
    """Return the total as the sum of the groups, without values that groups lack: times, and by hour final and billed.

    Messages may arrive between the two queries, and days and hours differ while a new time zone is counted. A value
    that hours do not count is None if it exceeds the total of the hours.
    """
    of_groups = sum(groups.values(), Kpis())
    volume, final = of_groups.volume, of_groups.final
    if query.is_by_hour:
        volume = replace(volume, billed_parts=_at_most(volume.parts, whole.volume.billed_parts))
        final = _at_most(volume.messages, whole.final)
    return Kpis(volume, final, whole.latency)


def _at_most(most: int, count: int) -> int | None:
    return count if count <= most else None


def _compared(group: ComparedGroup | Rest, by_hour: bool) -> dict:
    before = group.before
    return figures(group.kpis, by_hour=by_hour) | {
        "before": None if before is None else figures(before, by_hour=by_hour),
        "changes": None if before is None else asdict(changes(group.kpis, before)),
    }

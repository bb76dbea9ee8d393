"""POST /api/v1/exports/tables/: a table of a page as a file, all of its rows."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils import translation
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import ConversionEvent, ConversionKind
from deliveries.exports import asking
from deliveries.exports.api import shown, too_many
from deliveries.exports.examples import QUEUED
from deliveries.exports.serializers import AskForExportSerializer, ExportSerializer
from deliveries.search.number_searches_api import count_searches
from deliveries.search.operators import other_spellings
from deliveries.search.segment_keys import search_keys
from portal.api.operations import EXPORTING, Operation
from portal.api.parameters import FROM, PERIOD, TENANT, TO, Parameter
from portal.api.problems import BadParameter
from portal.api.views import ApiView
from reports.campaigns.ab_api import AB_PARAMETERS, ab_query
from reports.campaigns.listing import DEFAULT_ORDER, ORDERS
from reports.campaigns.selectors import STATES
from reports.exports.ab_tables import stored
from reports.exports.campaign_tables import campaign_of
from reports.exports.conversion_tables import NARROWED_BY
from reports.exports.known import (
    NOT_BY_PLACE,
    OF_AB,
    OF_ALL_ACCOUNTS,
    OF_ALL_CAMPAIGNS,
    OF_CONVERSIONS,
    OF_COSTS,
    OF_KEYS,
    OF_ONE_CAMPAIGN,
    TABLES,
    column_names,
)
from reports.exports.tables import parameters_of
from reports.figures.query import StatisticsQuery
from reports.overview.asked import MAX_FILTER
from reports.pricing.rights import may_see_costs
from reports.segments.from_messages import MAX_DAYS, may_be_read

_FILTERS = ("country", "operator", "campaign")
_OF_CAMPAIGNS = ("q", "state", "sort")
_KEYS = ("key", "by")
_OF_AB = tuple(parameter.name for parameter in AB_PARAMETERS)

_QUEUED = QUEUED | {
    "kind": "operators",
    "search": "table=operators period=last_month",
    "columns": column_names("operators"),
}


class AskForTableSerializer(serializers.Serializer):
    """The file to make; the query parameters say which table it is."""

    format = AskForExportSerializer().fields["format"]


class TableExportsView(ApiView):
    """Requests of the tables of pages as files."""

    operations = {
        "POST": Operation(
            id="request_table_export",
            tag="Exports",
            summary="Request a table of a page as a file",
            text=(
                "Queue all rows of a table of the Overview, the list of campaigns, a campaign's page, its A/B test,"
                " Segments or Conversions as a file, with the figures that the page shows for the same days and"
                " filters; `conversion_events` has the events themselves. Tables of costs"
                " need the scope `billing`, too. Conversions and A/B tests of a campaign are"
                " of all its days. It is listed, polled and fetched like any export. The campaigns end with what the"
                " list sums up, so the rows make all messages of the period. A key of an account gets the tables that"
                " are counted by account, of its account alone. Possible phone numbers in names are masked unless the"
                " key has the scope `numbers` when the file is made."
            ),
            scope=EXPORTING,
            parameters=(
                Parameter(
                    name="table",
                    text="The table.",
                    kind="choice",
                    choices=tuple(TABLES),
                    default="campaigns",
                    example="operators",
                ),
                PERIOD,
                FROM,
                TO,
                TENANT,
                Parameter(name="country", text="Only this country.", kind="country", example="FI"),
                Parameter(name="operator", text="Only this operator.", example="fi.example"),
                Parameter(
                    name="campaign",
                    text=f"Only this campaign, by its name. Needed for {', '.join(OF_ONE_CAMPAIGN)}.",
                    example="October sale",
                ),
                Parameter(
                    name="q",
                    text="For campaigns: a text anywhere in the name, the title or a tag; the others are one sum.",
                    example="sale",
                ),
                Parameter(
                    name="state",
                    text="For campaigns: archived ones, those that are not archived, or all.",
                    kind="choice",
                    choices=tuple(STATES),
                    default="all",
                    example="active",
                ),
                Parameter(
                    name="sort",
                    text="For campaigns: their order; a leading `-` sorts the largest first.",
                    kind="choice",
                    choices=tuple(ORDERS),
                    default=DEFAULT_ORDER,
                    example="-failed",
                ),
                Parameter(name="key", text="For segments and pairs of segments: the segment key.", example="shop"),
                Parameter(
                    name="by",
                    text=f"For pairs of segments: the second key; at most {MAX_DAYS} days, or one campaign.",
                    example="tier",
                ),
                Parameter(
                    name="kind",
                    text="For conversion events and conversions of segments: only events of this kind, by its name.",
                    example="purchase",
                ),
                Parameter(
                    name="reason",
                    text="For conversion events: only those without a message for this reason.",
                    kind="choice",
                    choices=tuple(ConversionEvent.Reason.values),
                    example="outside_window",
                ),
                Parameter(
                    name="attributed",
                    text="For conversion events: only those with a message (`yes`) or without one (`no`).",
                    kind="choice",
                    choices=("yes", "no"),
                    example="no",
                ),
                *(replace(one, text=f"For tables of an A/B test. {one.text}") for one in AB_PARAMETERS),
            ),
            body=AskForTableSerializer,
            body_example={"format": "parquet"},
            sample={"table": "operators", "period": "last_month"},
            answer=ExportSerializer,
            answer_text="The export is queued; `Location` is its URL.",
            answer_example=_QUEUED,
            status=202,
            headers={"Location": "The export's address."},
            problems=("bad-parameter",),
        )
    }

    def post(self, request: Request) -> Response:
        assert self.access.tenant is not None  # every key has one
        table = self.given.choice("table") or "campaigns"
        query, text = self._query(table), " ".join(self.given.text("q").split())
        body = self.body(request)
        searched: list[tuple[str, str]] = [
            (name, str(value)) for name in _FILTERS[1:] for value in query.filters.get(name, ())
        ]
        more: dict[str, Any] = {name: self.given.text(name) for name in _KEYS if self.given.text(name)}
        if table in OF_AB:
            with translation.override("en"):
                comparison = ab_query(self.given)
            more = {"ab": stored(comparison)}
            searched += [("ref_id", ref_id) for ref_ids in comparison.chosen.values() for ref_id in ref_ids]
        if kind := self.given.text("kind"):
            if not ConversionKind.objects.filter(tenant_id__in=query.tenant_ids, name=kind).exists():
                raise BadParameter("kind", "no kind of this name")
            more["kind"] = kind
        for name in NARROWED_BY[1:]:
            if chosen := self.given.choice(name):
                more[name] = chosen
        count_searches(request, [*searched, *([("campaign", text)] if text else [])])
        try:
            export = asking.ask_for(
                table,
                parameters_of(
                    query,
                    text=text,
                    state=self.given.choice("state") or "",
                    order=self.given.choice("sort") or "",
                    **more,
                ),
                tenant=self.access.tenant,
                access=self.access,
                user=None,
                tenant_ids=query.tenant_ids,
                title=" ".join(f"{name}={value}" for name, value in request.query_params.items() if value),
                format=body["format"],
                columns=column_names(table),
            )
        except asking.TooMany as error:
            raise too_many(error) from error
        return self.answer(shown(export), Location=reverse("api:export", args=[export.id]))

    def _query(self, table: str) -> StatisticsQuery:
        """Return the table's days and filters. Raises BadParameter for what it cannot be narrowed by."""
        given, access = self.given, self.access
        period, tenants = given.period(access), given.tenants(access)
        filters = {name: [given.text(name)] for name in _FILTERS if given.text(name)}
        for name, values in filters.items():
            if len(values[0]) > MAX_FILTER or "\0" in values[0]:
                raise BadParameter(name, f"at most {MAX_FILTER} characters, without U+0000")
        if len(given.text("q")) > MAX_FILTER or "\0" in given.text("q"):
            raise BadParameter("q", f"at most {MAX_FILTER} characters, without U+0000")
        if table in OF_COSTS and not may_see_costs(access):
            raise BadParameter("table", f"{table} is for keys with the scope billing")
        if table in OF_ALL_ACCOUNTS and access.account:
            raise BadParameter("table", f"{table} are of all accounts; a key of one account gets the other tables")
        self._check_parameters(table, filters)
        if operators := filters.get("operator"):
            for written, meant in other_spellings(
                operators,
                tenant_ids=access.tenant_ids,
                masking=access.masking,
                first=period.first,
                last=period.last,
            ).items():
                raise BadParameter("operator", f"there is no {written} in these days; did you mean {meant}?")
        found = StatisticsQuery(
            tenant_ids=sorted(access.tenant_ids if tenants is None else tenants.values()),
            first=period.first,
            last=period.last,
            filters=filters,
        )
        is_named = table != "variants" and (table in OF_ONE_CAMPAIGN or table in OF_CONVERSIONS)
        if is_named and "campaign" in filters and campaign_of(found) is None:
            raise BadParameter("campaign", "no campaign, or several ones, have this name")
        return self._of_keys(table, found)

    def _check_parameters(self, table: str, filters: Mapping[str, list[str]]) -> None:
        """Raise BadParameter for a parameter that the table does not have, and for one that it needs."""
        if "campaign" in filters and table in OF_ALL_CAMPAIGNS:
            raise BadParameter("campaign", f"the table {table} cannot be narrowed to one campaign")
        if table in OF_ONE_CAMPAIGN and "campaign" not in filters:
            raise BadParameter("campaign", f"the table {table} is of one campaign")
        place = next((name for name in ("country", "operator") if name in filters), "")
        if place and table in NOT_BY_PLACE:
            raise BadParameter(place, f"the table {table} cannot be narrowed to one")
        for names, tables, of in (
            (_OF_CAMPAIGNS, ("campaigns",), "the table campaigns"),
            (("kind",), ("conversion_events", "segments"), "the tables conversion_events and segments"),
            (NARROWED_BY[1:], ("conversion_events",), "the table conversion_events"),
            (_OF_AB, OF_AB, "the tables of an A/B test"),
        ):
            other = next((name for name in names if self.given.text(name)), "")
            if other and table not in tables:
                raise BadParameter(other, f"for {of} alone")

    def _of_keys(self, table: str, query: StatisticsQuery) -> StatisticsQuery:
        """Return the query of the tenants with figures by the keys. Raises BadParameter for keys that do not fit."""
        keys = [self.given.text(name) for name in _KEYS[: OF_KEYS.get(table, 0)]]
        if other := next((name for name in _KEYS[len(keys) :] if self.given.text(name)), ""):
            raise BadParameter(other, "for the tables segments and segment_pairs" if other == "key" else "for pairs")
        known = search_keys(query.tenant_ids)
        tenants = set(query.tenant_ids)
        for name, key in zip(_KEYS, keys, strict=False):
            if key not in known or self.access.masking.hides(key) or not known[key].counted:
                raise BadParameter(name, "a segment key that has figures; see /api/v1/segments/")
            tenants &= known[key].counted
        if keys and (not tenants or len(set(keys)) < len(keys)):
            raise BadParameter("by", "another key that the same customer has chosen")
        found = replace(query, tenant_ids=sorted(tenants))
        if table == "segment_pairs" and not may_be_read(found):
            raise BadParameter("from", f"two keys are read from the messages: at most {MAX_DAYS} days, or one campaign")
        return found

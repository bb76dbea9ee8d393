"""GET /api/v1/segments/ and /api/v1/segments/<key>/: keys that have figures, and the figures by their values."""

from collections.abc import Collection, Mapping

from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import ConversionKind
from deliveries.messages.slices import no_writes_before
from deliveries.models import SegmentCount
from deliveries.search.find import SearchTooSlow
from deliveries.search.number_searches_api import count_searches
from deliveries.search.segment_keys import SearchKey, search_keys
from portal.accounts.access import Access
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, CURSOR, FROM, PERIOD, SIZE, TENANT, TO, Parameter, Parameters
from portal.api.problems import BadParameter, TooSlow
from portal.api.views import ApiView
from portal.common import keyset
from portal.tenants import tokens
from portal.tenants.models import Tenant
from reports.campaigns.api import shown_converted
from reports.figures.as_json import figures
from reports.figures.finality import provisional_from
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsError, StatisticsQuery
from reports.segments.comparison import Difference
from reports.segments.examples import KEY, SEGMENT
from reports.segments.figures import ValueRow, figures_by_time, segment_figures
from reports.segments.from_messages import MAX_DAYS, SECONDS, may_be_read
from reports.segments.serializers import SegmentAnswer, SegmentKeysAnswer

TIMES = ("day", "month")
_CURSOR = "segment-cursor"


class SegmentKeysView(ApiView):
    """The chosen keys of the key's tenants."""

    operations = {
        "GET": Operation(
            id="list_segment_keys",
            tag="Segments",
            summary="List segment keys",
            text=(
                "The keys that the tenants have chosen for figures and searches: custom parameters, and labels of the"
                " refId scheme as `ref:` and the label's name. An account's key sees those with figures at its account."
            ),
            parameters=(TENANT, CURSOR, SIZE),
            answer=SegmentKeysAnswer,
            answer_text="A page of keys.",
            answer_example={"next_cursor": None, "data": [KEY]},
        )
    }

    def get(self, request: Request) -> Response:
        tenants = self.given.tenants(self.access)
        keys = keys_of(self.access, self.access.tenant_ids if tenants is None else tenants.values())
        slugs = dict(Tenant.objects.filter(id__in=self.access.tenant_ids).values_list("id", "slug"))
        shown, cursor = _page(sorted((key,) for key in keys), self.given)
        return self.answer({"data": [_shown_key(keys[key], slugs) for (key,) in shown], "next_cursor": cursor})


class SegmentView(ApiView):
    """The figures of one key by its values."""

    operations = {
        "GET": Operation(
            id="get_segment",
            tag="Segments",
            summary="Get the figures of a key by its values",
            text=(
                "Figures of up to 1100 days, by each tenant's own days. Each message of the tenants that have chosen"
                " the key counts in one row, so the rows sum to `total`. The figures come from counts, those of a"
                " `campaign` from its messages. Keys without the scope `numbers` get groups of fewer than 10 recipients"
                " of the period together as `(small)`, and possible phone numbers in values masked; rows stay separate"
                " even if their masked values are equal."
            ),
            path={"key": Parameter(name="key", text="The key.", example="shop")},
            parameters=(
                PERIOD,
                FROM,
                TO,
                TENANT,
                ACCOUNT,
                Parameter(
                    name="campaign",
                    text="Only this campaign, by its name; read from its messages. `(other)`: beyond the daily limit.",
                    example="October sale",
                ),
                Parameter(name="group_by", text="One row for each value and time.", kind="choice", choices=TIMES),
                Parameter(
                    name="recipients",
                    text=(
                        f"`yes` counts different recipients, which is possible for at most {MAX_DAYS} days or a"
                        " campaign. `auto` counts them if the messages are at most 20,000. Conversions are counted"
                        " with them."
                    ),
                    kind="choice",
                    choices=("auto", "yes"),
                    default="auto",
                ),
                Parameter(
                    name="kind",
                    text="Conversions by events of this kind alone, by its name; without it by all events.",
                    example="purchase",
                ),
                CURSOR,
                SIZE,
            ),
            sample={"period": "last_month"},
            answer=SegmentAnswer,
            answer_text="A page of values.",
            answer_example=SEGMENT,
            problems=("too-slow",),
        )
    }

    def get(self, request: Request, key: str) -> Response:
        tenants = self.given.tenants(self.access)
        asked = keys_of(self.access, self.access.tenant_ids if tenants is None else tenants.values()).get(key)
        if asked is None or not asked.counted:
            raise Http404
        query, kind = self._query(asked), self.given.text("kind")
        if kind and not ConversionKind.objects.filter(tenant_id__in=query.tenant_ids, name=kind).exists():
            raise BadParameter("kind", "no kind of this name")
        time = self.given.choice("group_by") or ""
        as_of, own = no_writes_before(), self.access.tenant
        assert own is not None  # every key has one
        try:
            found = segment_figures(
                query,
                key,
                merge_small=not self.access.masking.in_full,
                with_recipients=self.given.choice("recipients") == "yes",
                kind=kind,
            )
            rows = {row.value: row for row in found.rows}
            shown = {(value, ""): row.kpis for value, row in rows.items()}
            if time:
                by_time = figures_by_time(query, key, found, time)
                shown = {(value, str(at)): one for value, of_it in by_time.items() for at, one in of_it.items()}
        except SearchTooSlow as error:
            raise TooSlow(f"Reading the messages took more than {SECONDS:g} seconds.") from error
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        page, cursor = _page(sorted(shown), self.given)
        read_from = "messages" if "campaign" in query.filters else "counts"
        return self.answer(
            {
                "key": key,
                "from": query.first,
                "to": query.last,
                "timezone": own.timezone,
                "data_as_of": as_of,
                "group_by": time or None,
                "read_from": read_from,
                "provisional_from": provisional_from(
                    tenant_ids=query.tenant_ids, first=query.first, last=query.last, now=timezone.now()
                ),
                "figures_from": asked.figures_from if (asked.figures_from or query.first) > query.first else None,
                "total": figures(found.total),
                "recipients": found.recipients,
                "conversions": found.conversions and shown_converted(found.conversions),
                "data": [self._row(rows[value], at, shown[value, at]) for value, at in page],
                "next_cursor": cursor,
            }
        )

    def _query(self, asked: SearchKey) -> StatisticsQuery:
        period = self.given.period(self.access)
        filters = {}
        if campaign := self.given.text("campaign"):
            count_searches(self.request, [("campaign", campaign)])
            filters["campaign"] = [campaign]
        query = StatisticsQuery(
            tenant_ids=sorted(asked.counted),
            first=period.first,
            last=period.last,
            filters=filters,
            account_id=self.given.account_id(self.access),
        )
        if self.given.choice("recipients") == "yes" and not may_be_read(query):
            raise BadParameter("recipients", f"possible for at most {MAX_DAYS} days or with a campaign")
        return query

    def _row(self, row: ValueRow, at: str, kpis: Kpis) -> dict:
        return figures(kpis) | {
            "value": self.access.masking.text(row.value),
            "values": len(row.values),
            "time": at or None,
            "recipients": None if at else row.recipients,
            "conversions": None if at or row.conversions is None else shown_converted(row.conversions),
            "against_others": None if at or row.standout is None else _difference(row.standout),
        }


def _difference(found: Difference) -> dict:
    return {
        "difference": found.difference,
        "interval": [found.low, found.high],
        "p_value": found.p_value,
        "is_sure": found.is_sure,
        "is_exact": found.is_exact,
    }


def keys_of(access: Access, tenant_ids: Collection[int]) -> dict[str, SearchKey]:
    """Return the keys of these tenants that the API key sees, of an account's key those counted at the account."""
    found = search_keys(set(tenant_ids))
    if access.account is not None:
        for key, one in found.items():
            rows = SegmentCount.objects.filter(
                tenant_id__in=one.counted, key=key, account=access.account, messages__gt=0
            )
            one.counted = set(rows.values_list("tenant_id", flat=True).distinct())
            one.ready, one.making, one.failed, one.refused = set(one.counted), set(), set(), {}
        found = {key: one for key, one in found.items() if one.counted}
    return {key: one for key, one in found.items() if not access.masking.hides(key)}


def _shown_key(one: SearchKey, slugs: Mapping[int, str]) -> dict:
    return {
        "key": one.key,
        "tenants": sorted(slugs[id_] for id_ in one.counted),
        "counting": sorted(slugs[id_] for id_ in one.making),
        "refused": {slugs[id_]: why.value for id_, why in sorted(one.refused.items())},
        "figures_from": one.figures_from,
        "url": reverse("api:segment", args=[one.key]),
    }


def _page(rows: list[tuple[str, ...]], given: Parameters) -> tuple[list[tuple[str, ...]], str | None]:
    """Return the page of the sorted rows that `cursor` and `size` ask for, and the next page's cursor.

    A cursor is sealed: a value may hold a number that is masked.
    """
    size, cursor = given.size(), given.text("cursor")
    if cursor:
        opened = tokens.unseal(cursor, purpose=_CURSOR)
        try:
            after, backwards = keyset.decode(opened or "", length=len(rows[0]) if rows else 1)
        except keyset.BadCursor as error:
            raise BadParameter("cursor", str(error)) from error
        if backwards or not all(isinstance(part, str) for part in after):
            raise BadParameter("cursor", "not a cursor of this list")
        rows = [row for row in rows if row > tuple(after)]
    page = rows[:size]
    return page, tokens.seal(keyset.encode(page[-1]), purpose=_CURSOR) if len(rows) > size else None

"""GET /api/v1/statistics/: figures of any period, from the counts."""

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from deliveries.partner_ids.with_numbers import telling_partner_ids
from deliveries.search.find import SearchTooSlow
from deliveries.search.number_searches_api import count_searches
from deliveries.search.operators import other_spellings
from portal.api.parameters import CSV, NDJSON
from portal.api.problems import BadParameter, TooSlow
from portal.api.tables import csv_form, wanted_media
from portal.api.views import ApiView
from portal.common.period_picker import Period, comparison
from reports.figures.as_json import figures
from reports.figures.compare import ComparedGroup, Rest, arrange, beside, cut
from reports.figures.finality import provisional_from
from reports.figures.kpis import changes
from reports.figures.masked_names import FREE_TEXT, masked_key, partner_ids_of
from reports.figures.query import FILTERS, TIMES, StatisticsError, StatisticsQuery, segment_key_of
from reports.pricing.rights import seen_payer
from reports.segments.from_messages import SECONDS
from reports.statistics.by_recipient import check_included
from reports.statistics.by_segment import check_alone, tenants_of
from reports.statistics.operation import OPERATION
from reports.statistics.reading import read
from reports.statistics.table import csv_answer, ndjson_answer


class StatisticsView(ApiView):
    """Figures, in total and by group."""

    operations = {"GET": OPERATION}

    def get(self, request: Request) -> Response | HttpResponse:
        period = self.given.period(self.access)
        earlier = comparison(period, self.given.choice("compare") or "none")
        data_as_of, lang = no_writes_before(), self.given.choice("lang")
        order, limit = self.given.choice("order"), self.given.number("limit")
        searched = [(name, text) for name in ("partner_id", *FREE_TEXT) for text in self.given.texts(name) or ()]
        count_searches(request, searched)
        masking, telling = self.access.masking, frozenset[str]()
        try:
            query, figures_from = self._query(period)
            then = replace(query, first=earlier.first, last=earlier.last) if earlier else None
            included = self.given.texts("include") or ()
            check_included(query, included)
            payer = None if query.is_by_hour else seen_payer(self.access)
            found = read(query, then, included=included, payer=payer, merge_small=not masking.in_full)
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        except SearchTooSlow as error:
            raise TooSlow(f"Reading the messages took more than {SECONDS:g} seconds.") from error
        groups = beside(found.groups, found.groups_before, period=period, earlier=earlier, timezone=query.timezone)
        arranged = arrange(groups, order=order, times=TIMES)
        shown, rest = cut(arranged, limit)
        if not masking.in_full:
            telling = telling_partner_ids(partner_ids_of(g.key for g in shown), tenant_ids=query.tenant_ids)
        by_hour = query.is_by_hour
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
                "figures_from": figures_from,
                "total": figures(found.whole) | found.costs_of_all() | found.people.of(None),
                "groups": [
                    {"key": masked_key(group.key, masking, telling)}
                    | _compared(group, by_hour)
                    | found.costs_of([group])
                    | found.people.of(tuple(group.key.values()))
                    for group in shown
                ],
                "other": None
                if rest is None
                else {"groups": rest.groups} | _compared(rest, by_hour) | found.costs_of(arranged[len(shown) :]),
                "compared_with": None
                if earlier is None
                else {
                    "from": earlier.first,
                    "to": earlier.last,
                    "total": figures(found.whole_before) | found.costs_before(),
                    "changes": asdict(changes(found.whole, found.whole_before)),
                },
            }
        )
        media = {"csv": CSV, "ndjson": NDJSON}.get(self.given.choice("format") or "", wanted_media(request._request))
        if media == CSV:
            return csv_answer(answer.data, csv_form(lang))
        return ndjson_answer(answer.data) if media == NDJSON else answer

    def _query(self, period: Period) -> tuple[StatisticsQuery, date | None]:
        """Return the query, and the first day with figures by its segment key (None: all days have them)."""
        given, own = self.given, self.access.tenant
        assert own is not None  # every key has one
        filters: dict[str, Any] = {
            name: given.numbers(name) if name == "result_code" else given.texts(name)
            for name in FILTERS
            if name in given
        }
        named, figures_from = given.tenants(self.access), None
        tenant_ids: Collection[int] = self.access.tenant_ids
        if operators := filters.get("operator"):
            for written, meant in other_spellings(
                operators,
                tenant_ids=self.access.tenant_ids,
                masking=self.access.masking,
                first=period.first,
                last=period.last,
            ).items():
                raise BadParameter("operator", f"there is no {written} in these days; did you mean {meant}?")
        group_by = tuple(given.texts("group_by") or ())
        if key := next(filter(None, map(segment_key_of, group_by)), ""):
            asked = tenants_of(key, tenant_ids if named is None else named.values(), self.access)
            tenant_ids, figures_from = asked.counted, asked.figures_from
            filters.pop("tenant", None)
        query = StatisticsQuery(
            tenant_ids=tenant_ids,
            first=period.first,
            last=period.last,
            group_by=group_by,
            filters=filters,
            account_id=given.account_id(self.access),
            # An account's key has its pool, which is in the account's zone.
            timezone=shown_in.key if (shown_in := given.zone()) else own.timezone,
        )
        if key and not self.access.masking.in_full:
            check_alone(query)
        return query, figures_from if figures_from and figures_from > query.first else None


def _compared(group: ComparedGroup | Rest, by_hour: bool) -> dict:
    before = group.before
    return figures(group.kpis, by_hour=by_hour) | {
        "before": None if before is None else figures(before, by_hour=by_hour),
        "changes": None if before is None else asdict(changes(group.kpis, before)),
    }

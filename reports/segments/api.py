"""/api/v1/segments/<key>/: the figures of a key by its values; DELETE gives the key up."""

from dataclasses import replace

from django.http import Http404
from django.utils import timezone, translation
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import ConversionKind
from deliveries.messages.slices import no_writes_before
from deliveries.search.find import SearchTooSlow
from deliveries.search.number_searches_api import count_searches
from deliveries.search.segment_keys import SearchKey
from portal.api.operations import SETTINGS, Operation
from portal.api.parameters import ACCOUNT, CURSOR, FROM, PERIOD, SIZE, TENANT, TO, WORDS_LANG, Parameter
from portal.api.problems import BadParameter, TooSlow
from portal.api.views import ApiView
from reports.campaigns.api import shown_converted
from reports.figures.as_json import figures
from reports.figures.finality import provisional_from
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsError, StatisticsQuery
from reports.segments.comparison import Difference, pair
from reports.segments.examples import GIVEN_UP, SEGMENT
from reports.segments.figures import SegmentFigures, ValueRow, comparable, figures_by_time, segment_figures
from reports.segments.from_messages import MAX_DAYS, SECONDS, may_be_read
from reports.segments.keys_api import give_up, keys_of, page_of_texts
from reports.segments.serializers import SegmentAnswer, SegmentKeyAnswer
from reports.segments.texts import pair_sentence

TIMES = ("day", "month")
_PATH = {"key": Parameter(name="key", text="The key.", example="shop")}


class SegmentView(ApiView):
    """The figures of one key by its values; DELETE gives it up."""

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
            path=_PATH,
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
                Parameter(
                    name="a",
                    text="A value that is compared with `b` by the delivery rate: `comparison` of the answer.",
                    example="north",
                ),
                Parameter(name="b", text="The other value.", example="south"),
                CURSOR,
                SIZE,
                replace(WORDS_LANG, text="The language of the comparison's sentence, and of CSV."),
            ),
            sample={"period": "last_month"},
            answer=SegmentAnswer,
            answer_text="A page of values.",
            answer_example=SEGMENT,
            problems=("too-slow",),
        ),
        "DELETE": Operation(
            id="give_up_segment_key",
            tag="Segments",
            summary="Give up a segment key",
            text=(
                "Search and count by the key no longer: its figures are deleted, which nothing undoes but choosing it"
                " and counting again. Messages keep their custom parameters. Without `tenant` it is the key of the API"
                " key's own tenant. A key of a gateway account cannot give one up."
            ),
            scope=SETTINGS,
            path=_PATH,
            parameters=(TENANT,),
            answer=SegmentKeyAnswer,
            answer_text="The key, with the tenants that still have it.",
            answer_example=GIVEN_UP,
        ),
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
        page, cursor = page_of_texts(sorted(shown), self.given)
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
                "comparison": self._comparison(found),
                "data": [self._row(rows[value], at, shown[value, at]) for value, at in page],
                "next_cursor": cursor,
            }
        )

    def delete(self, request: Request, key: str) -> Response:
        return self.answer(give_up(self.access, key, self.given.tenants(self.access)))

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

    def _comparison(self, found: SegmentFigures) -> dict | None:
        """Return the values `a` and `b` compared, as the page compares them; None without them."""
        if "a" not in self.given and "b" not in self.given:
            return None
        known = comparable(found, self.access.masking)
        names = ("a", "b")
        for name in names:
            if self.given.text(name) not in known:
                raise BadParameter(name, "a value of the key that has figures of its own in this period")
        first, second = (known[self.given.text(name)] for name in names)
        if first is second:
            raise BadParameter("b", "another value than “a”")
        difference = pair(found.rates, first.value, second.value)
        with translation.override(self.lang or "en"):
            sentence = pair_sentence(first, second, difference)
        none = dict.fromkeys(("difference", "interval", "p_value", "is_sure", "is_exact"))
        compared = none if difference is None else _difference(difference)
        return {"a": first.value, "b": second.value, "sentence": sentence} | compared

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

"""GET /api/v1/segment-tables/: figures by the values of two segment keys, as the page's table has them."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from deliveries.search.find import SearchTooSlow
from deliveries.search.number_searches_api import count_searches
from portal.api.operations import Operation
from portal.api.parameters import ACCOUNT, FROM, PERIOD, TENANT, TO, Parameter
from portal.api.problems import BadParameter, TooSlow
from portal.api.serializers import CountedSerializer
from portal.api.views import ApiView
from reports.figures.as_json import figures
from reports.figures.examples import FIGURES
from reports.figures.finality import provisional_from
from reports.figures.query import StatisticsError, StatisticsQuery
from reports.figures.serializers import FiguresSerializer
from reports.segments.cross import MAX_COLUMNS, MAX_ROWS, REST_LABEL, cross_table
from reports.segments.from_messages import MAX_DAYS, SECONDS, may_be_read
from reports.segments.keys_api import keys_of

_VALUE = (
    "`(none)`: messages without the key. `(other)`: values beyond the first 1,000 of a month. `(small)`: values of few"
    " recipients together. Null: all others together."
)


class ValueSumAnswer(serializers.Serializer):
    """The figures of one value of one of the keys."""

    value = serializers.CharField(allow_null=True, help_text=_VALUE)
    figures = FiguresSerializer(help_text="All its messages, those of hidden cells too.")


class CellAnswer(serializers.Serializer):
    """The messages that have both values."""

    value = serializers.CharField(allow_null=True, help_text="The value of `key`, as in `rows`.")
    by_value = serializers.CharField(allow_null=True, help_text="The value of `by`, as in `columns`.")
    is_hidden = serializers.BooleanField(
        help_text="Fewer than 10 recipients have both, or another cell could be worked out from it."
    )
    figures = FiguresSerializer(allow_null=True, help_text="Null: hidden.")


class SegmentTableAnswer(CountedSerializer):
    """A table of two keys."""

    key = serializers.CharField(help_text="The key of the rows.")
    by = serializers.CharField(help_text="The key of the columns.")
    to = serializers.DateField(help_text="Last day.")
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    total = FiguresSerializer(help_text="The sum of all cells.")
    rows = ValueSumAnswer(many=True, help_text="The values of `key`, the largest first.")
    columns = ValueSumAnswer(many=True, help_text="The values of `by`, the largest first.")
    data = CellAnswer(many=True, help_text="Cells with messages, row by row.")  # type: ignore[assignment]  # Serializer has the name, too

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()


class SegmentTableView(ApiView):
    """Figures by two segment keys."""

    operations = {
        "GET": Operation(
            id="get_segment_table",
            tag="Segments",
            summary="Get a table of two keys",
            text=(
                "Figures by the values of two keys, read from the messages of a campaign, or of at most"
                f" {MAX_DAYS} days,"
                " of the tenants that have chosen both. Deleted messages are missing. Rows beyond"
                f" {MAX_ROWS} and columns beyond {MAX_COLUMNS} are one. Keys without the scope `numbers` get no cell of"
                " fewer than 10 recipients, and possible phone numbers in values masked."
            ),
            parameters=(
                Parameter(name="key", text="The key of the rows.", example="shop", required=True),
                Parameter(name="by", text="The key of the columns.", example="tier", required=True),
                PERIOD,
                FROM,
                TO,
                TENANT,
                ACCOUNT,
                Parameter(name="campaign", text="Only this campaign, by its name.", example="October sale"),
            ),
            sample={"key": "shop", "by": "tier", "period": "last_month"},
            answer=SegmentTableAnswer,
            answer_text="The table.",
            answer_example={
                "key": "shop", "by": "tier", "from": "2026-10-01", "to": "2026-10-31",
                "data_as_of": "2026-11-05T06:15:02.123456Z", "timezone": "Europe/Helsinki", "provisional_from": None,
                "total": FIGURES, "rows": [{"value": "Tampere", "figures": FIGURES}],
                "columns": [{"value": "gold", "figures": FIGURES}],
                "data": [{"value": "Tampere", "by_value": "gold", "is_hidden": False, "figures": FIGURES}],
            },
            problems=("too-slow",),
        )
    }  # fmt: skip

    def get(self, request: Request) -> Response:
        keys, own, as_of = self._keys(), self.access.tenant, no_writes_before()
        assert own is not None  # every key has one
        query = self._query(keys)
        try:
            table = cross_table(query, (keys[0], keys[1]), merge_small=not self.access.masking.in_full)
        except SearchTooSlow as error:
            raise TooSlow(f"Reading the messages took more than {SECONDS:g} seconds.") from error
        except StatisticsError as error:
            raise BadParameter(error.name, str(error)) from error
        cells = [(row, column) for row in table.rows for column in table.columns if (row, column) in table.cells]
        return self.answer(
            {
                "key": keys[0],
                "by": keys[1],
                "from": query.first,
                "to": query.last,
                "timezone": own.timezone,
                "data_as_of": as_of,
                "provisional_from": provisional_from(
                    tenant_ids=query.tenant_ids, first=query.first, last=query.last, now=timezone.now()
                ),
                "total": figures(table.total),
                "rows": [{"value": self._label(one), "figures": figures(table.row_sums[one])} for one in table.rows],
                "columns": [
                    {"value": self._label(one), "figures": figures(table.column_sums[one])} for one in table.columns
                ],
                "data": [
                    {
                        "value": self._label(row),
                        "by_value": self._label(column),
                        "is_hidden": (kpis := table.cells[row, column]) is None,
                        "figures": None if kpis is None else figures(kpis),
                    }
                    for row, column in cells
                ],
            }
        )

    def _label(self, value: str) -> str | None:
        return None if value == REST_LABEL else self.access.masking.text(value)

    def _keys(self) -> list[str]:
        keys = [self.given.text(name) for name in ("key", "by")]
        if keys[0] == keys[1]:
            raise BadParameter("by", "another key than “key”")
        return keys

    def _query(self, keys: list[str]) -> StatisticsQuery:
        tenants, period = self.given.tenants(self.access), self.given.period(self.access)
        tenant_ids = set(self.access.tenant_ids if tenants is None else tenants.values())
        known = keys_of(self.access, tenant_ids)
        for name, key in zip(("key", "by"), keys, strict=True):
            if key not in known or not known[key].counted:
                raise BadParameter(name, "no segment key of this name with figures")
            tenant_ids &= known[key].counted
        if not tenant_ids:
            raise BadParameter("by", "no tenant has figures by both keys")
        filters: dict[str, Any] = {}
        if campaign := self.given.text("campaign"):
            count_searches(self.request, [("campaign", campaign)])
            filters["campaign"] = [campaign]
        query = StatisticsQuery(
            tenant_ids=sorted(tenant_ids),
            first=period.first,
            last=period.last,
            filters=filters,
            account_id=self.given.account_id(self.access),
        )
        if not may_be_read(query):
            raise BadParameter("campaign", f"needed for more than {MAX_DAYS} days, since the messages are read")
        return query

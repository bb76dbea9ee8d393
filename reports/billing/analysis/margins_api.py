"""/api/v1/billing/margins/: sale, cost and margin of the key's customers in a period."""

from dataclasses import asdict
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from deliveries.partner_ids.with_numbers import telling_partner_ids
from deliveries.search.number_searches_api import count_searches
from portal.api.operations import BILLING, Operation
from portal.api.parameters import FROM, PERIOD, TO, Parameter
from portal.api.serializers import CountedSerializer
from portal.api.views import ApiView
from reports.billing.closings_api import issuer_of
from reports.figures.masked_names import masked_key, partner_ids_of
from reports.figures.query import StatisticsQuery
from reports.pricing.as_json import costs_json
from reports.pricing.examples import COSTS
from reports.pricing.money import minor_decimal
from reports.pricing.partners import GROUPS, PartnerRow, partner_rows
from reports.pricing.serializers import CostsSerializer

MAX_GROUPS = 500
FILTERS = ("country", "operator")


class MarginAnswer(serializers.Serializer):
    """Sale less cost."""

    currency = serializers.CharField(help_text="ISO 4217.")
    amount = serializers.DecimalField(max_digits=None, decimal_places=None, help_text="Sale less cost.")
    share = serializers.FloatField(allow_null=True, help_text="As a share of the sale; null if that is nothing.")


class SidesAnswer(serializers.Serializer):
    """Sale, cost and margin of some messages."""

    sale = CostsSerializer(help_text="What the customers are charged.")
    cost = CostsSerializer(help_text="What the key's tenant is charged for the same messages.")
    margin = MarginAnswer(
        allow_null=True,
        help_text="Null unless sale and cost are in one currency, the same, and all messages have both.",
    )


class MarginGroupAnswer(SidesAnswer):
    """Those of a group."""

    key = serializers.DictField(child=serializers.CharField(allow_blank=True), help_text="What the group is by.")


class MarginsAnswer(CountedSerializer):
    """Margins of a period, in total and by group."""

    to = serializers.DateField(help_text="Last day.")
    by = serializers.ChoiceField(choices=list(GROUPS), help_text="What groups are by.")
    total = SidesAnswer(help_text="All groups together.")
    groups = MarginGroupAnswer(many=True, help_text=f"The groups, the greatest sale first; at most {MAX_GROUPS}.")
    more_groups = serializers.IntegerField(help_text="Number of further groups, which are in the total alone.")

    def get_fields(self) -> dict[str, serializers.Field]:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()


_SIDES = {
    "sale": COSTS["costs"],
    "cost": COSTS["costs"],
    "margin": {"currency": "EUR", "amount": "0.00", "share": 0.0},
}


class MarginsView(ApiView):
    """Margins of the key's customers."""

    operations = {
        "GET": Operation(
            id="get_margins",
            tag="Price lists",
            summary="Margins of customers",
            text=(
                "What the key's tenant charges the customers directly below it, and what it is charged for their"
                " messages, with those of the customers below these. Before VAT, and without monthly fees. The messages"
                " of the key's tenant itself are no customer's."
            ),
            scope=BILLING,
            parameters=(
                PERIOD,
                FROM,
                TO,
                Parameter(
                    name="by", text="What groups are by.", kind="choice", choices=tuple(GROUPS), default="customer",
                    example="country",
                ),
                Parameter(
                    name="country", text="Only these countries (alpha-2).", kind="country", repeatable=True,
                    example=["FI"],
                ),
                Parameter(name="operator", text="Only these operators.", repeatable=True, example=["fi.elisa"]),
            ),
            sample={"period": "last_month", "by": "country"},
            answer=MarginsAnswer,
            answer_text="The margins.",
            answer_example={
                "from": "2026-10-01",
                "to": "2026-10-31",
                "data_as_of": "2026-11-05T06:00:00.123456Z",
                "timezone": "Europe/Helsinki",
                "by": "country",
                "total": _SIDES,
                "groups": [{"key": {"country": "FI"}} | _SIDES],
                "more_groups": 0,
            },
        )
    }  # fmt: skip

    def get(self, request: Request) -> Response:
        parent, period, by = issuer_of(self.access), self.given.period(self.access), self.given.choice("by")
        assert by is not None  # it has a default
        as_of = no_writes_before()
        filters = {name: found for name in FILTERS if (found := self.given.texts(name))}
        count_searches(request, [("operator", text) for text in filters.get("operator", ())])
        query = StatisticsQuery(
            tenant_ids=self.access.tenant_ids, first=period.first, last=period.last, filters=filters, with_latency=False
        )
        rows, whole = partner_rows(parent, query, by)
        shown = rows[:MAX_GROUPS]
        groups = [{"key": key} | _sides(row) for key, row in zip(self._keys(shown, by), shown, strict=True)]
        return self.answer(
            {"from": period.first, "to": period.last, "by": by, "total": _sides(whole), "groups": groups}
            | {"more_groups": len(rows) - len(shown), "data_as_of": as_of, "timezone": parent.timezone}
        )

    def _keys(self, rows: list[PartnerRow], by: str) -> list[dict[str, Any]]:
        if by == "customer":
            return [{"customer": row.key[0].slug} for row in rows]
        keys = [dict(zip(GROUPS[by], row.key, strict=True)) for row in rows]
        masking, telling = self.access.masking, frozenset[str]()
        if not masking.in_full:
            telling = telling_partner_ids(partner_ids_of(keys), tenant_ids=self.access.tenant_ids)
        return [masked_key(key, masking, telling) for key in keys]


def _sides(row: PartnerRow) -> dict[str, Any]:
    margin = row.margin
    return {
        "sale": costs_json(row.sale),
        "cost": costs_json(row.cost),
        "margin": margin and asdict(margin) | {"amount": minor_decimal(margin.amount, margin.currency)},
    }

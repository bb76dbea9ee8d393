"""/api/v1/billing/what-if/: the last 12 months under another price list, or with prices changed by percent."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from portal.api.operations import BILLING, Operation
from portal.api.parameters import Parameter, today
from portal.api.problems import BadParameter
from portal.api.serializers import CountedSerializer
from portal.api.views import ApiView
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.analysis.comparing import ComparedAmount, compare, present_tariff, tariff_under
from reports.billing.analysis.issued import IssuedMonth
from reports.billing.analysis.what_if_form import MAX_PERCENT
from reports.billing.closings_api import issuer_of
from reports.billing.prices.reading import accounts_of, customers_of, given_to, issued_by
from reports.models import PriceList
from reports.pricing.money import minor_decimal


def _amount(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=None, decimal_places=None, help_text=text)


class ComparedTotalAnswer(serializers.Serializer):
    """Amounts in one currency, before VAT, rounded as on a statement, with fees and minimums."""

    currency = serializers.CharField(help_text="ISO 4217.")
    present = _amount("By the present prices.")
    other = _amount("By the other prices.")
    difference = _amount("How much more the other prices are.")
    share = serializers.FloatField(
        allow_null=True, help_text="The difference as a share of `present`; null of nothing."
    )


class ComparedMonthAnswer(ComparedTotalAnswer):
    """Those of a month."""

    month = serializers.CharField(help_text="The month.")


class IssuedMonthAnswer(serializers.Serializer):
    """A statement of a month; `net` less `corrections`, with `counts` and `prices`, is `present`."""

    month = serializers.CharField(help_text="The month.")
    number = serializers.CharField(help_text="The statement's number.")
    currency = serializers.CharField(help_text="ISO 4217.")
    net = _amount("Net sum of the statement.")
    corrections = _amount("Corrections of earlier months on it.")
    counts = _amount("What is counted otherwise since it was issued, at its prices.")
    prices = _amount("What prices and fees that changed since make of it.")
    present = _amount("The month by the present prices.")


class UnpricedMonthAnswer(serializers.Serializer):
    """Messages of a month that no list has a price for; they are in no amount."""

    month = serializers.CharField(help_text="The month.")
    present = serializers.IntegerField(help_text="By the present prices.")
    other = serializers.IntegerField(help_text="By the other prices.")


class WhatIfAnswer(CountedSerializer):
    """Months under the present prices and under others."""

    months = ComparedMonthAnswer(many=True, help_text="By month and currency, the newest first.")
    totals = ComparedTotalAnswer(many=True, help_text="All months together, by currency.")
    issued = IssuedMonthAnswer(many=True, help_text="The statements that were issued for these months.")
    unpriced = UnpricedMonthAnswer(many=True, help_text="Months with messages that have no price.")


_TOTAL = {"currency": "EUR", "present": "447.82", "other": "470.21", "difference": "22.39", "share": 0.05}
_EXAMPLE = {
    "data_as_of": "2026-11-05T06:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "months": [_TOTAL | {"month": "2026-10"}],
    "totals": [_TOTAL],
    "issued": [],
    "unpriced": [],
}


class WhatIfView(ApiView):
    """Months under other prices; nothing is stored."""

    operations = {
        "GET": Operation(
            id="get_what_if",
            tag="Price lists",
            summary="What months would have cost",
            text=(
                "The last 12 whole months as they are charged and under other prices: those of `price_list`, or the"
                " present ones, changed by `percent`. Of the key's tenant as its provider charges it, of a `customer`"
                " directly below it, or of an `account` that it owns as the gateway charges it. Nothing is stored."
            ),
            scope=BILLING,
            parameters=(
                Parameter(name="customer", text="The months of this customer, by slug.", example="nordic-retail"),
                Parameter(name="account", text="The gateway's charges for this account, by name.", example="link-main"),
                Parameter(
                    name="price_list", kind="number", example=17,
                    text="The `id` of an active list that the key's tenant issues or is charged by.",
                ),
                Parameter(
                    name="percent", kind="number", least=-100, most=MAX_PERCENT, default=0, example=5,
                    text="By how many percent each price of a message or SMS part is changed.",
                ),
            ),
            sample={"percent": 5},
            answer=WhatIfAnswer,
            answer_text="The months compared.",
            answer_example=_EXAMPLE,
        )
    }  # fmt: skip

    def get(self, request: Request) -> Response:
        tenant, as_of = issuer_of(self.access), no_writes_before()
        of, price_list = self._of(tenant), self._price_list(tenant)
        other = tariff_under(price_list, present_tariff(tenant, of), self.given.number("percent") or 0)
        found = compare(tenant, of, other, today=today(self.access))
        return self.answer(
            {
                "data_as_of": as_of,
                "timezone": tenant.timezone,
                "months": [{"month": row.name} | _compared(row) for row in found.rows],
                "totals": [_compared(row) for row in found.totals],
                "issued": [_issued(one) for one in found.issued],
                "unpriced": [dict(zip(("month", "present", "other"), row, strict=True)) for row in found.unpriced],
            }
        )

    def _of(self, tenant: Tenant) -> Tenant | GatewayAccount:
        customer, account = self.given.text("customer"), self.given.text("account")
        if customer and account:
            raise BadParameter("account", "either a customer or an account")
        if account:
            if (found := accounts_of(tenant).filter(name=account).first()) is None:
                raise BadParameter("account", "no gateway account of this name that the key's tenant owns")
            return found
        if not customer:
            return tenant
        if (payer := customers_of(tenant).filter(slug=customer).first()) is None:
            raise BadParameter("customer", "no customer of this name directly below the key's tenant")
        return payer

    def _price_list(self, tenant: Tenant) -> PriceList | None:
        if (number := self.given.number("price_list")) is None:
            return None
        for lists in (issued_by(tenant).filter(archived_at=None), given_to(tenant)):
            if (found := lists.filter(pk=number).first()) is not None:
                return found
        raise BadParameter("price_list", "no active list of this id that the key's tenant issues or is charged by")


def _compared(row: ComparedAmount) -> dict[str, Any]:
    sides = {name: getattr(row, name) for name in ("present", "other", "difference")}
    return _money(sides, row.currency) | {"share": row.share}


def _issued(one: IssuedMonth) -> dict[str, Any]:
    names = ("corrections", "counts", "prices", "present")
    amounts = {"net": one.statement.net} | {name: getattr(one, name) for name in names}
    about = {"month": f"{one.statement.month:%Y-%m}", "number": one.statement.number}
    return about | _money(amounts, one.statement.currency)


def _money(amounts: dict[str, int], currency: str) -> dict[str, Any]:
    return {"currency": currency} | {name: minor_decimal(minor, currency) for name, minor in amounts.items()}

"""GET /api/v1/reports/forecast/: the forecast of the running month."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.messages.slices import no_writes_before
from portal.api.operations import Operation
from portal.api.parameters import BELOW
from portal.api.serializers import CountedSerializer
from portal.api.views import ApiView
from reports.forecast.cost_forecast import CostForecast
from reports.forecast.month_costs import MonthCosts, month_costs
from reports.forecast.month_forecast import MonthForecast
from reports.forecast.selectors import running_month
from reports.pricing.money import minor_decimal
from reports.pricing.rights import seen_payer

_EXAMPLE = {
    "data_as_of": "2026-11-20T06:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "month": "2026-11",
    "today": "2026-11-20",
    "messages": {"known": 7400, "expected": 12400, "low": 11900, "high": 13000},
    "parts": {"known": 7900, "expected": 13100, "low": 12500, "high": 13800},
    "past": [{"month": "2026-10", "expected": 11000, "low": 10400, "high": 11700, "actual": 11400, "error": -0.035088}],
    "costs": {
        "amounts": [
            {
                "currency": "EUR",
                "known": "513.50",
                "expected": "851.50",
                "low": "812.50",
                "high": "897.00",
                "is_average": False,
            }
        ],
        "past": [
            {
                "month": "2026-10",
                "currency": "EUR",
                "expected": "715.00",
                "low": "676.00",
                "high": "760.50",
                "actual": "741.00",
                "error": -0.035088,
            }
        ],
    },
}


class _ForecastSerializer(serializers.Serializer):
    known = serializers.IntegerField(help_text="Counted on the days before `today`.")
    expected = serializers.IntegerField(help_text="Expected in the whole month.")
    low = serializers.IntegerField(help_text="Lower end of the 80% interval.")
    high = serializers.IntegerField(help_text="Upper end of the 80% interval.")


class _PastSerializer(serializers.Serializer):
    month = serializers.RegexField(r"^[0-9]{4}-[0-9]{2}$", help_text="An ended month.")
    expected = serializers.IntegerField(help_text="Messages that the forecast of the same day would have expected.")
    low = serializers.IntegerField(help_text="Lower end of its 80% interval.")
    high = serializers.IntegerField(help_text="Upper end of its 80% interval.")
    actual = serializers.IntegerField(help_text="Messages of the month.")
    error = serializers.FloatField(allow_null=True, help_text="Expected minus actual, divided by actual.")


def _amount(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=None, decimal_places=None, help_text=text)


class _CostSerializer(serializers.Serializer):
    currency = serializers.CharField(help_text="ISO 4217.")
    known = _amount("What the messages of the days before `today` cost.")
    expected = _amount("Expected of the whole month.")
    low = _amount("Lower end of the 80% interval.")
    high = _amount("Upper end of the 80% interval.")
    is_average = serializers.BooleanField(
        help_text="Prices that depend on the quantity of the month are in it: an approximation at their average price."
    )


class _PastCostSerializer(serializers.Serializer):
    month = serializers.RegexField(r"^[0-9]{4}-[0-9]{2}$", help_text="An ended month.")
    currency = serializers.CharField(help_text="ISO 4217.")
    expected = _amount("Cost that the forecast of the same day would have expected.")
    low = _amount("Lower end of its 80% interval.")
    high = _amount("Upper end of its 80% interval.")
    actual = _amount("Cost of the month by today's price lists.")
    error = serializers.FloatField(allow_null=True, help_text="Expected minus actual, divided by actual.")


class MonthCostsSerializer(serializers.Serializer):
    """Forecast of the running month's cost, before VAT and without monthly fees."""

    amounts = _CostSerializer(many=True, help_text="One for each currency; currencies are never added.")
    past = _PastCostSerializer(many=True, help_text="Forecasts of ended months, made on the same day; newest first.")


class RunningMonthSerializer(CountedSerializer):
    """Forecast of the running month; null below eight weeks of messages."""

    month = serializers.RegexField(r"^[0-9]{4}-[0-9]{2}$", allow_null=True, help_text="The running month.")
    today = serializers.DateField(allow_null=True, help_text="The first day that is forecast.")
    messages = _ForecastSerializer(allow_null=True, help_text="Messages.")
    parts = _ForecastSerializer(allow_null=True, help_text="SMS parts.")
    past = _PastSerializer(many=True, help_text="Forecasts of ended months, made on the same day; newest first.")
    costs = MonthCostsSerializer(allow_null=True, help_text="Null without the scope `billing` or a price list.")


class ForecastView(ApiView):
    """Forecast of the running month."""

    operations = {
        "GET": Operation(
            id="get_forecast",
            tag="Reports",
            summary="Forecast of the running month",
            text=(
                "Messages and SMS parts that are expected in the running month, with an 80% interval. The forecast"
                " comes from the weekdays of the last eight weeks; holidays are not known to it. With the scope"
                " `billing` also what they are expected to cost, at the average price of the last 28 days. With less"
                " than eight weeks of messages the forecast is null. It is of the tenant and of all below it."
            ),
            parameters=(BELOW,),
            answer=RunningMonthSerializer,
            answer_text="The forecast.",
            answer_example=_EXAMPLE,
        )
    }

    def get(self, request: Request) -> Response:
        access, as_of = self.given.of_tenant(self.access), no_writes_before()
        tenant = access.tenant
        assert tenant is not None  # every key has one: an account's has its pool, which is in the account's zone
        account_id = access.account.id if access.account else None
        found = running_month(
            tenant_ids=access.tenant_ids, timezone=tenant.timezone, now=timezone.now(), account_id=account_id
        )
        answered = {"data_as_of": as_of, "timezone": tenant.timezone}
        if found is None:
            nothing = dict.fromkeys(("month", "today", "messages", "parts", "costs"))
            return self.answer(answered | nothing | {"past": []})
        payer = seen_payer(access)
        return self.answer(
            answered
            | {
                "month": str(found.month),
                "today": found.today,
                "messages": _shown(found.messages),
                "parts": _shown(found.parts),
                "past": [
                    {
                        "month": str(past.month),
                        "expected": past.forecast.expected,
                        "low": past.forecast.low,
                        "high": past.forecast.high,
                        "actual": past.actual,
                        "error": past.error if past.error is None else round(past.error, 6),
                    }
                    for past in found.past
                ],
                "costs": _costs(month_costs(found, payer)) if payer else None,
            }
        )


def _costs(found: MonthCosts) -> dict:
    return {
        "amounts": [
            {"currency": one.currency, "is_average": one.is_average} | _money(one, "known", "expected", "low", "high")
            for one in found.forecasts
        ],
        "past": [
            {
                "month": str(past.month),
                "currency": past.forecast.currency,
                "actual": minor_decimal(past.actual, past.forecast.currency),
                "error": past.error if past.error is None else round(past.error, 6),
            }
            | _money(past.forecast, "expected", "low", "high")
            for past in found.past
        ],
    }


def _money(one: CostForecast, *names: str) -> dict:
    return {name: minor_decimal(getattr(one, name), one.currency) for name in names}


def _shown(forecast: MonthForecast) -> dict[str, int]:
    return {name: getattr(forecast, name) for name in ("known", "expected", "low", "high")}

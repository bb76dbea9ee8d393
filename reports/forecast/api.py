"""GET /api/v1/reports/forecast/: the forecast of the running month."""

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from portal.api.operations import Operation
from portal.api.views import ApiView
from reports.forecast.month_forecast import MonthForecast
from reports.forecast.selectors import running_month

_EXAMPLE = {
    "month": "2026-11",
    "today": "2026-11-20",
    "messages": {"known": 7400, "expected": 12400, "low": 11900, "high": 13000},
    "parts": {"known": 7900, "expected": 13100, "low": 12500, "high": 13800},
    "past": [{"month": "2026-10", "expected": 11000, "low": 10400, "high": 11700, "actual": 11400, "error": -0.035088}],
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


class RunningMonthSerializer(serializers.Serializer):
    """Forecast of the running month; all null below eight weeks of messages."""

    month = serializers.RegexField(r"^[0-9]{4}-[0-9]{2}$", allow_null=True, help_text="The running month.")
    today = serializers.DateField(allow_null=True, help_text="The first day that is forecast.")
    messages = _ForecastSerializer(allow_null=True, help_text="Messages.")
    parts = _ForecastSerializer(allow_null=True, help_text="SMS parts.")
    past = _PastSerializer(many=True, help_text="Forecasts of ended months, made on the same day; newest first.")


class ForecastView(ApiView):
    """Forecast of the running month."""

    operations = {
        "GET": Operation(
            id="get_forecast",
            tag="Reports",
            summary="Forecast of the running month",
            text=(
                "Messages and SMS parts that are expected in the running month, with an 80% interval. The forecast"
                " comes from the weekdays of the last eight weeks; holidays are not known to it. With less than eight"
                " weeks of messages all fields are null."
            ),
            answer=RunningMonthSerializer,
            answer_text="The forecast.",
            answer_example=_EXAMPLE,
        )
    }

    def get(self, request: Request) -> Response:
        access = self.access
        tenant = access.tenant
        assert tenant is not None  # every key has one: an account's has its pool, which is in the account's zone
        account_id = access.account.id if access.account else None
        found = running_month(
            tenant_ids=access.tenant_ids, timezone=tenant.timezone, now=timezone.now(), account_id=account_id
        )
        if found is None:
            return self.answer({"month": None, "today": None, "messages": None, "parts": None, "past": []})
        return self.answer(
            {
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
            }
        )


def _shown(forecast: MonthForecast) -> dict[str, int]:
    return {name: getattr(forecast, name) for name in ("known", "expected", "low", "high")}

"""Bodies and answers about budgets."""

from rest_framework import serializers

from deliveries.partner_ids.serializers import Text
from portal.api.serializers import ChangePageSerializer, CountedSerializer
from reports.billing.prices.rest_rows import Amount
from reports.budgets.changing import MAX_UNITS
from reports.models import Budget
from reports.models.budgets import THRESHOLDS
from reports.pricing.serializers import UnchargedSerializer


def _amount(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=None, decimal_places=None, help_text=text)


class BudgetBody(serializers.Serializer):
    """A budget as it is created or changed; without days it is for each calendar month."""

    name = Text(max_length=120, help_text="Its name, without phone numbers.")
    scope = serializers.ChoiceField(
        choices=Budget.Scope.values, required=False, help_text="Which messages it is about. Default: all."
    )
    partner_id = Text(
        max_length=256, required=False, help_text="With the scope `partner_id`: one of the key's tenants has it."
    )
    campaign = Text(
        max_length=256,
        required=False,
        help_text="With the scope `campaign`: the name of a campaign of the key's tenant.",
    )
    amount = Amount(
        help_text=f"Above 0, in the currency's unit and with its decimals at most; at most {MAX_UNITS:,}.",
    )
    currency = Text(min_length=3, max_length=3, help_text="ISO 4217. Costs in other currencies are not in the budget.")
    first_day = serializers.DateField(
        allow_null=True, required=False, help_text="For a budget of some days, with `last_day`; null: each month."
    )
    last_day = serializers.DateField(allow_null=True, required=False, help_text="At most 366 days from `first_day` on.")
    thresholds = serializers.ListField(
        child=serializers.ChoiceField(choices=THRESHOLDS),
        required=False,
        max_length=len(THRESHOLDS),
        help_text="Percents of the amount that open alerts. Default: all.",
    )


class BudgetForecastAnswer(serializers.Serializer):
    """Cost expected at the end of the period."""

    expected = _amount("Expected.")
    low = _amount("Lower end of the 80% interval.")
    high = _amount("Upper end of the 80% interval.")
    is_average = serializers.BooleanField(help_text="Prices by quantity are in it at their average: an approximation.")


class OtherCostAnswer(serializers.Serializer):
    """Cost in another currency, which is not in the budget."""

    currency = serializers.CharField(help_text="ISO 4217.")
    cost = _amount("What messages with prices in this currency cost.")


class SpendingAnswer(serializers.Serializer):
    """State of a budget in its period, by today's price lists."""

    to = serializers.DateField(help_text="Last day of the period.")
    spent = _amount("Cost of the messages so far.")
    percent = serializers.IntegerField(help_text="Part of the amount that was spent, in whole percents, rounded down.")
    unpriced = UnchargedSerializer(help_text="Messages without a price, which are in no amount.")
    others = OtherCostAnswer(many=True, help_text="Costs in other currencies.")
    is_average = serializers.BooleanField(help_text="Prices that depend on the quantity of the month are in it.")
    forecast = BudgetForecastAnswer(
        allow_null=True, help_text="Null with less than eight weeks of messages, and outside of the period."
    )

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day of the period.")} | super().get_fields()


class BudgetAnswer(serializers.Serializer):
    """A budget with what was spent."""

    id = serializers.IntegerField(help_text="Its id.")
    tenant = serializers.CharField(help_text="The tenant, by slug.")
    name = serializers.CharField(help_text="Its name.")
    scope = serializers.ChoiceField(choices=Budget.Scope.values, help_text="Which messages it is about.")
    partner_id = serializers.CharField(allow_null=True, help_text="The partner ID.")
    campaign = serializers.CharField(allow_null=True, help_text="The campaign, by name.")
    amount = _amount("What is meant to be spent at most.")
    currency = serializers.CharField(help_text="ISO 4217.")
    first_day = serializers.DateField(allow_null=True, help_text="First day; null: each calendar month.")
    last_day = serializers.DateField(allow_null=True, help_text="Last day; null: each calendar month.")
    thresholds = serializers.ListField(child=serializers.IntegerField(), help_text="Percents that open alerts.")
    created_at = serializers.DateTimeField(help_text="When it was created.")
    retired_at = serializers.DateTimeField(allow_null=True, help_text="When it was retired.")
    spending = SpendingAnswer(allow_null=True, help_text="Null of a retired budget, and without a price list.")


class OneBudgetAnswer(BudgetAnswer, CountedSerializer):
    """A budget with what was spent, and when that was counted."""


class BudgetsAnswer(ChangePageSerializer):
    """A page of budgets."""

    timezone = serializers.CharField(help_text="The zone of days: the tenant's.")  # type: ignore[assignment]  # not of times
    data = BudgetAnswer(many=True, help_text="Budgets.")  # type: ignore[assignment]  # Serializer has the name, too

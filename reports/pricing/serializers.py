"""The shape of costs in the API."""

from rest_framework import serializers


def _amount(text: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=None, decimal_places=None, help_text=text)


class AmountsSerializer(serializers.Serializer):
    """Amounts in one currency, in its unit, as texts with all decimals."""

    currency = serializers.CharField(help_text="ISO 4217.")
    cost = _amount("All messages that have a price, before VAT and without monthly fees.")
    of_failed = _amount("The part for messages that failed, expired or were rejected.")
    of_billed_undelivered = _amount("The part of `of_failed` for the result code 1009.")
    of_unknown = _amount("The part for messages whose result is uncertain.")
    per_delivered = serializers.DecimalField(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text="The cost divided by delivered messages that have a price, with six decimals; null without any.",
    )
    is_average = serializers.BooleanField(
        help_text="Prices that depend on the quantity of the month are in it, at the average of the month to date."
    )


class UnchargedSerializer(serializers.Serializer):
    """Messages without a cost."""

    messages = serializers.IntegerField(help_text="Messages.")
    parts = serializers.IntegerField(help_text="Their SMS parts.")


class CostsSerializer(serializers.Serializer):
    """Tells what messages cost the tenant of the key, with those of all tenants below it, by its price lists."""

    amounts = AmountsSerializer(many=True, help_text="One for each currency; currencies are never added.")
    unpriced = UnchargedSerializer(help_text="Messages that no price list has a price for; they are in no amount.")
    elsewhere = UnchargedSerializer(
        help_text="Messages on gateway accounts of tenants below, which these pay themselves; they are in no amount."
    )

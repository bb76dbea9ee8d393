"""Exchange rates as the API takes and shows them."""

from rest_framework import serializers

from deliveries.partner_ids.serializers import Day
from portal.api.serializers import ChangePageSerializer

MAX_RATES = 500  # of one body
CURRENCY = "^[A-Z]{3}$"
RATE = {
    "id": 12,
    "day": "2026-10-30",
    "base": "EUR",
    "quote": "SEK",
    "rate": "11.2345",
    "entered_by": "billing (srk_4fT9aQx1…)",
    "entered_at": "2026-10-30T16:00:00Z",
    "url": "/api/v1/exchange-rates/12/",
}
ENTERED = {"changed": 1, "rates": [RATE]}


class RateBody(serializers.Serializer):
    """Units of one currency for one of another on a day."""

    day = Day(help_text="The day of the rate.")
    base = serializers.RegexField(CURRENCY, help_text="One unit of this currency (ISO 4217) …")
    quote = serializers.RegexField(CURRENCY, help_text="… in this one.")
    rate = serializers.RegexField(
        r"^[0-9]{1,10}(\.[0-9]{1,9})?$", help_text="Units of `quote` for one of `base`, such as `11.2345`."
    )


class RatesBody(serializers.Serializer):
    """Rates to enter."""

    rates = RateBody(  # type: ignore[call-arg]  # with many=True it takes what the list does
        many=True, allow_empty=False, max_length=MAX_RATES, help_text="The rates, each of another day or currency."
    )


class RateAnswer(serializers.Serializer):
    """An exchange rate."""

    id = serializers.IntegerField(help_text="Its id.")
    day = serializers.DateField(help_text="The day of the rate.")
    base = serializers.CharField(help_text="One unit of this currency …")
    quote = serializers.CharField(help_text="… in this one.")
    rate = serializers.CharField(help_text="Units of `quote` for one of `base`.")
    entered_by = serializers.CharField(help_text="The key or the person that entered it.")
    entered_at = serializers.DateTimeField(help_text="When it was entered.")
    url = serializers.CharField(help_text="Its address.")


class RatesAnswer(ChangePageSerializer):
    """A page of rates, newest first."""

    data = RateAnswer(many=True, help_text="The rates.")  # type: ignore[assignment]  # Serializer has the name


class EnteredRatesAnswer(serializers.Serializer):
    """The rates of a body as they are now."""

    changed = serializers.IntegerField(help_text="How many of them were others before.")
    rates = RateAnswer(many=True, help_text="The rates, in the order of the body.")

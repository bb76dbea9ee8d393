"""Conversion events as the API takes and shows them."""

from rest_framework import serializers

from campaigns.conversions.models import MAX_EVENT_ID, ConversionEvent
from deliveries.conversions.reading import FIELDS, MAX_MESSAGE_ID, MAX_NUMBER, MAX_PARAMETER
from portal.api.serializers import ChangePageSerializer


class ConversionBody(serializers.Serializer):
    """One conversion event."""

    is_open = True  # `events` in its place are taken too

    event_id = serializers.CharField(max_length=MAX_EVENT_ID, help_text="Your id of the event, unique per customer.")
    kind = serializers.CharField(help_text="The name of a kind of event, as on the page Conversions.")
    occurred_at = serializers.DateTimeField(
        help_text="When it happened, RFC 3339 with a zone. At most 400 days ago and 2 days ahead."
    )
    value = serializers.DecimalField(
        max_digits=16, decimal_places=6, required=False, allow_null=True,
        help_text="The value in units of the currency, a number or a text, with at most 6 decimals.",
    )  # fmt: skip
    currency = serializers.CharField(required=False, allow_null=True, help_text="ISO 4217; required with a value.")
    message_id = serializers.CharField(
        max_length=MAX_MESSAGE_ID, required=False, allow_null=True, help_text="The id of the whole message."
    )
    account = serializers.CharField(
        required=False, allow_null=True,
        help_text="The message's gateway account, by name. Required if the customer has several.",
    )  # fmt: skip
    destination = serializers.CharField(
        max_length=MAX_NUMBER, required=False, allow_null=True,
        help_text="The recipient's number in any notation. It is not stored.",
    )  # fmt: skip
    parameter_key = serializers.CharField(
        max_length=MAX_PARAMETER, required=False, allow_null=True, help_text="The name of a custom parameter."
    )
    parameter_value = serializers.CharField(
        max_length=MAX_PARAMETER, required=False, allow_null=True, help_text="Its value in the messages."
    )
    campaign = serializers.CharField(
        required=False, allow_null=True, help_text="Only messages of this campaign, by name. Not with `message_id`."
    )


class PointedErrorSerializer(serializers.Serializer):
    """An error of one field."""

    pointer = serializers.CharField(help_text="JSON Pointer: the event's index, then the field.")
    detail = serializers.CharField(help_text="The reason.")


class ConversionResultSerializer(serializers.Serializer):
    """The result of one event."""

    event_id = serializers.CharField(allow_null=True, help_text="Your id; null where it could not be read.")
    result = serializers.ChoiceField(
        choices=("stored", "conflict", "invalid"),
        help_text="`stored`: it is there, now or since before; `conflict`: its id has other content.",
    )
    errors = PointedErrorSerializer(many=True, help_text="Everything that is wrong with it.")  # type: ignore[assignment]


class ConversionResultsSerializer(serializers.Serializer):
    """The results of all events of a body."""

    stored = serializers.IntegerField(help_text="Number of stored events.")
    refused = serializers.IntegerField(help_text="Number of events that were not stored.")
    results = ConversionResultSerializer(many=True, help_text="One for each event, in their order.")


class ConversionSerializer(serializers.Serializer):
    """A stored conversion event."""

    id = serializers.IntegerField(help_text="The event's id in the portal.")
    tenant = serializers.CharField(help_text="The tenant's short name.")
    event_id = serializers.CharField(help_text="Your id of the event.")
    kind = serializers.CharField(help_text="The name of its kind.")
    occurred_at = serializers.DateTimeField(help_text="When it happened.")
    value = serializers.CharField(allow_null=True, help_text="Its value as a decimal, 2 to 6 decimals.")
    currency = serializers.CharField(allow_null=True, help_text="ISO 4217.")
    belongs_to = serializers.ChoiceField(
        choices=("message", "recipient", "parameter"), help_text="What it was sent with."
    )
    account = serializers.CharField(allow_null=True, help_text="The gateway account it was sent with.")
    message_id = serializers.CharField(allow_null=True, help_text="The message id it was sent with.")
    parameter_key = serializers.CharField(allow_null=True, help_text="The custom parameter it was sent with.")
    parameter_value = serializers.CharField(allow_null=True, help_text="The value of that parameter.")
    campaign = serializers.CharField(allow_null=True, help_text="The campaign it was sent with.")
    source = serializers.ChoiceField(  # type: ignore[assignment] # the name is the API's
        choices=ConversionEvent.Source.values, help_text="How it came in."
    )
    received_at = serializers.DateTimeField(help_text="When it was stored.")
    reason = serializers.ChoiceField(
        choices=ConversionEvent.Reason.values, allow_null=True, help_text="Why it has no message; null: it has one."
    )
    attributed_at = serializers.DateTimeField(allow_null=True, help_text="When that was decided.")
    attributed_account = serializers.CharField(allow_null=True, help_text="The message's gateway account.")
    attributed_message_id = serializers.CharField(allow_null=True, help_text="The message's id.")
    attributed_campaign = serializers.CharField(allow_null=True, help_text="The message's campaign.")
    attributed_variant = serializers.CharField(allow_null=True, help_text="The message's variant.")
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="When the message was delivered.")
    is_frozen = serializers.BooleanField(help_text="Whether the message is past the retention period.")
    url = serializers.CharField(help_text="The event's address.")


class ConversionPageSerializer(ChangePageSerializer):
    """A page of events."""

    data = ConversionSerializer(  # type: ignore[assignment] # the name is the API's
        many=True, help_text="The events, those received last first."
    )


assert set(FIELDS) == set(ConversionBody().fields)

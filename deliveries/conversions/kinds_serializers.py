"""Kinds of conversion events and windows as the API takes and shows them."""

from rest_framework import serializers

from campaigns.conversions.models import MAX_KIND, MAX_WINDOW
from portal.api.serializers import ChangePageSerializer


class ChangeKindBody(serializers.Serializer):
    """All that people say about a kind."""

    name = serializers.CharField(
        max_length=MAX_KIND, help_text="The customer's only kind of this name. Without a phone number."
    )
    window_minutes = serializers.IntegerField(
        min_value=1,
        max_value=MAX_WINDOW,
        required=False,
        allow_null=True,
        help_text="How long after its delivery a message can have such an event; null: the customer's window.",
    )
    is_otp = serializers.BooleanField(
        required=False, help_text="Whether it confirms a one-time password: figures then show the confirmed share."
    )


class NewKindBody(ChangeKindBody):
    """A kind to add."""

    tenant = serializers.CharField(required=False, max_length=63, help_text="By slug; without it the key's own.")


class ConversionKindAnswer(serializers.Serializer):
    """A kind of conversion events."""

    id = serializers.IntegerField(help_text="Its id.")
    tenant = serializers.CharField(help_text="Whose kind it is.")
    name = serializers.CharField(help_text="Its name, which events are sent with.")
    window_minutes = serializers.IntegerField(
        allow_null=True, help_text="How long after its delivery a message can have such an event; null: the customer's."
    )
    is_otp = serializers.BooleanField(help_text="Whether it confirms a one-time password.")
    created_at = serializers.DateTimeField(help_text="When it was added.")
    url = serializers.CharField(help_text="Its address.")


class ConversionKindsAnswer(ChangePageSerializer):
    """A page of kinds."""

    data = ConversionKindAnswer(many=True, help_text="Kinds.")  # type: ignore[assignment]  # Serializer has the name, too


class WindowBody(serializers.Serializer):
    """The window of a customer."""

    minutes = serializers.IntegerField(
        min_value=1, max_value=MAX_WINDOW, help_text="How long after its delivery a message can have an event."
    )
    tenant = serializers.CharField(required=False, max_length=63, help_text="By slug; without it the key's own.")


class WindowAnswer(serializers.Serializer):
    """The window of a customer."""

    tenant = serializers.CharField(help_text="Whose window it is.")
    minutes = serializers.IntegerField(help_text="How long after its delivery a message can have an event.")

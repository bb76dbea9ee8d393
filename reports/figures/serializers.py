"""The shapes of figures in the API."""

from rest_framework import serializers


def _share(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{text} Null: the divisor is 0.")


def _change(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=text)


class LatencySerializer(serializers.Serializer):
    """Seconds from sending to delivery, at most 2% and the source's second off; null where none was delivered."""

    median = serializers.FloatField(
        allow_null=True, help_text=("Half of the messages were delivered within this time.")
    )
    p90 = serializers.FloatField(allow_null=True, help_text="90% were.")
    p95 = serializers.FloatField(allow_null=True, help_text="95% were.")
    p99 = serializers.FloatField(allow_null=True, help_text="99% were.")


class FiguresSerializer(serializers.Serializer):
    """Counts of messages, and what follows from them; delivered, failed, pending and unknown make up all messages."""

    messages = serializers.IntegerField(help_text="Messages sent.")
    parts = serializers.IntegerField(help_text="Number of SMS parts.")
    delivered = serializers.IntegerField(help_text="Messages delivered.")
    failed = serializers.IntegerField(help_text="Messages failed, expired or rejected.")
    pending = serializers.IntegerField(help_text="Messages queued or sent, without a final report.")
    unknown = serializers.IntegerField(help_text="Messages whose result is uncertain.")
    delivered_parts = serializers.IntegerField(allow_null=True, help_text="SMS parts of delivered messages.")
    billed_parts = serializers.IntegerField(
        allow_null=True,
        help_text=(
            "SMS parts of messages with a result code that means billed; null by hour, which has no counts by code."
        ),
    )
    final = serializers.IntegerField(
        allow_null=True, help_text="Messages with a final status; null by hour, which has no such counts."
    )
    delivery_rate = _share("Share of delivered in all messages, from 0 to 1.")
    delivery_rate_interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="Wilson's 95% interval of the delivery rate.",
    )
    delivery_rate_of_final = _share("Share of delivered in delivered and failed messages.")
    failed_rate = _share("Share of failed in all messages.")
    maturity = _share("Share of messages with a final status.")
    latency = LatencySerializer(allow_null=True, help_text="Null if times are not counted for this request.")


class ChangesSerializer(serializers.Serializer):
    """From the period compared with to this one; null where one of them is nothing."""

    messages = _change("Relative change: 0.08 is 8% more.")
    parts = _change("Relative change.")
    delivered = _change("Relative change.")
    failed = _change("Relative change.")
    pending = _change("Relative change.")
    unknown = _change("Relative change.")
    delivery_rate = _change("Difference of the rates: 0.0031 is 0.31 points more.")
    failed_rate = _change("Difference of the rates.")
    pending_rate = _change("Difference of the rates.")
    unknown_rate = _change("Difference of the rates.")
    median = _change("As a share of before.")
    p95 = _change("As a share of before.")

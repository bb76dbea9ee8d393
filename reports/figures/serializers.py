"""The shapes of figures and reports in the API."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.figures.query import GROUPS


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


_KEY_SHAPES = {
    "hour": {
        "type": "string",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:00:00(Z|[+-][0-9]{2}:[0-9]{2})$",
        "description": "Local time with the offset from UTC.",
    },
    "day": {"type": "string", "format": "date"},
    "week": {"type": "string", "pattern": "^[0-9]{4}-W[0-9]{2}$"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "result_code": {"type": "integer"},
}


@extend_schema_field(
    {
        "type": "object",
        "description": "A value for each name of `group_by`; an empty text means none.",
        "properties": {name: _KEY_SHAPES.get(name, {"type": ["string", "null"]}) for name in GROUPS},
        "additionalProperties": False,
    }
)
class GroupKeyField(serializers.DictField):
    """Key of a group."""


class ComparedSerializer(serializers.Serializer):
    """Fields of a comparison; both are null without `compare`."""

    before = FiguresSerializer(allow_null=True, help_text="The same group in the comparison period.")
    changes = ChangesSerializer(allow_null=True, help_text="The change from that period to this one.")


class GroupSerializer(FiguresSerializer, ComparedSerializer):
    """The figures of one group."""

    key = GroupKeyField()


class OtherGroupsSerializer(FiguresSerializer, ComparedSerializer):
    """Sum of the groups beyond `limit`, so that all groups add up to the total."""

    groups = serializers.IntegerField(help_text="Number of groups in the sum.")


class DaysComparedSerializer(serializers.Serializer):
    """The period compared with."""

    to = serializers.DateField(help_text="Last day.")
    total = FiguresSerializer(help_text="All of it.")
    changes = ChangesSerializer(help_text="The change from that period to this one.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()


class StatisticsSerializer(serializers.Serializer):
    """Figures in total and by group."""

    to = serializers.DateField(help_text="Last day.")
    group_by = serializers.ListField(child=serializers.ChoiceField(choices=GROUPS), help_text="As in the request.")
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    total = FiguresSerializer(help_text="All messages that match the filters.")
    groups = GroupSerializer(many=True, help_text="In the requested order; empty without `group_by`.")
    other = OtherGroupsSerializer(allow_null=True, help_text="Null: all groups are listed.")
    compared_with = DaysComparedSerializer(allow_null=True, help_text="Null without `compare`.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()

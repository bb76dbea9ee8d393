"""The shapes of figures and reports in the API."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.figures.query import GROUPS


def _share(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{text} Null: there is nothing to divide by.")


def _change(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=text)


class LatencySerializer(serializers.Serializer):
    """Seconds from sending to delivery, at most 2% and the source's second off; null where none was delivered."""

    median = serializers.FloatField(allow_null=True, help_text="Half were delivered within this time.")
    p90 = serializers.FloatField(allow_null=True, help_text="90% were.")
    p95 = serializers.FloatField(allow_null=True, help_text="95% were.")
    p99 = serializers.FloatField(allow_null=True, help_text="99% were.")


class FiguresSerializer(serializers.Serializer):
    """Counts of messages, and what follows from them; delivered, failed, pending and unknown make up all messages."""

    messages = serializers.IntegerField(help_text="Messages sent.")
    parts = serializers.IntegerField(help_text="SMS parts in them.")
    delivered = serializers.IntegerField(help_text="Messages delivered.")
    failed = serializers.IntegerField(help_text="Messages failed, expired or rejected.")
    pending = serializers.IntegerField(help_text="Messages queued or sent, without a final report.")
    unknown = serializers.IntegerField(help_text="Messages with a result that says nothing sure.")
    delivered_parts = serializers.IntegerField(allow_null=True, help_text="SMS parts of delivered messages.")
    billed_parts = serializers.IntegerField(
        allow_null=True,
        help_text="SMS parts of messages whose result code says billed; null by hours, which are not counted by codes.",
    )
    final = serializers.IntegerField(
        allow_null=True, help_text="Messages with a final state; null by hours, which are not counted by it."
    )
    delivery_rate = _share("Delivered of all messages, from 0 to 1.")
    delivery_rate_interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="Wilson's 95% interval of the delivery rate.",
    )
    delivery_rate_of_final = _share("Delivered of delivered and failed ones.")
    failed_rate = _share("Failed of all messages.")
    maturity = _share("Share of messages with a final state.")
    latency = LatencySerializer(allow_null=True, help_text="Null where times are not counted by what was asked for.")


class ChangesSerializer(serializers.Serializer):
    """From the period compared with to this one; null where one of them is nothing."""

    messages = _change("As a share of before: 0.08 is 8% more.")
    parts = _change("As a share of before.")
    delivered = _change("As a share of before.")
    failed = _change("As a share of before.")
    pending = _change("As a share of before.")
    unknown = _change("As a share of before.")
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
        "description": "Its local time with the offset from UTC.",
    },
    "day": {"type": "string", "format": "date"},
    "week": {"type": "string", "pattern": "^[0-9]{4}-W[0-9]{2}$"},
    "month": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"},
    "result_code": {"type": "integer"},
}


@extend_schema_field(
    {
        "type": "object",
        "description": "A value for each name of `group_by`; an empty text stands for none.",
        "properties": {name: _KEY_SHAPES.get(name, {"type": ["string", "null"]}) for name in GROUPS},
        "additionalProperties": False,
    }
)
class GroupKeyField(serializers.DictField):
    """What a group is of."""


class ComparedSerializer(serializers.Serializer):
    """What comparing adds; both are null without `compare`."""

    before = FiguresSerializer(allow_null=True, help_text="The same in the period compared with.")
    changes = ChangesSerializer(allow_null=True, help_text="From there to here.")


class GroupSerializer(FiguresSerializer, ComparedSerializer):
    """The figures of one group."""

    key = GroupKeyField()


class OtherGroupsSerializer(FiguresSerializer, ComparedSerializer):
    """What the groups beyond `limit` make together, so that all of it sums up to the total."""

    groups = serializers.IntegerField(help_text="How many groups these are.")


class DaysComparedSerializer(serializers.Serializer):
    """The period compared with."""

    to = serializers.DateField(help_text="Its last day.")
    total = FiguresSerializer(help_text="All of it.")
    changes = ChangesSerializer(help_text="From there to here.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="Its first day.")} | super().get_fields()


class StatisticsSerializer(serializers.Serializer):
    """Figures in total and by group."""

    to = serializers.DateField(help_text="The last day.")
    group_by = serializers.ListField(child=serializers.ChoiceField(choices=GROUPS), help_text="As it was asked for.")
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    total = FiguresSerializer(help_text="All messages that the filters let through.")
    groups = GroupSerializer(many=True, help_text="In the order asked for; empty without `group_by`.")
    other = OtherGroupsSerializer(allow_null=True, help_text="Null: all groups are there.")
    compared_with = DaysComparedSerializer(allow_null=True, help_text="Null without `compare`.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="The first day.")} | super().get_fields()

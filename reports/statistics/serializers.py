"""The shape of statistics in the API."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from reports.campaigns.serializers import ConvertedSerializer
from reports.figures.query import GROUPS, SEGMENT
from reports.figures.serializers import ChangesSerializer, FiguresSerializer
from reports.pricing.serializers import CostsSerializer

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
        "patternProperties": {
            f"^{SEGMENT}.": {
                "type": "string",
                "description": "A value of the segment key; `(none)`, `(other)` and `(small)` as in `get_segment`.",
            }
        },
        "additionalProperties": False,
    }
)
class GroupKeyField(serializers.DictField):
    """Key of a group."""


class ComparedSerializer(serializers.Serializer):
    """Fields of a comparison; both are null without `compare`."""

    before = FiguresSerializer(allow_null=True, help_text="The same group in the comparison period.")
    changes = ChangesSerializer(allow_null=True, help_text="The change from that period to this one.")


class PricedFiguresSerializer(FiguresSerializer):
    """Figures with what the messages cost."""

    costs = CostsSerializer(
        allow_null=True,
        help_text="Null without the scope `billing`, without a price list, and by hour.",
    )


class IncludedSerializer(serializers.Serializer):
    """Figures of `include`."""

    recipients = serializers.IntegerField(
        allow_null=True, help_text="Different recipients; null without `include`, and for `(small)` groups."
    )
    conversions = ConvertedSerializer(
        allow_null=True,
        help_text=(
            "Null without `include`, for `(small)` groups, for one account, and for tenants without conversion events."
        ),
    )


class WholeSerializer(PricedFiguresSerializer, IncludedSerializer):
    """The figures of all messages."""


class GroupSerializer(PricedFiguresSerializer, ComparedSerializer, IncludedSerializer):
    """The figures of one group."""

    key = GroupKeyField()


class OtherGroupsSerializer(PricedFiguresSerializer, ComparedSerializer):
    """Sum of the groups beyond `limit`, so that all groups add up to the total."""

    groups = serializers.IntegerField(help_text="Number of groups in the sum.")


class DaysComparedSerializer(serializers.Serializer):
    """The period compared with."""

    to = serializers.DateField(help_text="Last day.")
    total = PricedFiguresSerializer(help_text="All of it.")
    changes = ChangesSerializer(help_text="The change from that period to this one.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()


class StatisticsSerializer(serializers.Serializer):
    """Figures in total and by group."""

    to = serializers.DateField(help_text="Last day.")
    timezone = serializers.CharField(
        help_text="The zone of hours, and of today in `period`. Days are each tenant's own, in its own zone."
    )
    data_as_of = serializers.DateTimeField(help_text="Every change of messages before this instant is counted.")
    group_by = serializers.ListField(child=serializers.CharField(), help_text="As in the request.")
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    figures_from = serializers.DateField(
        allow_null=True, help_text="Earlier days have no figures by the segment key; null: all days have them."
    )
    total = WholeSerializer(help_text="All messages that match the filters.")
    groups = GroupSerializer(many=True, help_text="In the requested order; empty without `group_by`.")
    other = OtherGroupsSerializer(allow_null=True, help_text="Null: all groups are listed.")
    compared_with = DaysComparedSerializer(allow_null=True, help_text="Null without `compare`.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()

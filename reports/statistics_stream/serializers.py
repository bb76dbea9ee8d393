"""The shape of the statistics stream in the API."""

from rest_framework import serializers

from reports.figures.serializers import FiguresSerializer
from reports.statistics.serializers import GroupKeyField


class DayTotalsSerializer(FiguresSerializer):
    """The figures of one day, or of one day of a tenant."""

    key = GroupKeyField()


class TotalsSerializer(serializers.Serializer):
    """Totals by day, all of them or those that have changed; also the `data` of an event."""

    to = serializers.DateField(help_text="Last day.")
    timezone = serializers.CharField(help_text="The zone of “today” in `period`. Days are each tenant's own.")
    data_as_of = serializers.DateTimeField(help_text="Every change of messages before this instant is counted.")
    group_by = serializers.ListField(
        child=serializers.ChoiceField(choices=("day", "tenant")), help_text="The names in `key`."
    )
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    whole = serializers.BooleanField(
        help_text="`true`: `groups` has all days with messages; `false`: those that have changed."
    )
    groups = DayTotalsSerializer(
        many=True, help_text="Figures by day. A day whose messages have all gone has zeros in a change."
    )
    next_cursor = serializers.CharField(help_text="`after` of the next request; the id of the event.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()

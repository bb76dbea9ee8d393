"""The shapes of segments in the API."""

from rest_framework import serializers

from campaigns import segments
from campaigns.models import SegmentKey
from portal.api.serializers import ForwardPageSerializer
from reports.campaigns.serializers import ConvertedSerializer
from reports.figures.serializers import FiguresSerializer


class SegmentKeyAnswer(serializers.Serializer):
    """A chosen key."""

    key = serializers.CharField(help_text="A custom parameter, or `ref:` and a label of the refId scheme.")
    tenants = serializers.ListField(
        child=serializers.CharField(), help_text="Slugs of the tenants in which it has figures."
    )
    counting = serializers.ListField(
        child=serializers.CharField(),
        help_text="Slugs of the tenants in which stored messages are still being counted.",
    )
    done = serializers.IntegerField(help_text="Stored messages of `counting` that are indexed and counted already.")
    total = serializers.IntegerField(
        help_text="All stored messages of `counting`; 0 until the work begins, and while nothing is being counted."
    )
    failed = serializers.ListField(
        child=serializers.CharField(),
        help_text="Slugs of the tenants in which that failed: choose the key again there.",
    )
    refused = serializers.DictField(
        child=serializers.ChoiceField(
            choices=[one.value for one in SegmentKey.Figures if one != SegmentKey.Figures.YES]
        ),
        help_text=(
            "Tenants in which it has no figures, with the reason. `unique`: it has nearly as many values as messages."
            " `scattered`: it has more than 1,000 values in a month, most of them once."
        ),
    )
    figures_from = serializers.DateField(
        allow_null=True, help_text="The first day with figures in all of the tenants; null: every stored day."
    )
    url = serializers.CharField(help_text="The address of its figures.")


class NewSegmentKeyBody(serializers.Serializer):
    """A key to choose."""

    key = serializers.CharField(
        max_length=segments.MAX_KEY_LENGTH,
        trim_whitespace=False,
        help_text="As the sender writes it; keys are case-sensitive. Without a phone number.",
    )
    tenant = serializers.CharField(required=False, max_length=63, help_text="By slug; without it the key's own.")


class SegmentKeysAnswer(ForwardPageSerializer):
    """A page of keys, in alphabetical order."""

    data_as_of = serializers.DateTimeField(help_text="Every change of keys before this instant is shown.")
    data = SegmentKeyAnswer(many=True, help_text="The keys.")  # type: ignore[assignment]  # Serializer has the name, too


class AgainstOthersSerializer(serializers.Serializer):
    """The delivery rate of a value minus that of all other messages together."""

    difference = serializers.FloatField(help_text="Difference of the rates: 0.02 is 2 points more.")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Newcombe's 95% interval."
    )
    p_value = serializers.FloatField(help_text="Two-sided, adjusted for all values (Benjamini and Hochberg).")
    is_sure = serializers.BooleanField(help_text="Whether the p-value is under 0.05 and the interval leaves out 0.")
    is_exact = serializers.BooleanField(help_text="Whether the p-value is that of Fisher's exact test.")


class ValueAnswer(FiguresSerializer):
    """The figures of one value, or of one value in one day or month."""

    value = serializers.CharField(
        help_text=(
            "The value. `(none)`: messages without the key. `(other)`: values beyond the first 1,000 of a month."
            " `(small)`: groups of fewer than 10 recipients together, for keys without the scope `numbers`."
        )
    )
    values = serializers.IntegerField(help_text="The number of values in the row: 1, or several in `(small)`.")
    time = serializers.CharField(
        allow_null=True, help_text="The day (2026-10-05) or month (2026-10); null without `group_by`."
    )
    recipients = serializers.IntegerField(
        allow_null=True, help_text="Different recipients; null: not counted, see `recipients` of the request."
    )
    conversions = ConvertedSerializer(
        allow_null=True,
        help_text=(
            "Null where recipients are not counted, with `group_by`, without conversion events, and for a key of an"
            " account."
        ),
    )
    against_others = AgainstOthersSerializer(
        allow_null=True, help_text="Null with `group_by`, for fewer than 30 messages, and for rows of several values."
    )


class ComparedValuesAnswer(serializers.Serializer):
    """Two values compared by their delivery rates."""

    a = serializers.CharField(help_text="The first value.")
    b = serializers.CharField(help_text="The second value.")
    sentence = serializers.CharField(help_text="What the comparison shows, in `lang`.")
    difference = serializers.FloatField(
        allow_null=True,
        help_text="The rate of `a` minus that of `b`. Null, as all below: one has fewer than 30 messages.",
    )
    interval = serializers.ListField(
        child=serializers.FloatField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="Newcombe's 95% interval.",
    )
    p_value = serializers.FloatField(
        allow_null=True, help_text="Two-sided, adjusted for all comparisons of `a` with another value."
    )
    is_sure = serializers.BooleanField(
        allow_null=True, help_text="Whether the p-value is under 0.05 and the interval leaves out 0."
    )
    is_exact = serializers.BooleanField(
        allow_null=True, help_text="Whether the p-value is that of Fisher's exact test."
    )


class SegmentAnswer(ForwardPageSerializer):
    """The figures of a key by its values."""

    key = serializers.CharField(help_text="The key.")
    to = serializers.DateField(help_text="Last day.")
    timezone = serializers.CharField(  # type: ignore[assignment]  # of days, not of times
        help_text="The zone of today in `period`. Days are each tenant's own, in its own zone."
    )
    data_as_of = serializers.DateTimeField(help_text="Every change of messages before this instant is counted.")
    group_by = serializers.CharField(allow_null=True, help_text="As in the request.")
    read_from = serializers.ChoiceField(
        choices=("counts", "messages"),
        help_text="`messages` with a `campaign`: deleted messages are missing then, and `billed_parts` is null.",
    )
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    figures_from = serializers.DateField(
        allow_null=True, help_text="Earlier days of the period have no figures; null: all days have them."
    )
    total = FiguresSerializer(help_text="The sum of all values.")
    recipients = serializers.IntegerField(allow_null=True, help_text="All different recipients; null: not counted.")
    conversions = ConvertedSerializer(allow_null=True, help_text="Conversions of all recipients; null as in a row.")
    comparison = ComparedValuesAnswer(allow_null=True, help_text="Null without `a` and `b`.")
    data = ValueAnswer(many=True, help_text="The values in alphabetical order, each by time.")  # type: ignore[assignment]  # Serializer has the name, too

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()

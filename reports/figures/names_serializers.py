"""The shapes of countries, operators and result codes in the API."""

from rest_framework import serializers

from deliveries.dialects.registry import DIALECTS
from deliveries.message_pages.serializers import CLASSES
from deliveries.models import ResultCode
from portal.api.serializers import CountedSerializer


class CountrySerializer(serializers.Serializer):
    """A country."""

    code = serializers.CharField(help_text="ISO 3166-1 alpha-2; `XK`: Kosovo, `ZZ`: unknown.")
    name = serializers.CharField(help_text="Its name in `lang`.")
    calling_code = serializers.CharField(
        allow_null=True, help_text="What its numbers begin with after `+`; null if it has none of its own."
    )


class CountriesSerializer(serializers.Serializer):
    """All countries."""

    data = CountrySerializer(many=True, help_text="Countries by name, the unknown one last.")  # type: ignore[assignment]  # Serializer has the name, too


class OperatorSerializer(serializers.Serializer):
    """An operator in one country."""

    country = serializers.CharField(help_text="The country of the messages' recipients.")
    operator = serializers.CharField(allow_blank=True, help_text="Its name in delivery reports; empty: unknown.")
    messages = serializers.IntegerField(help_text="Messages of the period.")


class OperatorsSerializer(CountedSerializer):
    """The operators of a period."""

    to = serializers.DateField(help_text="Last day, included.")
    data = OperatorSerializer(many=True, help_text="Operators, those with the most messages first.")  # type: ignore[assignment]  # Serializer has the name, too

    def get_fields(self) -> dict[str, serializers.Field]:
        """Return the fields with `from`, which Python has for itself."""
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()


class ResultCodeSerializer(serializers.Serializer):
    """The meaning of a result code."""

    dialect = serializers.ChoiceField(choices=tuple(DIALECTS), help_text="The kind of gateway.")
    code = serializers.IntegerField(help_text="The code in delivery reports.")
    status = serializers.ChoiceField(choices=ResultCode.Status.values, help_text="The status of the message.")
    counts_as = serializers.ChoiceField(choices=CLASSES, help_text="What the message counts as.")
    final = serializers.BooleanField(help_text="Whether no other report is expected.")
    billed = serializers.BooleanField(help_text="Whether the gateway says by this code that the message is billed.")
    reason = serializers.CharField(allow_blank=True, help_text="The class of the failure; empty: none.")
    text = serializers.CharField(help_text="Its meaning in `lang`; in English where it has no other.")
    advice = serializers.CharField(help_text="What happened and what a sender can do, in `lang`.")


class ResultCodesSerializer(serializers.Serializer):
    """All result codes."""

    data = ResultCodeSerializer(many=True, help_text="Result codes by dialect and code.")  # type: ignore[assignment]  # Serializer has the name, too

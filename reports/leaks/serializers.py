"""Answers of GET /api/v1/leaks/: one row for each row of the page's card."""

from rest_framework import serializers

from portal.api.serializers import CountedSerializer
from reports.leaks.cards import TITLES


class LeakSerializer(serializers.Serializer):
    """A leak; fields that rows of its kind do not have are null."""

    messages = serializers.IntegerField(help_text="Messages of the leak.")
    leak = serializers.CharField(
        allow_null=True, help_text="`leak` of `/leaks/messages/`, which lists them; null for `countries`."
    )
    parts = serializers.IntegerField(help_text="Their SMS parts.")
    number = serializers.CharField(allow_null=True, help_text="`numbers`: the number, masked without `numbers`.")
    result_code = serializers.IntegerField(allow_null=True, help_text="`numbers`: the code of its newest message.")
    campaign = serializers.CharField(allow_null=True, help_text="`parts`, `repeats`: the campaign; null without one.")
    variant = serializers.CharField(allow_null=True, help_text="`parts`: the variant; null for none.")
    ref_id = serializers.CharField(allow_null=True, help_text="`repeats`: the refId of messages without a campaign.")
    recipients = serializers.IntegerField(allow_null=True, help_text="`repeats`: different recipients.")
    first_at = serializers.DateTimeField(
        allow_null=True, help_text="`parts`: the minute from which on messages are longer. `repeats`: the first repeat."
    )
    last_at = serializers.DateTimeField(allow_null=True, help_text="`numbers`, `repeats`: the last message.")
    parts_before = serializers.FloatField(allow_null=True, help_text="`parts`: parts per message before the minute.")
    parts_after = serializers.FloatField(allow_null=True, help_text="`parts`: parts per message from the minute on.")
    extra_parts = serializers.IntegerField(allow_null=True, help_text="`parts`: parts beyond those as before.")
    country = serializers.CharField(allow_null=True, help_text="`numbers`, `countries`: the country code.")
    first_day = serializers.DateField(allow_null=True, help_text="`countries`: the first day with a message.")


class LeaksSerializer(CountedSerializer):
    """A page of the leaks of one kind."""

    kind = serializers.ChoiceField(choices=list(TITLES), help_text="The kind.")
    tenant = serializers.CharField(help_text="The customer, by slug.")
    first = serializers.DateField(source="window.first", help_text="First day of messages that are looked at.")
    last = serializers.DateField(source="window.last", help_text="Last day: today.")
    until = serializers.DateTimeField(
        source="window.until", help_text="Messages sent up to this moment are looked at, on all pages of the list."
    )
    has_history = serializers.BooleanField(help_text="`countries`: false with less than eight weeks of counts before.")
    rows = serializers.IntegerField(help_text="Leaks on all pages.")
    messages = serializers.IntegerField(help_text="Messages of all of them.")
    parts = serializers.IntegerField(help_text="What all of them cost: SMS parts; of `parts` the extra ones.")
    next_cursor = serializers.CharField(allow_null=True, help_text="Of the next page; null on the last one.")
    data = LeakSerializer(many=True, help_text="The dearest first.")  # type: ignore[assignment]  # Serializer has the name, too

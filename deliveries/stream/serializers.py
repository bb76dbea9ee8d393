"""The shapes of the stream in the API."""

from rest_framework import serializers

from deliveries.message_pages.serializers import STATUSES
from deliveries.stream.examples import EVENT


class StreamedReportSerializer(serializers.Serializer):
    """A delivery report with its message, as it is when it is read."""

    account = serializers.CharField(help_text="The gateway account, by name.")
    tenant = serializers.CharField(help_text="The tenant, by slug.")
    message_id = serializers.CharField(
        help_text=(
            "The gateway's message id. Without the scope `numbers` it is masked if it contains the recipient's number."
        )
    )
    part = serializers.IntegerField(allow_null=True, help_text="Null: the report is about the whole message.")
    partner_id = serializers.CharField(help_text="The platformPartnerId.")
    ref_id = serializers.CharField(allow_null=True, help_text="The sender's refId.")
    campaign = serializers.CharField(allow_null=True, help_text="The campaign's name; null: none.")
    variant = serializers.CharField(help_text="Empty: none.")
    labels = serializers.DictField(child=serializers.CharField(), help_text="Other values in the refId.")
    custom_parameters = serializers.DictField(
        help_text="As the sender set them. Without the scope `numbers`, phone numbers in them are masked."
    )
    source = serializers.CharField(  # type: ignore[assignment]  # Serializer has the name, too
        allow_null=True, help_text="The sender; masked if it is a phone number."
    )
    destination = serializers.CharField(
        allow_null=True, help_text="The recipient's number, masked for keys without the scope `numbers`."
    )
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    operator = serializers.CharField(allow_blank=True, help_text="The operator in this report; empty: unknown.")
    parts = serializers.IntegerField(help_text="Number of SMS parts.")
    status = serializers.ChoiceField(choices=STATUSES, help_text="What this report says; not the message's state.")
    final = serializers.BooleanField(help_text="No other report should follow this one.")
    result_code = serializers.IntegerField(help_text="The gateway's code.")
    operator_result_code = serializers.CharField(allow_null=True, help_text="The operator's own result code.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="The time of sending in this report.")
    status_at = serializers.DateTimeField(allow_null=True, help_text="The operator's time.")
    received_at = serializers.DateTimeField(help_text="When this report was received.")


class StreamEventSerializer(serializers.Serializer):
    """One event of the stream."""

    cursor = serializers.CharField(help_text="Behind this event: `after` of a request that goes on here.")
    report = StreamedReportSerializer(help_text="The delivery report.")


class StreamPageSerializer(serializers.Serializer):
    """Events in the order in which they were applied."""

    data = StreamEventSerializer(  # type: ignore[assignment]  # Serializer has the name, too
        many=True, help_text="The events; none, if there was none within `wait` seconds."
    )
    next_cursor = serializers.CharField(help_text="`after` of the next request; always there.")
    has_more = serializers.BooleanField(help_text="More is stored already: ask again at once.")


PAGE = {"data": [EVENT], "next_cursor": EVENT["cursor"], "has_more": False}

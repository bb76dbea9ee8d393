"""The shapes of messages in the API."""

from rest_framework import serializers

from deliveries.dialects.codes import COUNTS_AS, STATUS_RANK
from deliveries.message_pages.forwarded import ForwardingState
from portal.api.serializers import AS_OF, ForwardPageSerializer, ShownInZoneSerializer

STATUSES = tuple(reversed(STATUS_RANK))
CLASSES = ("delivered", "failed", "pending", "unknown")
assert set(CLASSES) == set(COUNTS_AS.values())


class CampaignSerializer(serializers.Serializer):
    """A message's campaign."""

    id = serializers.IntegerField(help_text="For the filter `campaign_id`; -1: beyond the daily limit.")
    name = serializers.CharField(allow_null=True, help_text="Its name.")


class MessageSerializer(serializers.Serializer):
    """One SMS with all its parts."""

    id = serializers.CharField(
        help_text=(
            "The gateway's message id. Without the scope `numbers` it is masked if it contains the recipient's number."
        )
    )
    account = serializers.CharField(help_text="The gateway account, by name.")
    tenant = serializers.CharField(help_text="The tenant, by slug.")
    day = serializers.DateField(help_text="The day of sending, in the tenant's time zone.")
    partner_id = serializers.CharField(help_text="The platformPartnerId.")
    ref_id = serializers.CharField(allow_null=True, help_text="The sender's refId.")
    campaign = CampaignSerializer(allow_null=True, help_text="Null: no campaign.")
    variant = serializers.CharField(help_text="Empty: none.")
    labels = serializers.DictField(child=serializers.CharField(), help_text="Other values in the refId.")
    custom_parameters = serializers.DictField(
        help_text=("As the sender set them. Without the scope `numbers`, phone numbers in names and values are masked.")
    )
    source = serializers.CharField(allow_null=True, help_text="The sender; masked if it is a phone number.")
    sender_type = serializers.CharField(help_text="Such as `alphanumeric`, `msisdn` or `shortcode`; empty: unknown.")
    destination = serializers.CharField(
        allow_null=True, help_text="The recipient's number, masked for keys without the scope `numbers`."
    )
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    operator = serializers.CharField(help_text="Empty: unknown.")
    parts = serializers.IntegerField(help_text="Number of SMS parts.")
    status = serializers.ChoiceField(choices=STATUSES, help_text="Its state.")
    counts_as = serializers.ChoiceField(choices=CLASSES, help_text="The count to which the message belongs.")
    result_code = serializers.IntegerField(
        allow_null=True, help_text=("The gateway's result code; null: no report yet.")
    )
    final = serializers.BooleanField(help_text="The status will not change.")
    sent_at = serializers.DateTimeField(help_text="When it was sent.")
    status_at = serializers.DateTimeField(allow_null=True, help_text="When the message got its status.")
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="When it was delivered.")
    received_at = serializers.DateTimeField(help_text="When the first report or submission of it was received.")
    updated_at = serializers.DateTimeField(help_text="When the message was last changed here, whatever changed it.")
    url = serializers.CharField(help_text="The message with its delivery reports.")


class DeliveryReportSerializer(serializers.Serializer):
    """One status event of a message, or of one of its parts."""

    part = serializers.IntegerField(allow_null=True, help_text="Null: the event is about the whole message.")
    result_code = serializers.IntegerField(help_text="The gateway's code.")
    status_at = serializers.DateTimeField(allow_null=True, help_text="The operator's time.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="The time of sending in this report.")
    operator = serializers.CharField(allow_null=True, help_text="The operator in this report.")
    operator_result_code = serializers.CharField(allow_null=True, help_text="The operator's own result code.")
    received_at = serializers.DateTimeField(help_text="When this report was received.")


class ForwardingAttemptSerializer(serializers.Serializer):
    """One attempt of a gate to deliver a report."""

    id = serializers.IntegerField(help_text="Its number, for `/gates/{gate_id}/attempts/{attempt_id}/`.")
    at = serializers.DateTimeField(help_text="When the request was sent, or the delivery ended without one.")
    number = serializers.IntegerField(help_text="1 is a delivery's first attempt; 0: a test.")
    outcome = serializers.CharField(help_text="`delivered`, `http_503`, `timeout` and others, as of a gate's attempts.")
    is_last = serializers.BooleanField(help_text="Whether nothing follows for this delivery.")
    ms = serializers.IntegerField(allow_null=True, help_text="How long it took; null: nothing was sent.")


class ForwardingSerializer(serializers.Serializer):
    """One report at one gate."""

    gate = serializers.CharField(allow_null=True, help_text="The gate's `id`; null: it was deleted.")
    state = serializers.ChoiceField(
        choices=[state.value for state in ForwardingState],
        help_text="`held`: the gate is not active; `not_finished`: attempts ended without a last one.",
    )
    due_at = serializers.DateTimeField(allow_null=True, help_text="When the next attempt is due.")
    attempts = ForwardingAttemptSerializer(many=True, help_text="Attempts of the last 30 days, oldest first.")


class ReportWithForwardingsSerializer(DeliveryReportSerializer):
    """One status event, and what gates did with it."""

    forwardings = ForwardingSerializer(
        many=True, allow_null=True, help_text="By gate; null for keys without the scope `gates`."
    )


class MessageWithReportsSerializer(MessageSerializer, ShownInZoneSerializer):
    """One SMS, and all that was reported about it in the order of the operators' times."""

    data_as_of = serializers.DateTimeField(help_text=AS_OF)
    reports = ReportWithForwardingsSerializer(many=True, help_text="Events without an operator's time are last.")


class ListedReportSerializer(DeliveryReportSerializer):
    """One status event with its message."""

    status = serializers.ChoiceField(choices=STATUSES, help_text="The status that the result code means.")
    counts_as = serializers.ChoiceField(choices=CLASSES, help_text="The count of that status.")
    final = serializers.BooleanField(help_text="Whether no other report may follow.")
    applied_at = serializers.DateTimeField(help_text="When the report was applied to its message: the list's order.")
    message = MessageSerializer(help_text="The message as it is now.")


class DeliveryReportPageSerializer(ForwardPageSerializer):
    """A page of delivery reports."""

    data = ListedReportSerializer(many=True, help_text="The reports.")
    data_as_of = serializers.DateTimeField(
        help_text="Every report applied before this instant is in the list. The next `updated_since`, on the last page."
    )


class ReadNumberSerializer(serializers.Serializer):
    """Result of reading a number without a country code."""

    number = serializers.CharField(help_text="The number in E.164.")
    country = serializers.CharField(help_text="The country used to read it (alpha-2).")


class MessagePageSerializer(ForwardPageSerializer):
    """A page of messages, newest first."""

    data = MessageSerializer(many=True, help_text="The messages.")
    previous_cursor = serializers.CharField(
        allow_null=True, help_text="`cursor` of the previous page; null on the first one."
    )
    number_read_as = ReadNumberSerializer(
        allow_null=True, help_text="How the filter `number` was read if it has no country code; else null."
    )
    data_as_of = serializers.DateTimeField(
        help_text="Every change before this instant is in the list. The next `updated_since`, on the last page."
    )

"""The shapes of messages in the API."""

from rest_framework import serializers

from deliveries.dialects.codes import COUNTS_AS, STATUS_RANK
from portal.api.serializers import ForwardPageSerializer

STATUSES = tuple(reversed(STATUS_RANK))
CLASSES = ("delivered", "failed", "pending", "unknown")
assert set(CLASSES) == set(COUNTS_AS.values())


class CampaignSerializer(serializers.Serializer):
    """A message's campaign."""

    id = serializers.IntegerField(help_text="For the filter `campaign_id`; -1 is what was over the day's limit.")
    name = serializers.CharField(allow_null=True, help_text="Its name.")


class MessageSerializer(serializers.Serializer):
    """One SMS with all its parts."""

    id = serializers.CharField(
        help_text="The gateway's message id; without the scope `numbers` masked where it holds the recipient's number."
    )
    account = serializers.CharField(help_text="The gateway account, by its name.")
    tenant = serializers.CharField(help_text="The tenant, by its short name.")
    day = serializers.DateField(help_text="The day it was sent on, in the tenant's time zone.")
    partner_id = serializers.CharField(help_text="The platformPartnerId.")
    ref_id = serializers.CharField(allow_null=True, help_text="The sender's refId.")
    campaign = CampaignSerializer(allow_null=True, help_text="Null: it belongs to none.")
    variant = serializers.CharField(help_text="Empty: none.")
    labels = serializers.DictField(child=serializers.CharField(), help_text="What else the refId says.")
    custom_parameters = serializers.DictField(
        help_text="As the sender gave them; without the scope `numbers` phone numbers in names and values are masked."
    )
    source = serializers.CharField(allow_null=True, help_text="The sender; masked where it is a phone number.")
    sender_type = serializers.CharField(help_text="Such as `alphanumeric`, `msisdn` or `shortcode`; empty: unknown.")
    destination = serializers.CharField(
        allow_null=True, help_text="The recipient's number, masked for keys without the scope `numbers`."
    )
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    operator = serializers.CharField(help_text="Empty: unknown.")
    parts = serializers.IntegerField(help_text="SMS parts it was sent in.")
    status = serializers.ChoiceField(choices=STATUSES, help_text="Its state.")
    counts_as = serializers.ChoiceField(choices=CLASSES, help_text="Which of the four counts it is in.")
    result_code = serializers.IntegerField(allow_null=True, help_text="The gateway's code; null: none has come.")
    final = serializers.BooleanField(help_text="No other state is expected.")
    sent_at = serializers.DateTimeField(help_text="When it was sent.")
    status_at = serializers.DateTimeField(allow_null=True, help_text="When it came into its state.")
    delivered_at = serializers.DateTimeField(allow_null=True, help_text="When it was delivered.")
    received_at = serializers.DateTimeField(help_text="When it was first heard of: by a report or a submission.")
    url = serializers.CharField(help_text="The message with its delivery reports.")


class DeliveryReportSerializer(serializers.Serializer):
    """One status event of a message, or of one of its parts."""

    part = serializers.IntegerField(allow_null=True, help_text="Null: it speaks for the whole message.")
    result_code = serializers.IntegerField(help_text="The gateway's code.")
    status_at = serializers.DateTimeField(allow_null=True, help_text="The operator's time.")
    sent_at = serializers.DateTimeField(allow_null=True, help_text="When the message was sent, as this report says.")
    operator = serializers.CharField(allow_null=True, help_text="The operator, as this report says.")
    operator_result_code = serializers.CharField(allow_null=True, help_text="The operator's own code.")
    received_at = serializers.DateTimeField(help_text="When this report came in.")


class MessageWithReportsSerializer(MessageSerializer):
    """One SMS, and all that was reported about it in the order of the operators' times."""

    reports = DeliveryReportSerializer(many=True, help_text="Those without a time of the operator come last.")


class ReadNumberSerializer(serializers.Serializer):
    """How a number without a country code is read."""

    number = serializers.CharField(help_text="The number in E.164.")
    country = serializers.CharField(help_text="The country in which it is read (alpha-2).")


class MessagePageSerializer(ForwardPageSerializer):
    """A page of messages, newest first."""

    data = MessageSerializer(many=True, help_text="The messages.")
    previous_cursor = serializers.CharField(
        allow_null=True, help_text="`cursor` of the page before; null on the first one."
    )
    number_read_as = ReadNumberSerializer(
        allow_null=True, help_text="How the filter `number` is read where it has no country code; else null."
    )

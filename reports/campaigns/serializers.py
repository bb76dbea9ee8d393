"""The shapes of campaigns in the API."""

from rest_framework import serializers

from campaigns.conversions.models import MAX_WINDOW
from campaigns.details import (
    MAX_DAY_NOTE,
    MAX_DAY_NOTES,
    MAX_NOTE,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    MAX_VARIANTS,
    MAX_WEIGHT,
)
from portal.api.parameters import MAX_NUMBER
from portal.api.serializers import ChangePageSerializer
from reports.figures.serializers import FiguresSerializer
from reports.pricing.serializers import AmountsSerializer, CostsSerializer


class CampaignAnswer(serializers.Serializer):
    """A campaign and what people say about it."""

    id = serializers.IntegerField(help_text="The campaign's id, also `campaign.id` of its messages.")
    tenant = serializers.CharField(help_text="Slug of its tenant.")
    name = serializers.CharField(help_text="The name in its refIds.")
    title = serializers.CharField(help_text="Its title on pages; empty: none.")
    note = serializers.CharField(help_text="A note; empty: none.")
    tags = serializers.ListField(child=serializers.CharField(), help_text="Its tags.")
    owner = serializers.EmailField(allow_null=True, help_text="The member who is in charge of it; null: nobody.")
    planned_start = serializers.DateField(allow_null=True, help_text="The planned first day.")
    planned_split = serializers.DictField(
        child=serializers.IntegerField(min_value=1), help_text="The planned weight of each variant; empty: none."
    )
    day_notes = serializers.DictField(child=serializers.CharField(), help_text="Notes by day, such as 2026-10-06.")
    conversion_window = serializers.IntegerField(
        allow_null=True,
        help_text="Minutes from delivery in which a message can have an event; null: the kind's or the customer's.",
    )
    archived_at = serializers.DateTimeField(allow_null=True, help_text="Null: it is not archived.")
    merged_into = serializers.IntegerField(
        allow_null=True, help_text="The id of the campaign that it is shown as part of; null: it is shown by itself."
    )
    created_at = serializers.DateTimeField(help_text="When its first message was received.")
    url = serializers.CharField(help_text="Its address.")


class Weight(serializers.IntegerField):
    """A weight of a split: a JSON number without decimals."""

    def to_internal_value(self, data: object) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class ChangeCampaignBody(serializers.Serializer):
    """Words of people about a campaign: title, note, tags, owner, plan, notes on days."""

    title = serializers.CharField(
        max_length=MAX_TITLE, allow_blank=True, required=False, help_text="Its title on pages; empty: none."
    )
    note = serializers.CharField(max_length=MAX_NOTE, allow_blank=True, required=False, help_text="Empty: none.")
    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG),
        max_length=MAX_TAGS,
        required=False,
        help_text="All its tags, without commas.",
    )
    owner = serializers.CharField(
        max_length=254, allow_null=True, required=False, help_text="E-mail address of a member of its tenant, or null."
    )
    planned_start = serializers.DateField(allow_null=True, required=False, help_text="The planned first day, or null.")
    planned_split = serializers.DictField(
        child=Weight(min_value=1, max_value=MAX_WEIGHT),
        required=False,
        help_text=f"The planned weight of each of 2 to {MAX_VARIANTS} variants; empty: none.",
    )
    day_notes = serializers.DictField(
        child=serializers.CharField(max_length=MAX_DAY_NOTE),
        required=False,
        help_text=f"Notes by day, such as 2026-10-06; at most {MAX_DAY_NOTES}.",
    )
    conversion_window = serializers.IntegerField(
        min_value=1,
        max_value=MAX_WINDOW,
        allow_null=True,
        required=False,
        help_text="Minutes from delivery in which a message can have an event; null: the kind's or the customer's.",
    )
    archived = serializers.BooleanField(required=False, help_text="Whether it is archived.")


class MergeBody(serializers.Serializer):
    """The campaign that another one is shown as part of."""

    into = serializers.IntegerField(
        min_value=0, max_value=MAX_NUMBER, help_text="The `id` of a campaign of the same tenant."
    )


class CampaignsAnswer(ChangePageSerializer):
    """A page of campaigns, newest first."""

    data = CampaignAnswer(many=True, help_text="The campaigns.")  # type: ignore[assignment]  # Serializer has the name, too


class CampaignAmountsSerializer(AmountsSerializer):
    """Amounts in one currency, beside conversions and revenue."""

    per_conversion = serializers.DecimalField(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text="The cost divided by attributed events of all kinds; null without any.",
    )
    revenue = serializers.DecimalField(
        max_digits=None,
        decimal_places=None,
        allow_null=True,
        help_text="The value of attributed events in this currency; null without any.",
    )

    def get_fields(self) -> dict:
        gain = serializers.FloatField(
            allow_null=True, help_text="(revenue − cost) ÷ cost: 0 pays for itself; null without revenue or cost."
        )
        return super().get_fields() | {"return": gain}


class CampaignCostsSerializer(CostsSerializer):
    """Tells what the messages cost the tenant of the key, by its price lists."""

    amounts = CampaignAmountsSerializer(many=True, help_text="One for each currency; currencies are never added.")


class VariantFiguresSerializer(FiguresSerializer):
    """The figures of one variant."""

    costs = CampaignCostsSerializer(allow_null=True, help_text="Null without the scope `billing` or a price list.")
    variant = serializers.CharField(help_text="The variant; empty: messages without one.")


class RevenueSerializer(serializers.Serializer):
    """The value of events in one currency."""

    currency = serializers.CharField(help_text="ISO 4217, such as EUR.")
    total = serializers.FloatField(help_text="The sum of all events.")
    per_message = serializers.FloatField(allow_null=True, help_text="Per delivered message.")
    per_recipient = serializers.FloatField(allow_null=True, help_text="Per recipient that got a message.")


class ConvertedSerializer(serializers.Serializer):
    """Conversions of a group of recipients."""

    converted = serializers.IntegerField(help_text="Recipients that got a message and have an event.")
    recipients = serializers.IntegerField(help_text="Recipients that got a message.")
    rate = serializers.FloatField(allow_null=True, help_text="converted ÷ recipients.")
    interval = serializers.ListField(
        child=serializers.FloatField(), allow_null=True, help_text="The rate's 95% interval (Wilson)."
    )
    revenue = RevenueSerializer(many=True, help_text="By currency.")


class ConversionsSerializer(ConvertedSerializer):
    """Events of one kind that are attributed to a campaign's messages."""

    kind = serializers.CharField(help_text="The kind's name.")
    events = serializers.IntegerField(help_text="Attributed events.")
    messages = serializers.IntegerField(help_text="Messages that have at least one.")
    confirmed = serializers.FloatField(
        allow_null=True, help_text="Of one-time passwords: messages with an event ÷ delivered messages. Else null."
    )
    median_seconds = serializers.FloatField(allow_null=True, help_text="Median time from delivery to event.")


class CampaignWithFiguresAnswer(CampaignAnswer):
    """A campaign with its figures."""

    first_day = serializers.DateField(allow_null=True, help_text="The first day with messages; null: no figures.")
    last_day = serializers.DateField(allow_null=True, help_text="The last day with messages so far.")
    timezone = serializers.CharField(help_text="The zone of days: the tenant's.")
    data_as_of = serializers.DateTimeField(help_text="Every change of messages before this instant is counted.")
    provisional_from = serializers.DateField(
        allow_null=True, help_text="The first day that late reports may still change; null: none."
    )
    figures = FiguresSerializer(allow_null=True, help_text="All its messages; null: none, or it is merged.")
    costs = CampaignCostsSerializer(
        allow_null=True, help_text="Null without figures, the scope `billing` or a price list."
    )
    variants = VariantFiguresSerializer(many=True, help_text="The same by variant, the largest first.")
    conversions = ConversionsSerializer(many=True, help_text="Conversions by kind. Empty for a key of an account.")
    conversions_as_of = serializers.DateTimeField(
        allow_null=True, help_text="Events and messages up to this time are attributed; null: no figures."
    )
    replies = serializers.IntegerField(
        allow_null=True, help_text="Messages that recipients sent back; null: not counted, as always so far."
    )

"""The shapes of hours, speed and numbers of recipients of a campaign in the API."""

from rest_framework import serializers

from portal.api.serializers import CountedSerializer


def _share(text: str) -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=f"{text} Null: the divisor is 0.")


class CourseAnswer(CountedSerializer):
    """Fields that all of these answers have."""

    campaign = serializers.CharField(help_text="The campaign's name, masked without the scope `numbers`.")
    maturity = _share("Share of messages with a final status.")


class HourAnswer(serializers.Serializer):
    """Messages sent in an hour of the day."""

    hour = serializers.IntegerField(min_value=0, max_value=23, help_text="The hour of the clock: 14 is from 14:00 on.")
    messages = serializers.IntegerField(help_text="Messages sent.")
    delivered = serializers.IntegerField(help_text="Of these, messages delivered.")
    delivery_rate = _share("Their share.")
    median = serializers.FloatField(
        allow_null=True, help_text="Seconds in which half of the delivered ones arrived; null: none was delivered."
    )


class HoursAnswer(CourseAnswer):
    """A campaign's messages by hour of sending."""

    data = HourAnswer(many=True, help_text="Hours with messages, in the order of the clock.")  # type: ignore[assignment]  # Serializer has the name, too


class SpeedPointAnswer(serializers.Serializer):
    """The share of sent messages that had arrived by a time."""

    seconds = serializers.IntegerField(help_text="Seconds from sending.")
    share = _share("Share of all sent messages that were delivered by then.")
    compared = serializers.FloatField(
        allow_null=True, help_text="The same of the campaign compared with; null: none, or it has no messages."
    )


class ReachedAnswer(serializers.Serializer):
    """The time by which most messages had arrived."""

    share = serializers.FloatField(help_text="The largest of the shares 0.9, 0.75 and 0.5 that was reached.")
    seconds = serializers.FloatField(help_text="Seconds after which so many of all sent messages had arrived.")


class SpeedAnswer(CourseAnswer):
    """The speed curve of a campaign."""

    compared_with = serializers.IntegerField(allow_null=True, help_text="The `id` of the campaign compared with.")
    messages = serializers.IntegerField(help_text="Messages sent: the divisor of all shares.")
    reached = ReachedAnswer(allow_null=True, help_text="Null: less than half have arrived.")
    data = SpeedPointAnswer(many=True, help_text="The curve at these times.")  # type: ignore[assignment]  # Serializer has the name, too


class RecipientCountsAnswer(CourseAnswer):
    """Different recipients of a campaign by the best that is known of each; the four numbers make up `recipients`."""

    recipients = serializers.IntegerField(help_text="All different recipients.")
    delivered = serializers.IntegerField(help_text="Recipients that got a message.")
    pending = serializers.IntegerField(help_text="Of the others, those with a message on its way.")
    unknown = serializers.IntegerField(help_text="Of the others, those about whom the gateway cannot tell.")
    failed = serializers.IntegerField(help_text="Recipients for whom every message failed.")
    messages_without_number = serializers.IntegerField(help_text="Messages without a readable number, counted apart.")
    maturity = _share("Share of recipients that are not pending.")

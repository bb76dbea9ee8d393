"""The shape of an A/B test in the API."""

from rest_framework import serializers

from portal.api.serializers import CountedSerializer
from reports.campaigns.ab_figures import Metric, Outcome


class _Interval(serializers.ListField):
    """Two ends of an interval."""

    def __init__(self, **kwargs) -> None:
        super().__init__(child=serializers.FloatField(), min_length=2, max_length=2, **kwargs)


class AbVariantSerializer(serializers.Serializer):
    """One variant. `delivered`, `failed`, `pending` and `unknown` make up `messages`."""

    name = serializers.CharField(help_text="The variant, with possible phone numbers masked unless the key sees them.")
    messages = serializers.IntegerField(help_text="Messages sent.")
    delivered = serializers.IntegerField(help_text="Messages delivered.")
    failed = serializers.IntegerField(help_text="Messages failed, expired or rejected.")
    pending = serializers.IntegerField(help_text="Messages queued or sent, without a final report.")
    unknown = serializers.IntegerField(help_text="Messages whose result is uncertain.")
    counted = serializers.IntegerField(
        help_text=(
            "Messages that the rate is of: all, or those at least `within` seconds old while `is_running`. Of"
            " `converted` and `revenue` recipients: all addressed, or those whose messages are at least `window`"
            " seconds old."
        )
    )
    reached = serializers.IntegerField(
        help_text="Of these, the messages that count as reached by the metric, or the recipients with an event."
    )
    rate = serializers.FloatField(allow_null=True, help_text="reached ÷ counted, from 0 to 1. Null: the divisor is 0.")
    rate_interval = _Interval(allow_null=True, help_text="Wilson's 95% interval of the rate.")
    revenue_per_recipient = serializers.FloatField(
        allow_null=True,
        help_text=(
            "Mean value of the events of a recipient counted, in units of `currency`. Null without a currency, and for"
            " other metrics."
        ),
    )
    revenue_interval = _Interval(allow_null=True, help_text="Student's 95% interval of it.")
    first_sent_at = serializers.DateTimeField(
        allow_null=True, help_text="When its first message was sent; null: no longer stored."
    )
    last_sent_at = serializers.DateTimeField(
        allow_null=True, help_text="When its last message was sent; null: no longer stored."
    )
    is_mature = serializers.BooleanField(help_text="Whether late reports will hardly change its rate.")


class AbStratifiedSerializer(serializers.Serializer):
    """The difference within the same countries and operators (Mantel-Haenszel, Sato's variance)."""

    difference = serializers.FloatField(help_text="Difference of the rates: 0.07 is 7 points. Of revenue an amount.")
    interval = _Interval(help_text="95% interval of the difference.")


class _PairSerializer(serializers.Serializer):
    """The better of two variants against the other. Differences and losses of revenue are in units of the currency."""

    better = serializers.CharField(help_text="The variant with the higher rate or revenue.")
    other = serializers.CharField(help_text="The other variant.")
    difference = serializers.FloatField(help_text="Difference of the rates: 0.07 is 7 points. Of revenue an amount.")
    interval = _Interval(help_text="95% interval: Newcombe's, of revenue Welch's; always-valid while `is_running`.")
    p_value = serializers.FloatField(help_text="Two-sided, adjusted for the number of comparisons (Holm).")
    is_sure = serializers.BooleanField(help_text="Whether the p-value is under 0.05 and the interval above 0.")
    is_exact = serializers.BooleanField(help_text="Whether the p-value is that of Fisher's exact test.")
    win_probability = serializers.FloatField(
        allow_null=True, help_text="Probability that `better` has the higher rate or revenue; null while `is_running`."
    )
    expected_loss = serializers.FloatField(
        allow_null=True, help_text="What choosing `better` loses on average; null while `is_running`."
    )
    expected_loss_of_other = serializers.FloatField(
        allow_null=True, help_text="What choosing `other` loses on average; null while `is_running`."
    )
    minimal_detectable_difference = serializers.FloatField(
        allow_null=True, help_text="Difference that so many would find with 80% power; null: nothing varies."
    )
    within_places = AbStratifiedSerializer(
        allow_null=True, help_text="Set if the variants went to countries or operators in different shares."
    )


class AbComparisonSerializer(_PairSerializer):
    """The better of two variants against the other."""

    messages = serializers.IntegerField(help_text="Messages, or recipients, counted of both.")


class AbSplitSerializer(serializers.Serializer):
    """The split against the planned one."""

    planned = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text=(
            "The planned weights in the order of the variants: those of the request, else the campaign's own"
            " `planned_split`. Null: none is planned."
        ),
    )
    p_value = serializers.FloatField(
        allow_null=True, help_text="Null: no split is planned, or it cannot be judged before sending is over."
    )
    is_wrong = serializers.BooleanField(help_text="Whether the split is not the planned one (p under 0.001).")


class AbPlaceSerializer(serializers.Serializer):
    """A variant's messages in one country and operator; both null: all other places together."""

    country = serializers.CharField(allow_null=True, help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    operator = serializers.CharField(
        allow_null=True, allow_blank=True, help_text="As named in delivery reports; empty: unknown."
    )
    variant = serializers.CharField(help_text="The variant.")
    messages = serializers.IntegerField(help_text="Messages sent.")
    delivered = serializers.IntegerField(help_text="Messages delivered.")
    counted = serializers.IntegerField(help_text="Messages, or recipients, that the rate is of.")
    reached = serializers.IntegerField(help_text="Of these, those that count as reached or converted.")


class AbConvertedSerializer(serializers.Serializer):
    """A variant's recipients with a conversion event."""

    name = serializers.CharField(help_text="The variant.")
    addressed = serializers.IntegerField(help_text="Different recipients that it was sent to.")
    converted = serializers.IntegerField(help_text="Of these, recipients with an attributed event.")
    counted = serializers.IntegerField(
        help_text="Recipients compared: all, or those whose messages are at least `window` seconds old."
    )
    reached = serializers.IntegerField(
        help_text="Of these, recipients with an event, within the window after sending while `is_running`."
    )
    rate = serializers.FloatField(allow_null=True, help_text="reached ÷ counted. Null: the divisor is 0.")
    rate_interval = _Interval(allow_null=True, help_text="Wilson's 95% interval.")
    revenue_per_recipient = serializers.FloatField(
        allow_null=True, help_text="Mean value of the events of a recipient counted, in units of `currency`."
    )
    revenue_interval = _Interval(allow_null=True, help_text="Student's 95% interval of it.")


class AbConvertedPairSerializer(_PairSerializer):
    """The better of two variants against the other, by conversions or by revenue."""

    recipients = serializers.IntegerField(help_text="Recipients counted of both.")


class AbConversionsSerializer(serializers.Serializer):
    """The test by conversions."""

    sentences = serializers.ListField(child=serializers.CharField(), help_text="What it shows, in `lang`.")
    is_running = serializers.BooleanField(help_text="Whether more events may still come, or late reports.")
    window = serializers.IntegerField(help_text="The longest window of events, in seconds.")
    currency = serializers.CharField(allow_null=True, help_text="ISO 4217; null if events have none or several.")
    variants = AbConvertedSerializer(many=True, help_text="The variants by name.")
    comparisons = AbConvertedPairSerializer(many=True, help_text="Pairs by the share converted.")
    revenue_comparisons = AbConvertedPairSerializer(
        many=True, help_text="Pairs by revenue per recipient; empty without a currency."
    )


class AbSerializer(CountedSerializer):
    """An A/B test."""

    maturity = serializers.FloatField(
        allow_null=True, help_text="Share of the variants' messages with a final status. Null: no messages."
    )
    campaign = serializers.CharField(help_text="The campaign's name, masked as variants are.")
    metric = serializers.ChoiceField(choices=[one.value for one in Metric], help_text="As in the request.")
    within = serializers.IntegerField(help_text="Seconds, as in the request.")
    window = serializers.IntegerField(
        allow_null=True, help_text="The longest window of events, in seconds; null for metrics of messages."
    )
    currency = serializers.CharField(
        allow_null=True,
        help_text="ISO 4217; of the metric `revenue`, null if events have no value or several currencies.",
    )
    is_running = serializers.BooleanField(
        help_text=(
            "Whether late reports may still change the rates. Then a message counts as reached if it was delivered"
            " within `within` seconds, and only messages at least that old are counted. Of `converted` and `revenue`:"
            " whether events may still come. Then an event counts within `window` seconds after sending, and only"
            " recipients whose messages are at least that old."
        )
    )
    outcome = serializers.ChoiceField(
        choices=[one.value for one in Outcome],
        help_text=(
            "`winner`: one variant is surely above every other. `behind`: some are surely below the best. `open`: no"
            " sure difference. `mixed`: countries or operators may explain it. `split`: not the planned split."
            " `few`: not enough messages or recipients. `no_events`: no conversion event, or no revenue of one"
            " currency. `one`, `none`: nothing to compare."
        ),
    )
    sentence = serializers.CharField(help_text="The outcome in one sentence, in `lang`.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="What limits it, in `lang`.")
    without_variant = serializers.IntegerField(help_text="Messages of the campaign without a variant.")
    variants = AbVariantSerializer(many=True, help_text="The variants, by name or in the order chosen.")
    comparisons = AbComparisonSerializer(
        many=True, help_text="All pairs of variants with 30 messages, or recipients, or more."
    )
    split = AbSplitSerializer(help_text="The split.")
    conversions = AbConversionsSerializer(
        allow_null=True, help_text="Null if no recipient of the variants has an attributed event."
    )
    places = AbPlaceSerializer(many=True, help_text="The six largest places and the rest; empty if there is one place.")

"""The shape of the Overview's highlights in the API."""

from rest_framework import serializers

from portal.api.serializers import CountedSerializer


class SlowDayAnswer(serializers.Serializer):
    """A day on which half of an operator's delivered messages took longer than usual."""

    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    operator = serializers.CharField(help_text="As in delivery reports; empty: unknown.")
    day = serializers.DateField(help_text="The day.")
    median = serializers.FloatField(help_text="Seconds in which half of the day's messages arrived.")
    usual = serializers.FloatField(help_text="The same of the whole period.")
    delivered = serializers.IntegerField(help_text="Messages delivered on the day.")


class WorseCountryAnswer(serializers.Serializer):
    """A country where failing became more frequent."""

    country = serializers.CharField(help_text="ISO 3166-1 alpha-2; `ZZ`: unknown.")
    since = serializers.DateField(help_text="The first day of the later part.")
    failed = serializers.IntegerField(help_text="Messages that failed from that day on.")
    failed_share = serializers.FloatField(help_text="Their share of the delivered and failed ones of these days.")
    failed_share_before = serializers.FloatField(help_text="The same of the days before.")
    p_value = serializers.FloatField(help_text="Corrected for all comparisons (Bonferroni).")


class OtherVariantAnswer(serializers.Serializer):
    """Another variant of the campaign."""

    variant = serializers.CharField(help_text="The variant.")
    delivery_rate = serializers.FloatField(help_text="Its delivery rate.")


class WinnerAnswer(serializers.Serializer):
    """A variant that is surely delivered more often than each other one."""

    campaign = serializers.CharField(help_text="The campaign.")
    variant = serializers.CharField(help_text="The better variant.")
    delivery_rate = serializers.FloatField(help_text="Its delivery rate.")
    others = OtherVariantAnswer(many=True, help_text="All others of 30 messages or more, the nearest first.")
    difference = serializers.FloatField(help_text="Difference from the nearest other: 0.02 is 2 points.")
    interval = serializers.ListField(
        child=serializers.FloatField(), min_length=2, max_length=2, help_text="Its 95% interval."
    )


class HighlightsAnswer(CountedSerializer):
    """Highlights of a period, the strongest of each kind first."""

    to = serializers.DateField(help_text="Last day.")
    maturity = serializers.FloatField(
        allow_null=True, help_text="Share of messages with a final status. Null: no messages."
    )
    are_days_compared = serializers.BooleanField(
        help_text="False for longer periods: slow days and countries are not looked for."
    )
    slow_days = SlowDayAnswer(many=True, help_text="Slow days.")
    worse_countries = WorseCountryAnswer(many=True, help_text="Countries where more messages fail.")
    winners = WinnerAnswer(many=True, help_text="Better variants.")

    def get_fields(self) -> dict:
        return {"from": serializers.DateField(help_text="First day.")} | super().get_fields()


HIGHLIGHTS = {
    "from": "2026-10-01",
    "to": "2026-10-31",
    "data_as_of": "2026-11-05T06:00:00.123456Z",
    "timezone": "Europe/Helsinki",
    "maturity": 0.998,
    "are_days_compared": True,
    "slow_days": [
        {"country": "SE", "operator": "se.telia", "day": "2026-10-14", "median": 240.0, "usual": 4.2, "delivered": 410}
    ],
    "worse_countries": [
        {
            "country": "NO", "since": "2026-10-20", "failed": 96, "failed_share": 0.12, "failed_share_before": 0.03,
            "p_value": 0.0000012,
        }
    ],
    "winners": [
        {
            "campaign": "October sale", "variant": "B", "delivery_rate": 0.966,
            "others": [{"variant": "A", "delivery_rate": 0.896}], "difference": 0.07, "interval": [0.048, 0.092],
        }
    ],
}  # fmt: skip

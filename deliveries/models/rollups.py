"""Sums of the counts over whole days, ten days and months, so that a long period takes few rows.

They are computed from `daily_count`, `campaign_count`, `latency_count` and the counts of segments when a span has
become quiet. They are valid while their CondensedSpan is ready: every change of a count deletes that row
(deliveries/counts/rollups.py). Other periods are read from the counts.
"""

from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from deliveries.models.counts import CountryAndOperator, OfCampaign, OfDay, OfState
from deliveries.models.segment_counts import OfSegment
from portal.common.periods import Month
from portal.tenants.models import Tenant

_TENS = (1, 11, 21)  # days of a month on which ten days begin; the last ones have eight to eleven


class Span(models.TextChoices):
    """Span of a roll-up row: a tenant's day, or the ten days or the month that begin on it."""

    DAY = "day"
    TEN_DAYS = "ten_days"
    MONTH = "month"

    def end_of(self, day: date) -> date:
        """Return the day after the last one of the span that begins on `day`."""
        if self == Span.DAY:
            return day + timedelta(days=1)
        if self == Span.MONTH or day.day == _TENS[-1]:
            return Month.of(day).next().first_day
        return day + timedelta(days=10)

    def of(self, day: date) -> date:
        """Return the first day of the span that the day lies in."""
        if self == Span.DAY:
            return day
        return day.replace(day=1 if self == Span.MONTH else max(first for first in _TENS if first <= day.day))


class CondensedSpan(models.Model):
    """A tenant's span by its first day; `is_ready` once its rows below are what the counts say."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "day")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    span = models.TextField(choices=Span, db_collation="C")
    day = models.DateField()
    is_ready = models.BooleanField(default=False)
    # Digest of the final codes of every account when `final` was summed up (deliveries/counts/final_codes.py).
    final_codes = models.TextField(db_default="", db_collation="C")

    class Meta:
        db_table = "condensed_span"

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.span} {self.day}"


class Condensed(OfDay):
    """Common columns of roll-ups; `day` is the span's first."""

    span = models.TextField(choices=Span, db_collation="C")

    class Meta:
        abstract = True


class InBuckets(models.Model):
    """Delivered messages by latency bucket (campaigns/latency.py) in one row.

    `bucket_messages` are those of each of `buckets`, which ascend.
    """

    buckets = ArrayField(models.SmallIntegerField())
    bucket_messages = ArrayField(models.BigIntegerField())

    class Meta:
        abstract = True


class CondensedCampaign(Condensed, InBuckets):
    """Of CampaignCount and LatencyCount by campaign alone: one row with what its messages count as, and their times.

    `median` is the bucket of the delivered messages' median. `variants` are those with messages, sorted, without ''.
    `first_day` and `last_day` are days with messages. `final` holds only while the span's `final_codes` are the present
    ones.
    """

    pk = models.CompositePrimaryKey("tenant_id", "span", "day", "account_id", "campaign_id")
    campaign_id = models.IntegerField()
    parts = models.BigIntegerField()
    delivered = models.BigIntegerField()
    failed = models.BigIntegerField()
    pending = models.BigIntegerField()
    unknown = models.BigIntegerField()
    median = models.SmallIntegerField(null=True)
    final = models.BigIntegerField(default=0)
    variants = ArrayField(models.TextField(db_collation="C"), default=list)
    first_day = models.DateField(null=True)
    last_day = models.DateField(null=True)

    class Meta:
        db_table = "condensed_campaign"
        indexes = [
            models.Index(
                fields=["tenant", "span", "campaign_id", "day"], include=["messages"], name="condensed_campaign_days"
            )
        ]


class CondensedCampaignCount(Condensed, OfCampaign, OfState):
    """Of CampaignCount, without country, operator and sender type."""

    pk = models.CompositePrimaryKey(
        "tenant_id", "span", "day", "account_id", "campaign_id", "variant", "status", "result_code"
    )

    class Meta:
        db_table = "condensed_campaign_count"


class CondensedCampaignPlace(Condensed, OfCampaign, CountryAndOperator, OfState):
    """Of CampaignCount, with all its keys: of months alone, since a day has as many rows there."""

    pk = models.CompositePrimaryKey(
        "tenant_id",
        "span",
        "day",
        "account_id",
        "campaign_id",
        "variant",
        "country",
        "operator",
        "sender_type",
        "status",
        "result_code",
    )

    class Meta:
        db_table = "condensed_campaign_place"


class CondensedDay(Condensed, OfState):
    """Of DailyCount, without place, sender type and partner ID."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "day", "account_id", "status", "result_code")

    class Meta:
        db_table = "condensed_day"


class CondensedPlace(Condensed, CountryAndOperator, OfState):
    """Of DailyCount, without partner ID."""

    pk = models.CompositePrimaryKey(
        "tenant_id", "span", "day", "account_id", "country", "operator", "sender_type", "status", "result_code"
    )

    class Meta:
        db_table = "condensed_place"


class CondensedDailyCount(Condensed, CountryAndOperator, OfState):
    """Of DailyCount, with all its keys: of months alone, since a day has as many rows there."""

    pk = models.CompositePrimaryKey(
        "tenant_id",
        "span",
        "day",
        "account_id",
        "partner_id",
        "country",
        "operator",
        "sender_type",
        "status",
        "result_code",
    )
    partner_id = models.TextField(db_collation="C")

    class Meta:
        db_table = "condensed_daily_count"


class CondensedLatency(Condensed, CountryAndOperator, InBuckets):
    """Of LatencyCount, without campaign and variant, one row for all buckets.

    `messages` are those of all buckets, `median` is the bucket of their median.
    """

    pk = models.CompositePrimaryKey("tenant_id", "span", "day", "account_id", "country", "operator", "sender_type")
    median = models.SmallIntegerField(null=True)

    class Meta:
        db_table = "condensed_latency"


class CondensedCampaignLatency(Condensed, OfCampaign, CountryAndOperator, InBuckets):
    """Of LatencyCount with all its keys, one row for all buckets: of months alone, since a day has as many rows there.

    `messages` are those of all buckets.
    """

    pk = models.CompositePrimaryKey(
        "tenant_id", "span", "day", "account_id", "campaign_id", "variant", "country", "operator", "sender_type"
    )

    class Meta:
        db_table = "condensed_campaign_latency"


class CondensedSegmentCount(Condensed, OfSegment, OfState):
    """Of SegmentCount, without country, operator and sender type."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "day", "key", "account_id", "value", "status", "result_code")

    class Meta:
        db_table = "condensed_segment_count"


class CondensedSegment(Condensed, OfSegment, InBuckets):
    """Of SegmentCount and SegmentLatencyCount by value alone: one row with its messages and their times to delivery."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "day", "key", "account_id", "value")

    class Meta:
        db_table = "condensed_segment"
        indexes = [
            models.Index(
                fields=["tenant", "span", "key", "value", "day"], include=["messages"], name="condensed_segment_days"
            )
        ]

"""Sums of the counts over whole days and months, so that a long period takes few rows.

They are made of `campaign_count` and `latency_count` when a day or month has become quiet, and hold only while their
CondensedSpan is ready: whoever changes a count of it takes that row away (deliveries/services/condense.py). What is
not ready is read from the counts.
"""

from django.db import models

from deliveries.models.counts import Count
from portal.tenants.models import GatewayAccount, Tenant


class Span(models.TextChoices):
    """What a row sums up: a tenant's day, or the month that begins on it."""

    DAY = "day"
    MONTH = "month"


class CondensedSpan(models.Model):
    """A tenant's day or month (its first day); `is_ready` once its rows below are what the counts say."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "day")
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    span = models.TextField(choices=Span, db_collation="C")
    day = models.DateField()
    is_ready = models.BooleanField(default=False)

    class Meta:
        db_table = "condensed_span"

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.span} {self.day}"


class Condensed(Count):
    """What all of them share beside whose and how many."""

    span = models.TextField(choices=Span, db_collation="C")
    day = models.DateField()
    account = models.ForeignKey(GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")

    class Meta:
        abstract = True


class CondensedCampaignCount(Condensed):
    """Of CampaignCount, without country, operator and sender type."""

    pk = models.CompositePrimaryKey(
        "tenant_id", "span", "day", "account_id", "campaign_id", "variant", "status", "result_code"
    )
    campaign_id = models.IntegerField()
    variant = models.TextField(db_collation="C")
    status = models.TextField(db_collation="C")
    result_code = models.IntegerField()
    parts = models.BigIntegerField()

    class Meta:
        db_table = "condensed_campaign_count"


class CondensedLatencyCount(Condensed):
    """Of LatencyCount, without campaign and variant."""

    pk = models.CompositePrimaryKey(
        "tenant_id", "span", "day", "account_id", "country", "operator", "sender_type", "bucket"
    )
    country = models.CharField(max_length=2)
    operator = models.TextField(db_collation="C")
    sender_type = models.TextField(db_collation="C")
    bucket = models.SmallIntegerField()

    class Meta:
        db_table = "condensed_latency_count"


class CondensedCampaignLatency(Condensed):
    """Of LatencyCount, by campaign and bucket alone; of months only, as a day's would be hardly fewer rows."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "day", "account_id", "campaign_id", "bucket")
    campaign_id = models.IntegerField()
    bucket = models.SmallIntegerField()

    class Meta:
        db_table = "condensed_campaign_latency"

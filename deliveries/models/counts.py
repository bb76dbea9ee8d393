"""The counts that every figure is read from; they change in the transaction of the rows that they count.

Key columns are NOT NULL ('' or 0 for "none"). No CHECK (messages >= 0): it fails on the -1 of an upsert even where
the row exists; `reconcile` finds negatives. A row of zeros means nothing.
"""

from django.db import models

from portal.tenants.models import GatewayAccount, Tenant


class Count(models.Model):
    """Common columns of all counts: the tenant, and the numbers of messages and SMS parts."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    messages = models.BigIntegerField()

    class Meta:
        abstract = True


class OfDay(Count):
    """By the tenant's day and the gateway account."""

    day = models.DateField()
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class OfCampaign(models.Model):
    """By campaign and variant."""

    campaign_id = models.IntegerField()
    variant = models.TextField(db_collation="C")

    class Meta:
        abstract = True


class CountryAndOperator(models.Model):
    """By where messages went, and from what kind of sender."""

    country = models.CharField(max_length=2)
    operator = models.TextField(db_collation="C")
    sender_type = models.TextField(db_collation="C")

    class Meta:
        abstract = True


class OfState(models.Model):
    """By state, with the SMS parts too."""

    status = models.TextField(db_collation="C")
    result_code = models.IntegerField()
    parts = models.BigIntegerField()

    class Meta:
        abstract = True


class DailyCount(OfDay, CountryAndOperator, OfState):
    """Messages and parts by day, platformPartnerId, country, operator, sender type and state."""

    pk = models.CompositePrimaryKey(
        "tenant_id",
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
        db_table = "daily_count"


class CampaignCount(OfDay, OfCampaign, CountryAndOperator, OfState):
    """As DailyCount, with campaign and variant in place of the platformPartnerId."""

    pk = models.CompositePrimaryKey(
        "tenant_id",
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
        db_table = "campaign_count"


class HourCount(Count):
    """Messages and parts by quarter of an hour (UTC), account, country, operator and status.

    Local hours and days of every time zone are made of whole quarters. The time is the message's own, so no change of a
    zone moves a row. Rows before the tenant's `quarters_from` (RetentionMark) are of whole UTC hours, with account 0.
    """

    pk = models.CompositePrimaryKey("tenant_id", "quarter", "account_id", "country", "operator", "status")
    quarter = models.DateTimeField()
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    country = models.CharField(max_length=2)
    operator = models.TextField(db_collation="C")
    status = models.TextField(db_collation="C")
    parts = models.BigIntegerField()

    class Meta:
        db_table = "hour_count"


class LatencyCount(OfDay, OfCampaign, CountryAndOperator):
    """Delivered messages by latency bucket (campaigns/latency.py), one row a bucket."""

    pk = models.CompositePrimaryKey(
        "tenant_id",
        "day",
        "account_id",
        "campaign_id",
        "variant",
        "country",
        "operator",
        "sender_type",
        "bucket",
    )
    bucket = models.SmallIntegerField()

    class Meta:
        db_table = "latency_count"


class SubmissionCount(Count):
    """Submitted messages by hour (UTC) of sending; `unanswered` are those without a report."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "partner_id", "hour")
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    partner_id = models.TextField(db_collation="C")
    hour = models.DateTimeField()
    unanswered = models.BigIntegerField()

    class Meta:
        db_table = "submission_count"
        indexes = [
            # the standing check of the last day (deliveries/checks/submissions.py)
            models.Index(fields=["hour"], name="submission_count_by_hour"),
        ]

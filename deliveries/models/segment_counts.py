"""Counts by segment: what is stored, the changes that are still to be folded into it, and the sum of both.

Whoever changes messages only inserts changes, in the same transaction (deliveries/counts/segments.py). The worker folds
them into the stored counts (deliveries/counts/segment_fold.py). `SegmentCount` and `SegmentLatencyCount` are views of
both, so that a reader sees the counts of its snapshot's messages at all times.
"""

from django.db import models
from django.db.models.functions import Now

from deliveries.models.counts import CountryAndOperator, OfDay, OfState
from portal.tenants.models import GatewayAccount, Tenant

_STATE_KEY = (
    "tenant_id",
    "key",
    "day",
    "account_id",
    "value",
    "country",
    "operator",
    "sender_type",
    "status",
    "result_code",
)
_LATENCY_KEY = (*_STATE_KEY[:-2], "bucket")


class OfSegment(models.Model):
    """By segment key and value; `(none)` without the key, `(other)` in a full month (campaigns/segments.py)."""

    key = models.TextField(db_collation="C")
    value = models.TextField(db_collation="C")

    class Meta:
        abstract = True


class SegmentCount(OfDay, OfSegment, CountryAndOperator, OfState):
    """As CampaignCount, for each chosen segment key: the sum over one key's values is that of DailyCount.

    A view: several rows may have the same key columns, and some are negative.
    """

    pk = models.CompositePrimaryKey(*_STATE_KEY)

    class Meta:
        managed = False
        db_table = "segment_count"


class SegmentLatencyCount(OfDay, OfSegment, CountryAndOperator):
    """As LatencyCount, for each chosen segment key; a view like SegmentCount."""

    pk = models.CompositePrimaryKey(*_LATENCY_KEY)
    bucket = models.SmallIntegerField()

    class Meta:
        managed = False
        db_table = "segment_latency_count"


class StoredSegmentCount(OfDay, OfSegment, CountryAndOperator, OfState):
    """The part of SegmentCount that is stored."""

    pk = models.CompositePrimaryKey(*_STATE_KEY)

    class Meta:
        db_table = "stored_segment_count"


class StoredSegmentLatencyCount(OfDay, OfSegment, CountryAndOperator):
    """The part of SegmentLatencyCount that is stored."""

    pk = models.CompositePrimaryKey(*_LATENCY_KEY)
    bucket = models.SmallIntegerField()

    class Meta:
        db_table = "stored_segment_latency_count"


class SegmentChange(CountryAndOperator):
    """A message that is counted by its tenant's segment keys from now on, or was until now, or both.

    `segments` are the values that it is counted under, by the ids of the keys. The present state is `status`,
    `result_code` and `bucket`, the earlier one has `old_` before it; a state that is not is null.
    """

    pk = models.CompositePrimaryKey("tenant_id", "id")
    id = models.BigIntegerField(editable=False)  # an identity column
    tenant = models.ForeignKey(
        Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    day = models.DateField()
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    segments = models.JSONField()
    parts = models.SmallIntegerField()
    status = models.TextField(null=True, db_collation="C")
    result_code = models.IntegerField(null=True)
    bucket = models.SmallIntegerField(null=True)
    old_status = models.TextField(null=True, db_collation="C")
    old_result_code = models.IntegerField(null=True)
    old_bucket = models.SmallIntegerField(null=True)
    since = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "segment_change"

    def __str__(self) -> str:
        return f"{self.tenant_id} {self.day} {self.since}"

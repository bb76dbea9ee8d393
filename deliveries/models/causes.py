"""The ledger of causes: why counts of closed months have changed, as differences by cause.

It has the keys of `daily_count` and of `campaign_count` together (without the sender type, which no report shows), so
that every cell of a report finds its causes. Its rows are sums, like those of the counts: two changes that cancel each
other leave zeros.
"""

from django.db import models

from deliveries.models.counts import Count
from portal.tenants.models import GatewayAccount


class CountCause(Count):
    """The numbers that one cause has added to one key of the counts since the month was closed; they may be negative.

    `timed` are messages whose time from sending to delivery is known. `counted_in` is "" for differences of all counts;
    a repair differs in one count table alone, and names it.
    """

    pk = models.CompositePrimaryKey(
        "tenant_id",
        "day",
        "account_id",
        "partner_id",
        "campaign_id",
        "variant",
        "country",
        "operator",
        "status",
        "result_code",
        "cause",
        "counted_in",
    )
    day = models.DateField()
    account = models.ForeignKey(
        GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    partner_id = models.TextField(db_collation="C")
    campaign_id = models.IntegerField()
    variant = models.TextField(db_collation="C")
    country = models.CharField(max_length=2)
    operator = models.TextField(db_collation="C")
    status = models.TextField(db_collation="C")
    result_code = models.IntegerField()
    cause = models.TextField(db_collation="C")
    counted_in = models.TextField(db_collation="C")
    parts = models.BigIntegerField()
    timed = models.BigIntegerField()

    class Meta:
        db_table = "count_cause"


class ClosedMonth(models.Model):
    """A month of which a final report has been made: from then on the ledger explains what changes in its counts.

    It holds for all tenants. Reports of accounts and of parents contain tenants that have no report of their own.
    """

    month = models.DateField(primary_key=True)  # its first day

    class Meta:
        db_table = "closed_month"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"

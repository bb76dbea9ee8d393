"""Messages and their delivery reports: tenant facts, written by bulk SQL alone (deliveries/messages/store.py).

Never `save()` one: a changed part of a composite key would silently make a second row. The bits of `flags` are
named in deliveries/messages/fold.py.
"""

from django.db import models

from portal.tenants.models import GatewayAccount, Tenant


class Message(models.Model):
    """One SMS with all its parts; partitioned by month of `day` (deliveries/messages/partitions.py).

    `day` is the date of `sent_at` in the tenant's zone. The row holds every key of the counts, so a message is counted
    the same everywhere.
    """

    pk = models.CompositePrimaryKey("tenant_id", "day", "account_id", "message_id")
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    day = models.DateField()
    account = models.ForeignKey(GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    message_id = models.TextField(db_collation="C")
    # what it is about
    partner_id = models.TextField(db_collation="C")
    partner_rank = models.SmallIntegerField()
    ref_id = models.TextField(db_collation="C", null=True)
    campaign_id = models.IntegerField()
    variant = models.TextField(db_collation="C")
    labels = models.JSONField(null=True)
    custom_parameters = models.JSONField(null=True)
    source = models.TextField(null=True)
    destination = models.TextField(db_collation="C", null=True)
    sender_type = models.TextField()
    country = models.CharField(max_length=2)
    operator = models.TextField()
    parts = models.SmallIntegerField()
    # its state
    status = models.TextField()
    result_code = models.IntegerField()
    final = models.BooleanField()
    status_at = models.DateTimeField(null=True)
    part_states = models.JSONField(null=True)
    flags = models.SmallIntegerField()
    # its times
    sent_at = models.DateTimeField()
    sent_at_rank = models.SmallIntegerField()
    delivered_at = models.DateTimeField(null=True)
    latency_bucket = models.SmallIntegerField(null=True)
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()  # when the row was last written, never before that transaction began
    # for whom it is: null without a readable number (deliveries/messages/recipients.py)
    recipient_key = models.BinaryField(null=True)

    class Meta:
        db_table = "message"


class DeliveryReport(models.Model):
    """One status event of one part of one message (`part` null: the whole), in the message's month."""

    pk = models.CompositePrimaryKey("tenant_id", "day", "inbox_id")
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    day = models.DateField()
    account = models.ForeignKey(GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    message_id = models.TextField(db_collation="C")
    part = models.SmallIntegerField(null=True)
    result_code = models.IntegerField()
    status_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    operator = models.TextField(null=True)
    operator_result_code = models.TextField(null=True)
    feed_id = models.IntegerField()
    inbox_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField()  # for the tenant that has it

    class Meta:
        db_table = "delivery_report"


class MessageParameter(models.Model):
    """The value of a chosen custom parameter of one message, for searches; in the message's month.

    The rows are derived from the message and the tenant's chosen keys (deliveries/messages/parameter_rows.py).
    """

    pk = models.CompositePrimaryKey("tenant_id", "day", "key", "account_id", "message_id")
    tenant = models.ForeignKey(Tenant, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    day = models.DateField()
    key = models.TextField(db_collation="C")
    value = models.TextField(db_collation="C")
    sent_at = models.DateTimeField()
    account = models.ForeignKey(GatewayAccount, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    message_id = models.TextField(db_collation="C")

    class Meta:
        db_table = "message_parameter"

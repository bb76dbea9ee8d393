"""Jobs over many messages: moved to another tenant, or derived again after a tenant's or the portal's rules changed."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from portal.tenants.models import PartnerId, Tenant


class PartnerMove(models.Model):
    """Job row of one move; the row is the queue (lease and attempts, never a task's memory).

    It moves the partner ID's messages of the tenant's ownership periods to the tenant. `sealed` is the number of
    messages of sealed days, which stay in the counts because retention has deleted them.

    queued ──claimed──► running ──nothing left──► done        running ──lease over──► claimed again
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="partner_moves")
    partner = models.ForeignKey(PartnerId, on_delete=models.PROTECT, related_name="moves")
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    total = models.BigIntegerField(default=0)
    moved = models.BigIntegerField(default=0)
    sealed = models.BigIntegerField(default=0, db_default=0)
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "partner_move"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "partner"],
                condition=~models.Q(state="done"),
                name="partner_move_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner} → {self.tenant}"


class TenantRecount(models.Model):
    """Job row of recalculating a tenant's messages after a change of its time zone or refId scheme.

    It processes the messages in the order of their identity; `after_*` is its position.
    """

    State = PartnerMove.State

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="recounts")
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    total = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    after_account_id = models.IntegerField(default=0)
    after_message_id = models.TextField(default="", db_collation="C")
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tenant_recount"

    def __str__(self) -> str:
        return f"{self.tenant}: {self.reason}"


class RuleRefold(models.Model):
    """Job row of recalculating messages after the rules of docs/link.md section 5 changed.

    It processes the months, newest first, each in the order of identity; `month` and `after_*` are its position.
    """

    State = PartnerMove.State

    state = models.CharField(max_length=7, choices=State.choices, default=State.QUEUED)
    month = models.DateField(null=True)  # its first day; None before the first one
    after_account_id = models.IntegerField(default=0)
    after_message_id = models.TextField(default="", db_collation="C")
    done = models.BigIntegerField(default=0)
    changed = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    queued_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rule_refold"

    def __str__(self) -> str:
        return f"{self.queued_at:%Y-%m-%d %H:%M}"

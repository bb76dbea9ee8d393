"""Jobs over many messages: moved to another tenant, or derived again after a tenant's or the portal's rules changed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.common.jobs import Job, JobState
from portal.tenants.models import PartnerId, Tenant


class PartnerMove(Job):
    """Job of one move: it moves the partner ID's messages of the tenant's ownership periods to the tenant.

    `sealed` is the number of messages of sealed days, which stay in the counts because retention has deleted them.
    """

    KIND = "move"
    SUBJECT = ("tenant", "partner")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="partner_moves")
    partner = models.ForeignKey(PartnerId, on_delete=models.PROTECT, related_name="moves")
    sealed = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "partner_move"
        verbose_name = _("move")
        verbose_name_plural = _("moves")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "partner"],
                condition=models.Q(state__in=[JobState.QUEUED, JobState.RUNNING]),
                name="partner_move_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.partner} → {self.tenant}"


class TenantRecount(Job):
    """The job of deriving a tenant's messages again, after its time zone or refId scheme was changed.

    It reads the messages in the order of their identity; `after_*` is its position.
    """

    KIND = "recount"
    SUBJECT = ("tenant",)

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="recounts")
    reason = models.CharField(max_length=200)
    changed = models.BigIntegerField(default=0)
    after_account_id = models.IntegerField(default=0)
    after_message_id = models.TextField(default="", db_collation="C")

    class Meta:
        db_table = "tenant_recount"
        verbose_name = _("recount")
        verbose_name_plural = _("recounts")

    def __str__(self) -> str:
        return f"{self.tenant}: {self.reason}"


class RuleRefold(Job):
    """Job of recalculating messages after the rules of docs/link.md section 5 changed.

    It processes the months, newest first, each in the order of identity, and then all numbers. `month` and `after_*`
    are its position (deliveries/rederiving/rule_refold.py).
    """

    KIND = "refold"

    month = models.DateField(null=True)  # its first day; None before the first one
    after_account_id = models.IntegerField(default=0)
    after_message_id = models.TextField(default="", db_collation="C")
    changed = models.BigIntegerField(default=0)

    class Meta:
        db_table = "rule_refold"
        verbose_name = _("recalculation of message status")
        verbose_name_plural = _("recalculations of message status")

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

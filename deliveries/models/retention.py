"""Progress of retention for each tenant, and the work that an erasure leaves."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.common.jobs import Job
from portal.tenants.models import GatewayAccount, Tenant


class RetentionMark(models.Model):
    """Progress of one tenant's retention; every value only grows (null: nothing was deleted yet).

    Days before `messages_before` (local to the tenant) are sealed: their messages are deleted, their counts stay, and
    no delivery report changes them. `hours_before` is the same for the counts by UTC hour or quarter. `sealed_in` is
    the time zone of those days. Days that began before `hours_from` were sealed in another zone; their hours do not add
    up to them. Counts by quarter before `quarters_from` are of whole UTC hours and of no account: an earlier version
    counted them. `numbers_before` is the same for phone numbers: messages of earlier days are written without one, and
    messages before `numbers_done` have none. `raw_before` (UTC days, an account's pool only) is the same for raw rows.
    """

    tenant = models.OneToOneField(Tenant, on_delete=models.CASCADE, primary_key=True, related_name="retention_mark")
    messages_before = models.DateField(null=True)
    hours_before = models.DateTimeField(null=True)
    quarters_from = models.DateTimeField(null=True)
    hours_from = models.DateTimeField(null=True)
    sealed_in = models.TextField(db_default="")
    numbers_before = models.DateField(null=True)
    numbers_done = models.DateField(null=True)
    raw_before = models.DateField(null=True)

    class Meta:
        db_table = "retention_mark"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(messages_before=None, hours_before=None)
                | models.Q(messages_before__isnull=False, hours_before__isnull=False),
                name="retention_mark_days_with_hours",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.messages_before or '–'}"


class ErasedMonth(Job):
    """A month of a tenant in whose names a number was erased: workbooks made before that are still to be deleted.

    Deleting them is a job (reports/runs/erased_files.py); its row is deleted when nothing is left to do.
    """

    KIND = "workbook_deletion"
    SUBJECT = ("tenant", "month")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+", verbose_name=_("customer"))
    month = models.DateField(_("month"))  # its first day
    seen_at = models.DateTimeField(null=True)  # when the names' change was seen first: what began later has new names

    class Meta:
        db_table = "erased_month"
        verbose_name = _("deletion of older workbooks")
        verbose_name_plural = _("deletions of older workbooks")

    def __str__(self) -> str:
        return f"{self.tenant} {self.month:%Y-%m}"


class ErasedId(models.Model):
    """A message id or partner ID of an account that held an erased number, and the id that replaces it.

    `digest` is a keyed hash of the old id: what comes in under that is applied under `value`
    (deliveries/erasure/erased_ids.py). `waiting` is a partner ID that is not replaced yet, '' afterwards.
    """

    class Kind(models.TextChoices):
        MESSAGE = "message", "message"
        PARTNER = "partner", "partner"

    account = models.ForeignKey(
        GatewayAccount, on_delete=models.CASCADE, db_constraint=False, related_name="+", db_index=False
    )
    kind = models.TextField(choices=Kind.choices)
    digest = models.CharField(max_length=64)
    value = models.TextField(db_collation="C")
    waiting = models.TextField(db_default="", default="")

    class Meta:
        db_table = "erased_id"
        constraints = [
            models.UniqueConstraint(fields=["account", "kind", "digest"], name="erased_id_once"),
        ]
        indexes = [
            # whether a new masked id is free (deliveries/erasure/erased_ids.py)
            models.Index(fields=["account", "kind", "value"], name="erased_id_by_value"),
        ]

    def __str__(self) -> str:
        return self.value


class ErasedName(models.Model):
    """A refId, variant or label that held an erased number, and its number among those with the same masked text.

    `digest` is a keyed hash of the old text, `masked` one of the masked text; both are of one tenant's names
    (deliveries/erasure/equal_names.py).
    """

    digest = models.CharField(max_length=64, unique=True)
    masked = models.CharField(max_length=64)
    number = models.IntegerField()

    class Meta:
        db_table = "erased_name"
        constraints = [
            models.UniqueConstraint(fields=["masked", "number"], name="erased_name_numbered_once"),
        ]

    def __str__(self) -> str:
        return f"{self.masked[:8]} ({self.number})"

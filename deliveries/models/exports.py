"""Searches and tables that are saved as files in the background: the row is the queue, and the list that people see."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.tenants.models import ApiKey, Tenant


class Export(Changed, Job):
    """One search, list or table as one file, asked for by a person or an API key of a tenant.

    Its progress is in rows. The file is stored for a limited time; the row stays longer and says what became of it
    (`gone`). Its parameters are encrypted, because filters may be phone numbers, and deleted with the file.
    """

    KIND = "export"
    MESSAGES = "messages"  # the kind of searches
    NUMBERS = "numbers"  # the kind of uploaded lists of numbers
    SUBJECT = ("id",)  # none replaces another one

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel workbook (XLSX)")
        CSV = "csv", _("CSV")
        PARQUET = "parquet", _("Parquet")

    class Problem(models.TextChoices):
        """Reason why it was stopped, and trying again would not help."""

        ROWS = "rows", _("There are more rows than a file may have.")
        SIZE = "size", _("The file would be larger than a file may be.")
        RIGHTS = "rights", _("The person or key that asked for it may not make it any more.")
        SEARCH = "search", _("The search cannot be run any more: a filter has changed since.")
        ERASED = "erased", _("A phone number was erased that may be in the list of numbers. Upload the list again.")

    class Gone(models.TextChoices):
        """Reason why the file was deleted."""

        EXPIRED = "expired", _("Expired")
        DELETED = "deleted", _("Deleted by a person")
        ERASED = "erased", _("Deleted because a phone number was erased that may be in it")
        RETENTION = "retention", _("Deleted because messages or numbers in it are past their retention period")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="exports")
    # Who asked. No constraints: a deleted person or key has no rights, so its exports stop.
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    key = models.ForeignKey(
        ApiKey, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    made_by = models.CharField(max_length=254)
    # What was asked for
    kind = models.CharField(max_length=20, default=MESSAGES, db_default=MESSAGES)  # a name of the setting EXPORT_KINDS
    title = models.CharField(max_length=300, blank=True, help_text=_("The search in words, with numbers masked."))
    format = models.CharField(max_length=7, choices=Format.choices)
    columns = ArrayField(models.CharField(max_length=300))
    sealed = models.TextField(blank=True, editable=False)  # its parameters (deliveries/exports/kinds.py)
    tenant_ids = ArrayField(models.IntegerField(), editable=False)  # whose messages it may hold
    # What came of it
    as_of = models.DateTimeField(null=True, blank=True)
    in_full = models.BooleanField(default=False, db_default=False)  # phone numbers are not masked
    shortened = models.PositiveIntegerField(default=0, db_default=0)  # texts that were too long for a cell
    # by tenant: the first day of its messages in the file, and the first with a phone number in full or None
    oldest = models.JSONField(default=dict, editable=False)
    file = models.CharField(max_length=300, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=8, choices=Problem.choices, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    # When a number was erased that it may hold: the file is deleted; one that is being made is made again.
    erased_at = models.DateTimeField(null=True, blank=True)
    gone = models.CharField(max_length=9, choices=Gone.choices, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "export"
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(state="done") | (~models.Q(file="") & ~models.Q(sha256="")),
                name="export_done_has_file",
            ),
            models.CheckConstraint(
                condition=models.Q(maker__isnull=True) | models.Q(key__isnull=True), name="export_has_one_asker"
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="export_by_tenant"),
            models.Index(
                fields=["state", "lease_until"],
                name="export_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.title or self.format}"

    @property
    def has_file(self) -> bool:
        """Tell whether it is done, and its file was not deleted."""
        return self.state == Job.State.DONE and not self.gone and self.erased_at is None

    @property
    def file_name(self) -> str:
        """Name under which the file is handed out."""
        return f"{self.tenant.slug}_{self.kind}_{self.pk}.{self.format}"

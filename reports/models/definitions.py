"""Report definitions, their runs and the files of those: what is made, when and for whom."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.tenants.models import Tenant
from reports.models.runs import ReportRun

MAX_NAME = 120  # characters


class ReportDefinition(Changed):
    """A report that a tenant has saved: what it shows, of which days, in which formats, and when it is made by itself.

    `parameters` are read by its kind (reports/schedules/kinds.py). They hold no phone numbers. Its runs read with the
    rights that its owner has when they are made. A stopped definition makes no runs by itself and says why.
    """

    class Kind(models.TextChoices):
        MONTHLY = "monthly", _("Monthly volumes")
        VOLUMES = "volumes", _("Volumes")
        CAMPAIGN = "campaign", _("Campaign")
        AB_TEST = "ab_test", _("A/B test")
        SEGMENT = "segment", _("Segment")
        ERRORS = "errors", _("Errors and quality")
        OPERATORS = "operators", _("Operators")
        MESSAGES = "messages", _("Message log")
        ACCOUNT = "account", _("Volumes of an account by partner ID")
        STATEMENTS = "statements", _("Statements")

    class Period(models.TextChoices):
        LAST_MONTH = "last_month", _("Last month")
        LAST_WEEK = "last_week", _("Last week")
        YESTERDAY = "yesterday", _("Yesterday")
        MONTH_TO_DATE = "month_to_date", _("Month to date")
        WEEK_TO_DATE = "week_to_date", _("Week to date")
        CUSTOM = "custom", _("Chosen days")

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel workbook (XLSX)")
        CSV = "csv", _("CSV")
        PDF = "pdf", _("PDF")
        PARQUET = "parquet", _("Parquet")
        JSON = "json", _("JSON")

    class Frequency(models.TextChoices):
        DAILY = "daily", _("Daily")
        WEEKLY = "weekly", _("Weekly")
        MONTHLY = "monthly", _("Monthly")

    class Condition(models.TextChoices):
        ROWS = "rows", _("Only if there are rows")
        CHANGED = "changed", _("Only if something has changed")

    class Stopped(models.TextChoices):
        """Reason why it makes no runs by itself any more."""

        OWNER_LEFT = "owner_left", _("Its owner may not make it any more.")
        SUBJECT_GONE = "subject_gone", _("What it reports on does not exist any more.")
        BY_PERSON = "by_person", _("Stopped by a person")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="report_definitions")
    name = models.CharField(_("name"), max_length=MAX_NAME)
    # What is made
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    parameters = models.JSONField(default=dict, blank=True)
    period = models.CharField(_("period"), max_length=13, choices=Period.choices)
    first = models.DateField(_("first day"), null=True, blank=True)  # of chosen days
    last = models.DateField(_("last day"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True, default="")  # "": the tenant's
    formats = ArrayField(models.CharField(max_length=7, choices=Format.choices))
    # Gates that get `report.ready` of its runs; none chosen: all of the tenant's that send this event. No constraint: a
    # gate may be deleted.
    gates = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    # Who made it. No constraint: the owner may be deleted, and has no rights then.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    owned_by = models.CharField(max_length=254)  # the owner's address then
    # When it is made: at a local time of the tenant
    frequency = models.CharField(max_length=7, choices=Frequency.choices, blank=True, default="")
    weekday = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(7)]
    )  # ISO: 1 is Monday
    month_day = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )  # the last day where the month is shorter
    at = models.TimeField(null=True, blank=True)
    condition = models.CharField(max_length=7, choices=Condition.choices, blank=True, default="")
    next_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_reason = models.CharField(max_length=12, choices=Stopped.choices, blank=True, default="")
    archived_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "report_definition"
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")
        constraints = [
            models.UniqueConstraint(
                "tenant",
                Lower("name"),
                name="report_definition_name_once",
                condition=models.Q(archived_at=None),
            ),
            models.CheckConstraint(
                condition=~models.Q(period="custom")
                | models.Q(first__isnull=False, last__isnull=False, last__gte=models.F("first")),
                name="report_definition_custom_has_days",
            ),
            models.CheckConstraint(
                condition=models.Q(frequency="", next_at=None)
                | models.Q(frequency="daily", at__isnull=False)
                | models.Q(frequency="weekly", at__isnull=False, weekday__isnull=False, weekday__range=(1, 7))
                | models.Q(frequency="monthly", at__isnull=False, month_day__isnull=False, month_day__range=(1, 31)),
                name="report_definition_schedule_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="report_definition_due", condition=models.Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.tenant}: {self.name}"

    @property
    def is_scheduled(self) -> bool:
        """Tell whether it makes runs by itself."""
        return bool(self.frequency) and self.stopped_at is None and self.archived_at is None


class DefinitionRun(Changed, Job):
    """One making of a definition's files, of the days `first` to `last` by the tenant's own days.

    Its progress is in percent. A run that made no file says why (`skipped`): without rows or changes it is done, and
    one that may not or cannot be made is cancelled.
    """

    KIND = "definition_run"
    SUBJECT = ("definition", "first", "last")

    class Cause(models.TextChoices):
        SCHEDULE = "schedule", _("Schedule")
        PERSON = "person", _("Person")
        RETRY = "retry", _("Retried")
        REVISION = "revision", _("Revision of the month")
        API = "api", _("API")

    class Kind(models.TextChoices):
        PROVISIONAL = "provisional", _("Provisional")
        FINAL = "final", _("Final")

    class Skipped(models.TextChoices):
        """Reason why there is no file."""

        NO_ROWS = "no_rows", _("There were no rows.")
        UNCHANGED = "unchanged", _("Nothing had changed.")
        OWNER_LEFT = "owner_left", _("The owner of the report may not make it any more.")
        SUBJECT_GONE = "subject_gone", _("What it reports on does not exist any more.")
        TOO_LARGE = "too_large", _("There are more rows than a file may have.")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="definition_runs")
    definition = models.ForeignKey(ReportDefinition, on_delete=models.PROTECT, related_name="runs")
    # What was asked
    cause = models.CharField(max_length=8, choices=Cause.choices)
    due_at = models.DateTimeField(null=True, blank=True)  # of a schedule's run
    requested_by = models.CharField(max_length=254)
    first = models.DateField()
    last = models.DateField()
    # What came of it
    skipped = models.CharField(max_length=12, choices=Skipped.choices, blank=True, default="")
    kind = models.CharField(max_length=11, choices=Kind.choices, blank=True, default="")
    data_as_of = models.DateTimeField(null=True, blank=True)
    maturity = models.FloatField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(null=True, blank=True)
    language = models.CharField(max_length=8, blank=True, default="")
    content_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    # of monthly volumes: the month's report, whose workbook is the run's
    report_run = models.ForeignKey(ReportRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # by tenant: the first day of its messages in the files, and the first with a phone number in full or None
    oldest = models.JSONField(default=dict, editable=False)
    # when a number was erased that its files may hold: they are deleted; those that are being made are made again
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "definition_run"
        verbose_name = _("run of a saved report")
        verbose_name_plural = _("runs of saved reports")
        constraints = [
            models.UniqueConstraint(
                fields=["definition", "due_at"],
                name="definition_run_once_a_due_time",
                condition=models.Q(due_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "-id"], name="definition_run_by_tenant"),
            models.Index(
                fields=["state", "lease_until"],
                name="definition_run_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.definition} {self.first}–{self.last}"


class DefinitionFile(models.Model):
    """One file of a run: a format in one edition, with phone numbers in full or masked.

    An empty `file` is the workbook of the run's monthly report (`report_run`). The editions of a report without a
    number to mask have the same file.
    """

    class Edition(models.TextChoices):
        FULL = "full", _("Phone numbers in full")  # with costs, if the report has any
        COSTS = "costs", _("Phone numbers masked, with costs")
        MASKED = "masked", _("Phone numbers masked")

    class Gone(models.TextChoices):
        """Reason why the file was deleted."""

        EXPIRED = "expired", _("Expired")
        ERASED = "erased", _("Deleted because a phone number was erased that may be in it")
        RETENTION = "retention", _("Deleted because messages or numbers in it are past their retention period")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    run = models.ForeignKey(DefinitionRun, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=7, choices=ReportDefinition.Format.choices)
    edition = models.CharField(max_length=6, choices=Edition.choices)
    file = models.CharField(max_length=300, blank=True)
    bytes = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    seconds = models.FloatField(default=0, db_default=0)  # that writing it took
    gone = models.CharField(max_length=9, choices=Gone.choices, blank=True, default="")
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "definition_file"
        verbose_name = _("file of a saved report")
        verbose_name_plural = _("files of saved reports")
        constraints = [
            models.UniqueConstraint(fields=["run", "format", "edition"], name="definition_file_once"),
        ]

    def __str__(self) -> str:
        return f"{self.run} {self.format} {self.edition}"

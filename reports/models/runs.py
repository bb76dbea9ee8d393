"""Reports that are made in the background: the row is the queue."""

from typing import NamedTuple

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from campaigns.statistics import rate
from portal.common.changes import Changed
from portal.common.jobs import Job
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount, Tenant


class Edition(NamedTuple):
    """A run's workbook as one kind of reader gets it."""

    file: str
    bytes: int
    sha256: str
    is_masked: bool


class ReportRun(Changed, Job):
    """One creation of one month's report, for a tenant or (account set) for a whole gateway account.

    A queued run waits while inbox rows from before its cut are not applied yet (`waits_for_inbox`). Its progress is in
    percent. An account's run belongs to the account's pool, which no membership reaches.

    A run is a revision unless it came out as the newest one has: then it is `same_as` that one, has no number of its
    own, and its file is that one's.

    A removed run (`removed_at`) has no files any more. Its row stays, so that its revision number is never given again.
    """

    KIND = "report"
    SUBJECT = ("tenant", "month")  # an account's run has the account's pool as its tenant

    class Kind(models.TextChoices):
        PROVISIONAL = "provisional", _("Provisional")
        FINAL = "final", _("Final")

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="report_runs")
    account = models.ForeignKey(GatewayAccount, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(help_text=_("The month's first day."))
    kind = models.CharField(max_length=11, choices=Kind.choices)
    revision = models.PositiveIntegerField(null=True, blank=True)
    same_as = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # what was asked
    requested_by = models.CharField(max_length=254)
    requested_at = models.DateTimeField(db_default=Now())
    waits_for_inbox = models.BooleanField(default=False, db_default=False)
    # what came of it
    data_as_of = models.DateTimeField(null=True, blank=True)
    messages = models.BigIntegerField(null=True, blank=True)
    maturity = models.FloatField(null=True, blank=True)
    rows = models.PositiveIntegerField(null=True, blank=True)
    file = models.CharField(max_length=300, blank=True)
    bytes = models.PositiveBigIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    # the edition with phone numbers masked: the same file where there is none in it
    masked_file = models.CharField(max_length=300, blank=True)
    masked_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    masked_sha256 = models.CharField(max_length=64, blank=True)
    # when the file was deleted: an erased phone number may have stood in it (reports/runs/erased_files.py)
    file_erased_at = models.DateTimeField(null=True, blank=True)
    # when somebody removed the month's report (reports/runs/removal.py)
    removed_at = models.DateTimeField(null=True, blank=True)
    # what pages show of the workbook
    language = models.CharField(max_length=8, blank=True, editable=False)
    countries = models.JSONField(null=True, editable=False)  # reports/runs/summary.py
    # what tells whether another one would differ
    content_hash = models.CharField(
        max_length=64, blank=True, editable=False
    )  # of the report (reports/runs/fingerprint.py)
    totals = models.JSONField(null=True, editable=False)  # of the month's counts (reports/monthly/changes_since.py)
    rows_hash = models.CharField(max_length=16, blank=True, editable=False)  # of the rows of those counts
    causes = models.JSONField(null=True, editable=False)  # sums of the ledger of causes (reports/monthly/ledger.py)
    # tables and ledger as data, and what differs from the revision before (reports/runs/kept_tables.py, revising.py)
    kept_file = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    changes = models.JSONField(null=True, editable=False)

    class Meta:
        db_table = "report_run"
        verbose_name = _("report run")
        verbose_name_plural = _("report runs")
        constraints = [
            models.UniqueConstraint(fields=["tenant", "month", "revision"], name="report_run_revision"),
            models.CheckConstraint(
                condition=~models.Q(state="done") | (~models.Q(file="") & ~models.Q(sha256="")),
                name="report_run_done_has_file",
            ),
        ]
        indexes = [
            # the dispatcher's look for work
            models.Index(
                fields=["state", "lease_until"],
                name="report_run_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant} {self.month:%Y-%m} r{self.number}"

    def edition(self, masking: Masking) -> Edition | None:
        """Return the edition for a reader; None where the run has none that is masked, or no file yet."""
        if masking.in_full:
            return Edition(self.file, self.bytes, self.sha256, False) if self.file else None
        if not self.masked_file:
            return None
        return Edition(self.masked_file, self.masked_bytes, self.masked_sha256, self.masked_file != self.file)

    def file_name(self, owner: str, edition: Edition) -> str:
        """Return the name under which the edition is handed out; `owner` is the tenant's or the account's name."""
        return f"{owner}_{self.month:%Y-%m}_r{self.number}{'_masked' if edition.is_masked else ''}.xlsx"

    @property
    def has_file(self) -> bool:
        """Tell whether it is done, and its file was neither erased nor removed."""
        return self.state == Job.State.DONE and self.file_erased_at is None and self.removed_at is None

    @property
    def delivery_rate(self) -> float | None:
        """Share of delivered messages in the report; None without messages, or if its totals were not stored."""
        return None if self.totals is None else rate(self.totals["delivered"], self.messages or 0)

    @property
    def is_waiting(self) -> bool:
        """Tell whether it waits for delivery reports to be applied."""
        return self.state == Job.State.QUEUED and self.waits_for_inbox

    @property
    def number(self) -> int:
        """Its revision, or that of the one that it is the same as."""
        return self.revision if self.same_as is None else self.same_as.revision

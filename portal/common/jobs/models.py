"""The abstract row of a job, its states, and queries by state."""

from datetime import datetime
from typing import ClassVar, TypedDict, TypeVar

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

MAX_ATTEMPTS = 5
MAX_ERROR = 500  # characters


class JobState(models.TextChoices):
    """State of a job; the same words for every kind."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """Abstract row of a job.

    `KIND` is its name in metrics. `SUBJECT` names the fields that say what it is about: of two jobs about one subject
    the newer one counts.
    """

    KIND: ClassVar[str]
    SUBJECT: ClassVar[tuple[str, ...]] = ()
    State = JobState

    state = models.CharField(_("state"), max_length=9, choices=JobState.choices, default=JobState.QUEUED)
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(_("of"), default=0, db_default=0, help_text=_("0: not known."))
    attempts = models.IntegerField(_("attempts"), default=0)
    error = models.CharField(
        _("error"), max_length=MAX_ERROR, blank=True, default="", db_default="",
        help_text=_("Why the last attempt failed."),
    )  # fmt: skip
    cancel_requested = models.BooleanField(_("cancel requested"), default=False, db_default=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True, help_text=_("The next attempt is not made earlier."))
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    pause_at: datetime | None = None  # no column: when this process puts the job back into the queue

    class Meta:
        abstract = True

    @property
    def is_open(self) -> bool:
        """Tell whether it is queued or running."""
        return self.state in OPEN_STATES

    @property
    def is_stopped(self) -> bool:
        """Tell whether it ended without being done."""
        return self.state in (JobState.FAILED, JobState.CANCELLED)

    @property
    def percent(self) -> int:
        """Progress from 0 to 100; 0 while the total is not known."""
        return min(100, 100 * self.done // self.total) if self.total else 0


AnyJob = TypeVar("AnyJob", bound=Job)


def job_models() -> list[type[Job]]:
    """Return all kinds of jobs, by the names of their kinds."""
    return sorted((model for model in apps.get_models() if issubclass(model, Job)), key=lambda model: model.KIND)


def open_jobs(model: type[AnyJob]) -> QuerySet[AnyJob]:
    """Return the jobs that are queued or running."""
    return model._default_manager.filter(state__in=OPEN_STATES)


def unresolved(model: type[AnyJob]) -> QuerySet[AnyJob]:
    """Return the failed jobs that no newer job about the same subject replaces."""
    return model._default_manager.filter(~_is_replaced(model), state=JobState.FAILED)


class Summary(TypedDict):
    """Numbers of jobs: `failed` without a newer one, `open`, and `failing`: open with a failed attempt."""

    failed: int
    open: int
    failing: int


def summary(model: type[Job]) -> Summary:
    """Count a kind's jobs by one query."""
    is_open = Q(state__in=OPEN_STATES)
    jobs = model._default_manager.filter(is_open | Q(state=JobState.FAILED)).annotate(is_replaced=_is_replaced(model))
    counts = jobs.aggregate(
        failed=Count("pk", filter=Q(state=JobState.FAILED, is_replaced=False)),
        open=Count("pk", filter=is_open),
        failing=Count("pk", filter=is_open & ~Q(error="")),
    )
    return Summary(failed=counts["failed"], open=counts["open"], failing=counts["failing"])


def _is_replaced(model: type[Job]) -> Exists:
    same = {field: OuterRef(field) for field in model.SUBJECT}
    return Exists(model._default_manager.filter(pk__gt=OuterRef("pk"), **same))


def due(now: datetime) -> Q:
    """Return the condition that a job may be claimed: queued and not delayed, or left by a worker."""
    queued = Q(state=JobState.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
    return queued | Q(state=JobState.RUNNING, lease_until__lt=now)

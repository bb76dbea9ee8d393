"""Claiming a job, and keeping it while it runs."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from portal.common.jobs.models import MAX_ATTEMPTS, AnyJob, Job, JobState, due

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
LONG_STEP = timedelta(minutes=15)  # the lease for a step without progress, such as counting all messages

WORKER_DIED = "The worker stopped before the job ended."


class Stopped(Exception):
    """The worker has to leave the job."""


class LeaseLost(Stopped):
    """Another worker has the job, or it was queued again, cancelled or deleted."""


class CancelRequested(Stopped):
    """Somebody asked for the job to be cancelled."""


class Paused(Stopped):
    """Another task continues the job: the task's time is over, or the job waits for something, for `delay`."""

    def __init__(self, text: str, *, delay: timedelta | None = None) -> None:
        super().__init__(text)
        self.delay = delay


def claim(
    model: type[AnyJob],
    job_id: int | None = None,
    *,
    now: datetime | None = None,
    lease: timedelta = LEASE,
    on_failed: Callable[[AnyJob], None] | None = None,
) -> AnyJob | None:
    """Start the oldest due job (or this one): count an attempt and take a lease. Return None if there is none.

    A job that lost its worker in its last attempt fails here, and `on_failed` is called in the same transaction. One
    that should have been cancelled is cancelled.
    """
    now = now or datetime.now(UTC)
    while True:
        with transaction.atomic():
            jobs = model._default_manager.filter(due(now))
            if job_id is not None:
                jobs = jobs.filter(id=job_id)
            job = jobs.select_for_update(skip_locked=True).order_by("id").first()
            if job is None:
                return None
            if job.state == JobState.QUEUED or (job.attempts < MAX_ATTEMPTS and not job.cancel_requested):
                _start(job, now, lease)
                return job
            _give_up(job, now)
            if on_failed is not None and job.state == JobState.FAILED:
                on_failed(job)
        logger.warning("%s: %s after %s attempts", name(job), job.state, job.attempts)


def _start(job: Job, now: datetime, lease: timedelta) -> None:
    job.state, job.attempts, job.cancel_requested = JobState.RUNNING, job.attempts + 1, False
    job.lease_until, job.not_before = datetime.now(UTC) + lease, None
    job.started_at, job.finished_at = now, None
    job.save(update_fields=["attempts", "started_at", *_STATE])


def _give_up(job: Job, now: datetime) -> None:
    if job.cancel_requested:
        job.state = JobState.CANCELLED
    else:
        job.state, job.error = JobState.FAILED, WORKER_DIED
    job.cancel_requested, job.lease_until, job.not_before, job.finished_at = False, None, None, now
    job.save(update_fields=["error", *_STATE])


_STATE = ("state", "cancel_requested", "lease_until", "not_before", "finished_at")


def held(job: AnyJob) -> QuerySet[AnyJob]:
    """Return the job's row if this process still has it. The lease is the token: every claim writes another one."""
    return type(job)._default_manager.filter(id=job.pk, state=JobState.RUNNING, lease_until=job.lease_until)


def hold(job: Job) -> None:
    """Lock the job's row until the transaction ends. Raises LeaseLost."""
    if not held(job).select_for_update().exists():
        raise LeaseLost(f"{name(job)}: the lease is lost")


def renew(job: Job, *fields: str, lease: timedelta = LEASE) -> None:
    """Write the progress and `fields` of a running job, and extend its lease.

    Raises LeaseLost; and, once the fields are written, CancelRequested or Paused. So call it outside a transaction.
    """
    if job.total:
        job.total = max(job.total, job.done)
    now = datetime.now(UTC)
    until = now + lease
    values = {field: getattr(job, field) for field in ("done", "total", *fields)}
    if not held(job).update(lease_until=until, **values):
        raise LeaseLost(f"{name(job)}: the lease is lost")
    job.lease_until = until
    if held(job).filter(cancel_requested=True).exists():
        raise CancelRequested(f"{name(job)}: to be cancelled")
    if job.pause_at is not None and now >= job.pause_at:
        raise Paused(f"{name(job)}: the task's time is over")


def name(job: Job) -> str:
    """Return what logs call the job."""
    return f"{job.KIND} {job.pk}"

"""Ending jobs, and queueing them again."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from portal.common.jobs.leases import LeaseLost, held, name
from portal.common.jobs.models import MAX_ATTEMPTS, MAX_ERROR, AnyJob, Job, JobState, open_jobs
from portal.common.redaction import redact

RETRY_DELAY = timedelta(seconds=30)  # after the first failed attempt; doubled after each further one


def finish(job: Job, **values: Any) -> None:
    """Write that a running job is done, with these values. Raises LeaseLost."""
    ended = {"state": JobState.DONE, "finished_at": datetime.now(UTC), "done": job.done, "total": job.done}
    ended |= {"lease_until": None, "error": "", "cancel_requested": False} | values
    if not write(job, ended):
        raise LeaseLost(f"{name(job)}: the lease is lost")


def fail(job: AnyJob, error: Exception, *, on_failed: Callable[[AnyJob], None] | None = None) -> None:
    """Queue a running job again after an error, with a delay. After its last attempt it fails.

    Nothing is written if another worker has the job. `on_failed` is called when it fails, in the same transaction.
    """
    now = datetime.now(UTC)
    with transaction.atomic():
        row = held(job).select_for_update().first()
        if row is None:
            return
        values: dict[str, Any] = {"error": _reason(error), "lease_until": None, "cancel_requested": False}
        if row.cancel_requested:
            values |= {"state": JobState.CANCELLED, "finished_at": now}
        elif job.attempts >= MAX_ATTEMPTS:
            values |= {"state": JobState.FAILED, "finished_at": now}
        else:
            values |= {"state": JobState.QUEUED, "not_before": now + RETRY_DELAY * 2 ** (job.attempts - 1)}
        write(job, values)
        if on_failed is not None and job.state == JobState.FAILED:
            on_failed(job)


def _reason(error: Exception) -> str:
    """Return an error as one line without secrets, phone numbers and the rows that the database quotes after it."""
    lines = str(error).strip().splitlines()
    return redact(f"{type(error).__name__}: {lines[0] if lines else ''}")[:MAX_ERROR]


def put_back(job: Job, *, delay: timedelta | None = None) -> None:
    """Queue a running job again, not before the delay is over, without counting the attempt.

    It is cancelled if somebody asked for that meanwhile: a claim would forget the request.
    """
    values: dict[str, Any] = {"state": JobState.QUEUED, "lease_until": None, "attempts": job.attempts - 1}
    if delay is not None:
        values["not_before"] = datetime.now(UTC) + delay
    with transaction.atomic():
        row = held(job).select_for_update().first()
        if row is not None and row.cancel_requested:
            stop(job)
        else:
            write(job, values)


def stop(job: Job) -> None:
    """Write that a running job is cancelled."""
    now = datetime.now(UTC)
    write(job, {"state": JobState.CANCELLED, "lease_until": None, "cancel_requested": False, "finished_at": now})


def write(job: Job, values: dict[str, Any]) -> bool:
    """Write values to a running job. Return False if another worker has it."""
    if not held(job).update(**values):
        return False
    for field, value in values.items():
        setattr(job, field, value)
    return True


def cancel(model: type[Job], *, ids: Iterable[int]) -> int:
    """Cancel jobs that no worker has at once, and ask the workers of the others to stop. Return how many."""
    now = datetime.now(UTC)
    with transaction.atomic():
        locked = [job.pk for job in open_jobs(model).select_for_update().filter(pk__in=list(ids)).order_by("pk")]
        jobs = model._default_manager.filter(pk__in=locked)
        jobs.filter(state=JobState.RUNNING, lease_until__gte=now).update(cancel_requested=True)
        without_worker = Q(state=JobState.QUEUED) | Q(lease_until=None) | Q(lease_until__lt=now)
        jobs.filter(without_worker).update(
            state=JobState.CANCELLED, lease_until=None, not_before=None, finished_at=now, cancel_requested=False
        )
    return len(locked)


def retry(model: type[Job], *, ids: Iterable[int]) -> list[int]:
    """Queue jobs again that failed, were cancelled or wait for their next attempt. Return their ids.

    No attempt is counted then. One that failed or was cancelled is left alone if its subject has an open job, so of
    several about one subject only the newest is queued.
    """
    now = datetime.now(UTC)
    at_rest = Q(state__in=[JobState.QUEUED, JobState.FAILED, JobState.CANCELLED])
    left_by_worker = Q(state=JobState.RUNNING, lease_until__lt=now)
    queued: list[int] = []
    with transaction.atomic():
        rows = model._default_manager.select_for_update().filter(at_rest | left_by_worker, pk__in=list(ids))
        for row in rows.order_by("-pk"):
            if row.is_stopped and open_jobs(model).filter(**_subject(row)).exists():
                continue
            queued.append(row.pk)
            model._default_manager.filter(pk=row.pk).update(
                state=JobState.QUEUED, attempts=0, error="", cancel_requested=False,
                lease_until=None, not_before=None, finished_at=None,
            )  # fmt: skip
    return sorted(queued)


def _subject(job: Job) -> dict[str, Any]:
    fields = {field.name: field.attname for field in job._meta.concrete_fields}
    return {name: getattr(job, fields[name]) for name in job.SUBJECT}

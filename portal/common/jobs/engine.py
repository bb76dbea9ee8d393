"""Claiming job rows of any model with their columns: a lease, an attempt counted, one worker at a time."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar

from django.db import models, transaction
from django.db.models import F, Q

LEASE = timedelta(seconds=60)

Job = TypeVar("Job", bound=models.Model)


def claim(model: type[Job], job_id: int | None = None) -> Job | None:
    """Take the oldest job (or this one) that is queued or whose worker's lease is over; None where there is none."""
    now = datetime.now(UTC)
    jobs = model.objects.filter(Q(state="queued") | Q(state="running", lease_until__lt=now))
    if job_id is not None:
        jobs = jobs.filter(id=job_id)
    with transaction.atomic():
        job = jobs.select_for_update(skip_locked=True).order_by("id").first()
        if job is None:
            return None
        job.state, job.attempts, job.lease_until = "running", F("attempts") + 1, now + LEASE
        job.save(update_fields=["state", "attempts", "lease_until"])
        job.refresh_from_db()
    return job


def renew(job: models.Model, *fields: str, lease: timedelta = LEASE) -> None:
    """Write `fields` of a running job and renew the lease, longer before a long step."""
    job.lease_until = datetime.now(UTC) + lease
    job.save(update_fields=[*fields, "lease_until"])


def finish(job: models.Model, *fields: str) -> None:
    """Write the job's end."""
    job.state, job.finished_at = "done", datetime.now(UTC)
    job.save(update_fields=[*fields, "state", "finished_at"])


def retry(model: type[Job], *, ids: list[int]) -> int:
    """Queue these jobs again with no attempt counted, but for those done or being worked at; return how many."""
    now = datetime.now(UTC)
    stuck = Q(state="queued") | Q(state="running", lease_until__lt=now)
    return model.objects.filter(stuck, id__in=ids).update(state="queued", attempts=0, lease_until=None)

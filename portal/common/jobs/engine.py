"""Running jobs: one at a time, each to its end or to its next attempt."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from portal.common.jobs.ending import fail, finish, put_back, stop
from portal.common.jobs.leases import CancelRequested, LeaseLost, Paused, claim, name
from portal.common.jobs.models import AnyJob, JobState

logger = logging.getLogger(__name__)

RUN_TIME = timedelta(minutes=50)  # of a task, which Celery kills after an hour; a longer job is put back in between


def run(job: AnyJob, work: Callable[[AnyJob], None], *, on_failed: Callable[[AnyJob], None] | None = None) -> None:
    """Do a claimed job's work and write how it ended. An error of the work never leaves this function."""
    try:
        work(job)
        if job.pk is not None and job.state == JobState.RUNNING:
            finish(job)
    except LeaseLost as lost:
        logger.info("%s", lost)
    except CancelRequested:
        stop(job)
    except Paused as paused:
        put_back(job, delay=paused.delay)
    except Exception as error:
        logger.exception("%s: attempt %s failed", name(job), job.attempts)
        fail(job, error, on_failed=on_failed)


def run_all(
    model: type[AnyJob],
    work: Callable[[AnyJob], None],
    *,
    job_id: int | None = None,
    on_failed: Callable[[AnyJob], None] | None = None,
) -> int:
    """Run the due jobs, oldest first (or this one alone), until the task's time is over. Return how many were done.

    `on_failed` is called for a job that fails for good, in the transaction that writes so.
    """
    pause_at = datetime.now(UTC) + RUN_TIME
    done = 0
    while datetime.now(UTC) < pause_at and (job := claim(model, job_id, on_failed=on_failed)) is not None:
        job.pause_at = pause_at
        run(job, work, on_failed=on_failed)
        done += job.pk is None or job.state == JobState.DONE  # a job that deletes its row is done
    return done

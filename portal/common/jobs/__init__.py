"""Job rows: work in the background that survives the death of its worker.

The row is the queue. Celery only wakes a worker up; a poll finds the rows that nobody was woken for.

queued ──claimed──► running ──────────► done
  ▲                    ├──error───────► queued after a delay; failed after MAX_ATTEMPTS
  │                    ├──lease over──► claimed again; failed after MAX_ATTEMPTS
  │                    └──cancel asked─► cancelled
  └──retried── failed, cancelled

A kind of job is a subclass of `Job` and a function that does the work; `run_all` runs it.
"""

from portal.common.jobs.ending import cancel, fail, finish, retry
from portal.common.jobs.engine import RUN_TIME, run, run_all
from portal.common.jobs.leases import (
    LEASE,
    LONG_STEP,
    CancelRequested,
    LeaseLost,
    Paused,
    Stopped,
    claim,
    held,
    hold,
    renew,
)
from portal.common.jobs.models import MAX_ATTEMPTS, Job, JobState, due, job_models, open_jobs, summary, unresolved
from portal.common.jobs.waking import wake

__all__ = [
    "LEASE",
    "LONG_STEP",
    "MAX_ATTEMPTS",
    "RUN_TIME",
    "CancelRequested",
    "Job",
    "JobState",
    "LeaseLost",
    "Paused",
    "Stopped",
    "cancel",
    "claim",
    "due",
    "fail",
    "finish",
    "held",
    "hold",
    "job_models",
    "open_jobs",
    "renew",
    "retry",
    "run",
    "run_all",
    "summary",
    "unresolved",
    "wake",
]

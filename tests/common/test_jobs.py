"""The engine of jobs: claiming, failing, cancelling and retrying rows, shown with recounts."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.contrib import admin

from deliveries.models import TenantRecount
from portal.accounts.job_admin import JobAdmin
from portal.celery import app
from portal.common import jobs
from portal.common.jobs import MAX_ATTEMPTS, Job, JobState
from portal.settings import CELERY_BEAT_SCHEDULE

pytestmark = pytest.mark.django_db

POISON = "poison"
HOUR = timedelta(hours=1)


def add(tenant, reason: str = "zone", **values) -> TenantRecount:
    return TenantRecount.objects.create(tenant=tenant, reason=reason, **values)


def work(job: TenantRecount) -> None:
    """Fail for a job of the reason POISON, as an error of the database with a row and a phone number does."""
    if job.reason == POISON:
        raise ValueError("no such day: +358401234567\nDETAIL: Failing row contains (secret).")


def attempt(model: type[Job], now: datetime, work=work) -> list[int]:
    """Run what is due at `now`. Return the ids."""
    ids = []
    while (job := jobs.claim(model, now=now)) is not None:
        jobs.run(job, work)
        ids.append(job.pk)
    return ids


def states() -> list[tuple]:
    return list(TenantRecount.objects.order_by("id").values_list("state", "attempts", "error"))


def test_poison_job_stops_after_its_attempts_with_its_reason_and_the_others_go_on(tenant, other_tenant):
    poison, other = add(tenant, POISON), add(other_tenant)
    error = "ValueError: no such day: [number]"
    now = datetime.now(UTC)

    assert attempt(TenantRecount, now) == [poison.id, other.id]
    assert states() == [("queued", 1, error), ("done", 1, "")]
    delays = []
    for _number in range(MAX_ATTEMPTS):
        poison.refresh_from_db()
        if poison.not_before is None:
            break
        delays.append(round((poison.not_before - datetime.now(UTC)).total_seconds(), -1))
        assert attempt(TenantRecount, poison.not_before - timedelta(seconds=1)) == []
        assert attempt(TenantRecount, poison.not_before) == [poison.id]

    assert delays == [30, 60, 120, 240]
    assert states() == [("failed", MAX_ATTEMPTS, error), ("done", 1, "")]
    assert attempt(TenantRecount, now + 99 * HOUR) == []
    poison.refresh_from_db()
    assert (poison.finished_at is None, poison.lease_until, poison.is_stopped) == (False, None, True)


def test_job_of_a_dead_worker_is_claimed_after_its_lease_and_fails_after_its_attempts(tenant):
    job = add(tenant)
    claimed = [jobs.claim(TenantRecount, now=datetime.now(UTC) + number * HOUR) for number in range(MAX_ATTEMPTS)]

    assert [one.attempts for one in claimed] == [1, 2, 3, 4, 5]
    assert jobs.claim(TenantRecount) is None  # the last worker still has its lease
    assert jobs.claim(TenantRecount, now=datetime.now(UTC) + 9 * HOUR) is None
    assert states() == [("failed", 5, "The worker stopped before the job ended.")]
    assert list(jobs.unresolved(TenantRecount)) == [job]


def test_worker_that_lost_its_lease_writes_nothing(tenant):
    add(tenant)
    late = jobs.claim(TenantRecount)
    now = jobs.claim(TenantRecount, now=datetime.now(UTC) + HOUR)

    late.done, late.error = 7, "late"
    for write in (jobs.renew, jobs.finish, jobs.hold):
        with pytest.raises(jobs.LeaseLost):
            write(late)
    jobs.fail(late, ValueError("late"))

    row = TenantRecount.objects.get()
    assert (row.state, row.attempts, row.done, row.error, row.lease_until) == ("running", 2, 0, "", now.lease_until)


def test_progress_is_never_more_than_the_total(tenant):
    add(tenant)
    job = jobs.claim(TenantRecount)
    shown = []
    for done, total in ((0, 10), (4, 10), (12, 10)):
        job.done, job.total = done, total
        jobs.renew(job)
        shown.append((*TenantRecount.objects.values_list("done", "total").get(), job.percent))
    job.done = 11
    jobs.finish(job)

    assert shown == [(0, 10, 0), (4, 10, 40), (12, 12, 100)]
    assert TenantRecount.objects.values_list("state", "done", "total").get() == ("done", 11, 11)


def test_cancelled_job_stops_at_its_next_step_and_keeps_its_progress(tenant, other_tenant):
    running, waiting = add(tenant), add(other_tenant)
    steps = []

    def work(job: TenantRecount) -> None:
        for step in range(1, 9):
            job.done, job.changed = step, step
            steps.append(step)
            if step == 3:
                assert jobs.cancel(TenantRecount, ids=[running.id, waiting.id]) == 2
                assert TenantRecount.objects.get(id=running.id).state == "running"
            jobs.renew(job, "changed")

    jobs.run_all(TenantRecount, work)

    rows = TenantRecount.objects.order_by("id").values_list("state", "attempts", "changed", "cancel_requested")
    assert (steps, list(rows)) == ([1, 2, 3], [("cancelled", 1, 3, False), ("cancelled", 0, 0, False)])


def test_job_without_a_worker_is_cancelled_at_once(tenant, other_tenant):
    ended, failing = add(tenant, state="done"), add(other_tenant, POISON)
    dead = add(tenant)
    now = datetime.now(UTC)
    TenantRecount.objects.filter(id=dead.id).update(state="running", attempts=1, lease_until=now - HOUR)
    attempt(TenantRecount, now - 2 * HOUR)

    assert jobs.cancel(TenantRecount, ids=[ended.id, failing.id, dead.id]) == 2
    assert [state for state, *_ in states()] == ["done", "cancelled", "cancelled"]
    assert attempt(TenantRecount, now + 99 * HOUR) == []


def test_job_that_was_to_be_cancelled_is_when_its_worker_dies_or_fails(tenant, other_tenant):
    dies, fails = add(tenant), add(other_tenant, POISON)
    jobs.claim(TenantRecount, dies.id)
    job = jobs.claim(TenantRecount, fails.id)
    jobs.cancel(TenantRecount, ids=[dies.id, fails.id])

    jobs.run(job, work)
    assert jobs.claim(TenantRecount, now=datetime.now(UTC) + HOUR) is None

    assert [state for state, *_ in states()] == ["cancelled", "cancelled"]


def test_stopped_jobs_are_retried_with_all_their_attempts(tenant, other_tenant):
    values = {"attempts": 5, "error": "ValueError: x", "done": 3}
    failed = add(tenant, state="failed", **values)
    older, cancelled = (add(other_tenant, state="cancelled", **values) for _number in range(2))
    done = add(tenant, state="done")

    assert jobs.retry(TenantRecount, ids=[failed.id, older.id, cancelled.id, done.id]) == [failed.id, cancelled.id]

    rows = list(TenantRecount.objects.order_by("id").values_list("state", "attempts", "error", "done"))
    assert rows == [("queued", 0, "", 3), ("cancelled", *values.values()), ("queued", 0, "", 3), ("done", 0, "", 0)]


def test_failed_job_beside_an_open_one_of_its_subject_is_not_retried(tenant, other_tenant):
    failed, open_, alone = add(tenant, state="failed"), add(tenant), add(other_tenant, state="failed")
    assert jobs.retry(TenantRecount, ids=[failed.id, alone.id]) == [alone.id]
    assert TenantRecount.objects.get(id=open_.id).state == "queued"


def test_failed_job_that_a_newer_one_replaces_is_resolved(tenant, other_tenant):
    add(tenant, state="failed")
    newer, alone = add(tenant, state="failed"), add(other_tenant, state="failed")
    assert list(jobs.unresolved(TenantRecount).order_by("id")) == [newer, alone]
    add(other_tenant)
    assert list(jobs.unresolved(TenantRecount)) == [newer]


def test_job_that_is_longer_than_a_task_is_put_back_without_a_counted_attempt(tenant):
    add(tenant)

    def work(job: TenantRecount, *, ends: bool) -> None:
        job.done += 1
        job.pause_at = datetime.now(UTC) + (HOUR if ends else -HOUR)
        jobs.renew(job)

    shown = []
    for ends in (False, False, True):
        job = jobs.claim(TenantRecount)
        jobs.run(job, partial(work, ends=ends))
        shown.append(TenantRecount.objects.values_list("state", "attempts", "done").get())
    assert shown == [("queued", 0, 1), ("queued", 0, 2), ("done", 1, 3)]


def test_job_that_was_to_be_cancelled_while_its_worker_put_it_back_is_cancelled(tenant):
    wanted = add(tenant)
    job = jobs.claim(TenantRecount)

    def work(_job: TenantRecount) -> None:
        assert jobs.cancel(TenantRecount, ids=[wanted.id]) == 1  # after the worker's last look at the wish
        raise jobs.Paused("it waits for something", delay=HOUR)

    jobs.run(job, work)

    row = TenantRecount.objects.get()
    assert (row.state, row.cancel_requested, row.lease_until, job.state) == ("cancelled", False, None, "cancelled")
    assert row.finished_at is not None
    assert jobs.claim(TenantRecount, now=datetime.now(UTC) + 2 * HOUR) is None


def test_queued_job_that_waits_for_its_next_attempt_can_begin_at_once(tenant):
    job = add(tenant, POISON)
    now = datetime.now(UTC)
    attempt(TenantRecount, now)
    assert jobs.claim(TenantRecount) is None

    assert jobs.retry(TenantRecount, ids=[job.id]) == [job.id]
    assert jobs.claim(TenantRecount).attempts == 1


def test_every_kind_of_job_is_in_the_admin_and_has_the_same_states():
    kinds = {model.KIND: model for model in jobs.job_models()}

    assert set(kinds) == {
        "closing",
        "conversion_upload",
        "definition_run",
        "export",
        "gate_replay",
        "invoice_check",
        "move",
        "recount",
        "refold",
        "report",
        "segment_key",
        "workbook_deletion",
    }
    for model in kinds.values():
        assert isinstance(admin.site._registry[model], JobAdmin)
        assert model._meta.get_field("state").choices == JobState.choices


def test_every_kind_of_job_is_polled():
    polled = {entry["task"] for entry in CELERY_BEAT_SCHEDULE.values()} & set(app.tasks)
    resumed = {f"deliveries.resume_{kind}" for kind in ("moves", "recounts", "rule_refolds", "segment_keys")}
    of_reports = {"reports.dispatch_runs", "reports.delete_erased_files", "reports.resume_definition_runs"}
    assert resumed | of_reports <= polled

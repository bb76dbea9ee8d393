"""The clock and the web call services here; nothing is decided here."""

from celery import shared_task
from django.utils import timezone

from reports.alerts import checking, forgetting
from reports.runs import due_months, erased_files, runs


@shared_task(name="reports.build_report", time_limit=1200, acks_late=True)
def build_report(run_id: int) -> str:
    return runs.build_report(run_id=run_id, now=timezone.now())  # claims the run's row; a second call finds it taken


@shared_task(name="reports.dispatch_runs", time_limit=60)
def dispatch_runs() -> int:
    due = runs.due_runs(now=timezone.now())
    for run_id in due:
        runs.wake(run_id)
    return len(due)


@shared_task(name="reports.queue_monthly_runs", time_limit=300)
def queue_monthly_runs() -> int:
    return len(due_months.queue_due_runs(now=timezone.now()))


@shared_task(name="reports.delete_erased_files", time_limit=3600)
def delete_erased_files() -> int:
    return erased_files.delete_erased_files(now=timezone.now())


@shared_task(name="reports.look_at_alerts", time_limit=300)
def look_at_alerts() -> int:
    return checking.look(now=timezone.now()).opened


@shared_task(name="reports.check_accounts", time_limit=120)
def check_accounts() -> int:
    return len(checking.check_accounts(now=timezone.now()))


@shared_task(name="reports.forget_alerts", time_limit=600)
def forget_alerts() -> int:
    return forgetting.forget(now=timezone.now())

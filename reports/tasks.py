"""The clock and the web call services here; nothing is decided here."""

from celery import shared_task
from django.utils import timezone

from reports.alerts import checking, forgetting
from reports.billing import closing
from reports.billing.checks import running, uploads
from reports.budgets import looking as budgets
from reports.runs import due_months, erased_files, revising, runs
from reports.schedules import clock, erased, files, mail_retention, mailing, making, revised, sending


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


@shared_task(name="reports.queue_revisions", time_limit=300)
def queue_revisions() -> int:
    return len(revising.queue_revisions(now=timezone.now()))


@shared_task(name="reports.delete_erased_files", time_limit=3600)
def delete_erased_files() -> int:
    return erased_files.delete_erased_files(now=timezone.now(), also=erased.delete_files_of_month)


@shared_task(name="reports.make_definition_run", time_limit=3600)
def make_definition_run(run_id: int) -> int:
    return making.make_runs(run_id=run_id)  # claims the run's row; a second call finds it taken


@shared_task(name="reports.resume_definition_runs", time_limit=3600)
def resume_definition_runs() -> int:
    return making.make_runs()


@shared_task(name="reports.delete_old_report_files", time_limit=3600)
def delete_old_report_files() -> int:
    return files.delete_old(now=timezone.now())


@shared_task(name="reports.request_due_runs", time_limit=300)
def request_due_runs() -> int:
    now = timezone.now()
    return len(clock.tick(now=now)) + len(revised.request_revised_runs(now=now))


@shared_task(name="reports.send_report_mails", time_limit=sending.TIME_LIMIT)
def send_report_mails() -> int:
    now = timezone.now()
    sending.mark_unknown(now=now)
    mailing.queue_failures(now=now)
    return sending.send_waiting()


@shared_task(name="reports.forget_report_mails", time_limit=300)
def forget_report_mails() -> int:
    return mail_retention.forget(now=timezone.now())


@shared_task(name="reports.look_at_alerts", time_limit=300)
def look_at_alerts() -> int:
    return checking.look(now=timezone.now()).opened


@shared_task(name="reports.look_at_budgets", time_limit=300)
def look_at_budgets() -> int:
    return budgets.look_at_all(now=timezone.now()).opened


@shared_task(name="reports.check_accounts", time_limit=120)
def check_accounts() -> int:
    return len(checking.check_accounts(now=timezone.now()))


@shared_task(name="reports.forget_alerts", time_limit=600)
def forget_alerts() -> int:
    return forgetting.forget(now=timezone.now())


@shared_task(name="reports.close_month", time_limit=3600)
def close_month(run_id: int) -> int:
    return closing.run_closings(run_id=run_id)  # claims the run's row; a second call finds it taken


@shared_task(name="reports.resume_closings", time_limit=3600)
def resume_closings() -> int:
    return closing.run_closings()


@shared_task(name="reports.run_invoice_check", time_limit=3600)
def run_invoice_check(check_id: int) -> int:
    return running.run_checks(check_id=check_id)  # claims the check's row; a second call finds it taken


@shared_task(name="reports.resume_invoice_checks", time_limit=3600)
def resume_invoice_checks() -> int:
    return running.run_checks()


@shared_task(name="reports.delete_old_invoices", time_limit=600)
def delete_old_invoices() -> int:
    return uploads.delete_old_files(now=timezone.now())

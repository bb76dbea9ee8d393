"""Celery: the worker and the schedule."""

from celery.schedules import crontab

from portal import engines
from portal.settings.database import REDIS_URL

# Celery only wakes work up; the rows are the truth (docs/architecture.md: the row is the queue).
CELERY_BROKER_URL = engines.broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 1200
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A queue with a worker of its own (portal/serve.py): a file of messages may take many minutes.
CELERY_TASK_ROUTES = {
    name: {"queue": "exports"}
    for name in (
        "deliveries.run_export",
        "deliveries.resume_exports",
        "reports.make_definition_run",
        "reports.resume_definition_runs",
    )
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "queue-monthly-runs": {"task": "reports.queue_monthly_runs", "schedule": 300.0},
    "queue-revisions": {"task": "reports.queue_revisions", "schedule": 3600.0},
    "dispatch-runs": {"task": "reports.dispatch_runs", "schedule": 10.0},
    "delete-erased-files": {"task": "reports.delete_erased_files", "schedule": 30.0},
    "request-due-runs": {"task": "reports.request_due_runs", "schedule": 60.0, "options": {"expires": 60}},
    "send-report-mails": {"task": "reports.send_report_mails", "schedule": 30.0, "options": {"expires": 30}},
    "forget-report-mails": {"task": "reports.forget_report_mails", "schedule": 3600.0},
    "resume-definition-runs": {"task": "reports.resume_definition_runs", "schedule": 30.0},
    "resume-closings": {"task": "reports.resume_closings", "schedule": 30.0},
    "resume-invoice-checks": {"task": "reports.resume_invoice_checks", "schedule": 30.0},
    "delete-old-invoices": {"task": "reports.delete_old_invoices", "schedule": 3600.0},
    "delete-old-report-files": {"task": "reports.delete_old_report_files", "schedule": 300.0},
    "look-at-alerts": {"task": "reports.look_at_alerts", "schedule": 60.0, "options": {"expires": 60}},
    "look-at-budgets": {"task": "reports.look_at_budgets", "schedule": 300.0, "options": {"expires": 300}},
    "check-accounts": {"task": "reports.check_accounts", "schedule": 300.0, "options": {"expires": 300}},
    "forget-alerts": {"task": "reports.forget_alerts", "schedule": 3600.0},
    "make-partitions": {"task": "deliveries.make_partitions", "schedule": 3600.0},
    "resume-moves": {"task": "deliveries.resume_moves", "schedule": 30.0},
    "resume-recounts": {"task": "deliveries.resume_recounts", "schedule": 30.0},
    "resume-rule-refolds": {"task": "deliveries.resume_rule_refolds", "schedule": 30.0},
    "resume-segment-keys": {"task": "deliveries.resume_segment_keys", "schedule": 30.0},
    "judge-segment-keys": {"task": "deliveries.judge_segment_keys", "schedule": 3600.0},
    "resume-exports": {"task": "deliveries.resume_exports", "schedule": 30.0},
    "resume-gate-replays": {"task": "deliveries.resume_gate_replays", "schedule": 5.0, "options": {"expires": 5}},
    "forget-gate-replays": {"task": "deliveries.forget_gate_replays", "schedule": 3600.0},
    "attribute-conversions": {
        "task": "deliveries.attribute_conversions",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "resume-conversion-uploads": {"task": "deliveries.resume_conversion_uploads", "schedule": 30.0},
    "delete-uploaded-files": {"task": "deliveries.delete_uploaded_files", "schedule": 3600.0},
    "delete-old-exports": {"task": "deliveries.delete_old_exports", "schedule": 300.0},
    "first-checks": {"task": "deliveries.run_first_checks", "schedule": 30.0},
    "check-waiting": {
        "task": "deliveries.run_checks",
        "args": [["waiting", "applying", "refused", "jobs", "gates", "report_mails"]],
        "schedule": 60.0,
    },
    "check-received": {
        "task": "deliveries.run_checks",
        "args": [["received", "feeds", "quarantined", "submissions"]],
        "schedule": 600.0,
    },
    "check-identities": {
        "task": "deliveries.run_checks",
        "args": [["identities", "gates_at_link"]],
        "schedule": 6 * 3600.0,
    },
    "check-counts": {
        "task": "deliveries.run_checks",
        "args": [["counts"]],
        "schedule": crontab(hour=2, minute=20),
    },
    "fold-segment-counts": {
        "task": "deliveries.fold_segment_counts",
        "schedule": 10.0,
        "options": {"expires": 10},
    },
    "condense-counts": {"task": "deliveries.condense_counts", "schedule": 900.0},
    "make-identity-filters": {"task": "deliveries.make_identity_filters", "schedule": 3600.0},
    "settle-lost-rights": {"task": "accounts.settle_lost_rights", "schedule": 600.0},
    "forget-unsent-mail": {"task": "accounts.forget_unsent_mail", "schedule": 3600.0},
    "forget-api-requests": {"task": "accounts.forget_api_requests", "schedule": 3600.0},
    "delete-ended-links": {"task": "accounts.delete_ended_links", "schedule": 3600.0},
    "check-brand-hosts": {"task": "accounts.check_brand_hosts", "schedule": crontab(hour=3, minute=40)},
    "look-at-gates-at-link": {"task": "deliveries.look_at_gates", "schedule": crontab(hour=3, minute=10)},
    "watch-gates": {"task": "deliveries.watch_gates", "schedule": 60.0},
    "apply-retention": {"task": "deliveries.apply_retention", "schedule": 3600.0},
}

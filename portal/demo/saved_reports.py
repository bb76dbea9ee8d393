"""Saved reports of the demo: two schedules, of which one has been run and mailed."""

import subprocess
import time
from datetime import time as local_time
from datetime import timedelta

from portal.demo.guide import TEXT_AT
from portal.demo.state import APPLY_WITHIN, check_in_time

OUTSIDE = "tilitoimisto@example.com"


def schedule_reports(server: subprocess.Popen) -> None:
    """Save two reports of an owner once, for a member and an outside address, and send one as the clock would."""
    from django.utils import timezone

    from portal.accounts.models import Membership, Role
    from reports.models import ReportDefinition
    from reports.schedules import clock, confirming, recipients
    from reports.schedules.definitions import create_definition
    from reports.schedules.due import newest_due, next_due
    from reports.schedules.runs import request_definition_run

    owner = Membership.objects.select_related("tenant", "user").get(tenant__slug="nordic-retail", role=Role.OWNER)
    tenant, user, now = owner.tenant, owner.user, timezone.now()
    if ReportDefinition.objects.filter(tenant=tenant).exists():
        return
    volumes = {
        "name": "Kuukauden viestimäärät", "kind": "volumes", "period": "last_month", "formats": ["xlsx", "csv"],
        "frequency": "monthly", "month_day": 2, "at": local_time(8),
    }  # fmt: skip
    errors = {
        "name": "Viikon virheet", "kind": "errors", "period": "last_week", "formats": ["xlsx"],
        "frequency": "weekly", "weekday": 1, "at": local_time(7, 30), "condition": "rows",
    }  # fmt: skip
    definitions = [create_definition(tenant=tenant, owner=user, values=values) for values in (volumes, errors)]
    for definition in definitions:
        recipients.add_member(definition=definition, user=user, actor=user, now=now)
    added = recipients.add_address(definition=definitions[0], email=OUTSIDE, language="fi", actor=user, now=now)
    if added.address is not None:
        confirming.answer(address=added.address, accepts=True, now=now)
    schedule = clock.schedule_of(definitions[0])
    first = next_due(schedule, tenant.timezone, now - timedelta(days=62))
    run = request_definition_run(
        definition=definitions[0], requested_by=clock.ACTOR, cause="schedule", now=now,
        due_at=newest_due(schedule, tenant.timezone, first, now),
    )  # fmt: skip
    _wait_until_sent(run.pk, server)


def _wait_until_sent(run_id: int, server: subprocess.Popen) -> None:
    from portal.common.jobs import open_jobs
    from reports.models import DefinitionRun, ReportMail

    print("The Celery worker makes a scheduled report and mails it.")
    give_up = time.monotonic() + APPLY_WITHIN
    waiting = ReportMail.objects.filter(run_id=run_id, state__in=["waiting", "sending"])
    while open_jobs(DefinitionRun).filter(id=run_id).exists() or waiting.exists():
        check_in_time(server, give_up, "the scheduled report is not sent yet")
        time.sleep(0.3)


def guide(address: str) -> str:
    """Return the lines of the printed guide about saved reports."""
    from reports.models import ReportDefinition

    definition = ReportDefinition.objects.filter(tenant__slug="nordic-retail", frequency="monthly").first()
    if definition is None:
        return ""
    page = f"{address}/t/nordic-retail/reports/definitions/{definition.pk}/recipients/"
    mails = f"{address}/admin/accounts/unsentmail/"
    return (
        f"  {page}\n{' ' * TEXT_AT}recipients of a scheduled report, and the e-mails that it sent\n"
        f"  {mails}\n{' ' * TEXT_AT}those e-mails: without a mail server staff read them here\n"
    )

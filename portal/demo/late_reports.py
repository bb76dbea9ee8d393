"""Late delivery reports of the demo: a month that was final gets its next revision, with what changed and why."""

import os
import subprocess
import time
from datetime import UTC, datetime

import orjson

from portal.demo.state import APPLY_WITHIN, DemoError, State, check_in_time

TENANT = "nordic-retail"
MESSAGES = 12


def revise_month(state: State, server: subprocess.Popen) -> None:
    """Deliver some pending messages of the last final month, and make its next revision; once."""
    from django.utils import timezone

    from deliveries.applying.apply import oldest_waiting
    from portal.common.jobs import open_jobs
    from portal.common.periods import Month
    from reports.models import ReportRun
    from reports.runs.revising import ACTOR
    from reports.runs.runs import request_run

    final = ReportRun.objects.filter(tenant__slug=TENANT, kind=ReportRun.Kind.FINAL, state=ReportRun.State.DONE)
    run = final.exclude(kept_file="").order_by("-month", "-id").select_related("tenant").first()
    if run is None or final.exclude(changes=None).exists():
        return
    _send(state, run.tenant_id, Month.of(run.month))
    give_up = time.monotonic() + APPLY_WITHIN
    while oldest_waiting() is not None:
        check_in_time(server, give_up, "the late delivery reports are not applied yet")
        time.sleep(0.3)
    request_run(tenant=run.tenant, month=Month.of(run.month), kind=run.kind, requested_by=ACTOR, now=timezone.now())
    while open_jobs(ReportRun).exists():
        check_in_time(server, give_up, "the revision is not created yet")
        time.sleep(0.3)


def _send(state: State, tenant_id: int, month) -> None:
    """Send a report of delivery for messages that are pending, by the text of the report that they have."""
    from deliveries.dialects.codes import SENT
    from deliveries.models import DeliveryReport, InboxRow, Message
    from deliveries.simulation.sender import SendError, send

    pending = Message.objects.filter(
        tenant_id=tenant_id, day__range=(month.first_day, month.last_day), status=SENT, account__name="link-main"
    )
    ids = list(pending.order_by("sent_at").values_list("message_id", flat=True)[:MESSAGES])
    reports = DeliveryReport.objects.filter(tenant_id=tenant_id, message_id__in=ids)
    bodies = InboxRow.objects.filter(id__in=reports.values("inbox_id")).values_list("body", flat=True)
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    late = [orjson.dumps(orjson.loads(bytes(body)) | {"resultCode": 1001, "timestamp": now}) for body in bodies]
    try:
        send(late, url=f"http://127.0.0.1:{os.environ['PORT']}/dlr/{state.token}/")
    except SendError as error:
        raise DemoError(f"{error}. Start bin/demo again: it goes on from there.") from error

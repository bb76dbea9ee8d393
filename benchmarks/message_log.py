"""message_log: the messages of a month as a saved report of each format, in full and masked: seconds and memory."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from benchmarks.figure import Figure
from benchmarks.reading import have_messages, largest_tenant
from benchmarks.stage import Stage
from portal.accounts.models import Membership, Role, User
from reports.models import DefinitionRun, ReportDefinition
from reports.schedules.definitions import create_definition
from reports.schedules.runs import request_definition_run

ROWS = 1_000_000
SECONDS, MEMORY = 60.0, 300.0  # for so many rows; MB of the worker
OWNER = "message-log@bench.example"
_FIRST = (
    "SELECT min(day) FROM (SELECT day FROM message WHERE tenant_id = %s AND day <= %s ORDER BY sent_at DESC LIMIT %s) m"
)


def message_log(stage: Stage) -> Iterator[Figure]:
    """The newest million messages of the largest tenant (whole days), or all of them."""
    have_messages(stage)
    tenant, now = largest_tenant(), datetime.now(UTC)
    last = now.date() - timedelta(days=1)
    with stage.connect() as own:
        first = own.execute(_FIRST, [tenant.pk, last, ROWS]).fetchone()[0]
    owner, _is_new = User.objects.get_or_create(email=OWNER)
    Membership.objects.update_or_create(user=owner, tenant=tenant, defaults={"role": Role.MANAGER})
    days = {"period": "custom", "first": first, "last": last}
    for format_name in ("xlsx", "csv"):
        given = {"name": f"bench {now}", "kind": "messages", "formats": [format_name], "parameters": {}}
        definition = create_definition(tenant=tenant, owner=owner, values=given | days)
        with stage.program("exporter") as worker:
            run = request_definition_run(definition=definition, requested_by=OWNER, cause="person", now=now)
            done = f"SELECT state IN ('done', 'failed', 'cancelled') FROM definition_run WHERE id = {run.pk}"
            stage.wait_for(done, every=0.2)
            run.refresh_from_db()
            seconds = (run.finished_at - run.started_at).total_seconds()
            each = ", ".join(
                f"{file.edition} {file.seconds:.1f} s, {file.bytes / 1e6:.0f} MB" for file in run.files.all()
            )
            note = f"{run.state}: {run.rows:,} messages; {each}"
            is_missed = run.state != "done" or seconds > SECONDS * max(1.0, run.rows / ROWS)
            yield Figure(f"message_log_{format_name}", seconds, "s", note=note, is_missed=is_missed)
            yield Figure(
                f"message_log_{format_name}_memory", worker.peak_memory(), "MB", ceiling=MEMORY,
                note="RSS of the worker at its peak",
            )  # fmt: skip
        DefinitionRun.objects.filter(definition=definition).delete()
        ReportDefinition.objects.filter(id=definition.pk).delete()
    Membership.objects.filter(user=owner).delete()
    owner.delete()

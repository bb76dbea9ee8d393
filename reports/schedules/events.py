"""The event `report.ready` for gates: a run of a saved report has ended."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from deliveries.gates.events import queue_event
from deliveries.models import Gate
from reports.models import DefinitionRun


def tell_gates(run: DefinitionRun) -> None:
    """Queue the event of a run that has ended, in the transaction that ends it: a hook of DEFINITION_HOOKS."""
    definition = run.definition
    body = {
        "report": definition.id,
        "run": run.id,
        "name": definition.name,
        "kind": definition.kind,
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
        "state": run.kind or None,
        "formats": sorted(set(run.files.values_list("format", flat=True))),
        "rows": run.rows,
        "skipped": run.skipped or None,
        "data_as_of": run.data_as_of,
        "url": settings.PUBLIC_URL + reverse("reports:definition", args=[run.tenant.slug, definition.id]),
        "api_url": settings.PUBLIC_URL + reverse("api:definition_run", args=[definition.id, run.id]),
    }
    queue_event(
        tenant_id=run.tenant_id,
        event=Gate.Event.REPORT_READY,
        body=body,
        now=timezone.now(),
        only=definition.gates,
    )

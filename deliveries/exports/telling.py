"""The event `export.ready` for gates: an export's file is ready, or there will be none."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from deliveries.gates.events import queue_event
from deliveries.models import Export, Gate


def tell_ready(export: Export) -> None:
    """Queue the event of a finished export; call it in the transaction that writes so."""
    numbers = "full" if export.in_full else "masked"
    _tell(export, "ready", rows=export.done, bytes=export.bytes, numbers=numbers, expires_at=export.expires_at)


def tell_failed(export: Export, *, problem: str = "") -> None:
    """Queue the event of an export that was not made; without a problem (Export.Problem) it was a fault of ours."""
    _tell(export, "failed", problem=problem)


def _tell(
    export: Export,
    state: str,
    *,
    problem: str = "",
    rows: int | None = None,
    bytes: int | None = None,
    numbers: str | None = None,
    expires_at=None,
) -> None:
    body = {
        "export": export.pk,
        "kind": export.kind,
        "format": export.format,
        "state": state,
        "problem": problem or None,
        "rows": rows,
        "bytes": bytes,
        "numbers": numbers,
        "expires_at": expires_at,
        "url": settings.PUBLIC_URL + reverse("exports:list", args=[export.tenant.slug]),
        "api_url": settings.PUBLIC_URL + reverse("api:export", args=[export.pk]),
    }
    event = Gate.Event.EXPORT_READY
    queue_event(tenant_id=export.tenant_id, event=event, body=body, now=timezone.now())

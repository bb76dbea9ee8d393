"""Made-up events, one of each type: for previews and tests of gates, and the documented bodies (docs/gates.md)."""

from datetime import UTC, date, datetime

from deliveries.gates.forwarded import Event
from deliveries.models import Gate

AT = datetime(2026, 11, 20, 9, 37, 43, tzinfo=UTC)
_PORTAL = "https://portal.example.com"

BODIES = {
    Gate.Event.REPORT_READY: {
        "report": 12,
        "run": 345,
        "name": "Volumes for finance",
        "kind": "volumes",
        "first": date(2026, 10, 1).isoformat(),
        "last": date(2026, 10, 31).isoformat(),
        "state": "final",
        "formats": ["xlsx", "csv"],
        "rows": 1840,
        "skipped": None,
        "data_as_of": "2026-11-20T09:37:02Z",
        "url": f"{_PORTAL}/t/nordic-retail/reports/",
        "api_url": f"{_PORTAL}/api/v1/reports/definitions/12/runs/345/",
    },
    Gate.Event.EXPORT_READY: {
        "export": 815,
        "kind": "messages",
        "format": "csv",
        "state": "ready",
        "problem": None,
        "rows": 52310,
        "bytes": 9180442,
        "numbers": "masked",
        "expires_at": "2026-11-27T09:37:43Z",
        "url": f"{_PORTAL}/t/nordic-retail/exports/",
        "api_url": f"{_PORTAL}/api/v1/exports/815/",
    },
    Gate.Event.ALERT_OPENED: {
        "alert": 77,
        "rule": 3,
        "kind": "delivery",
        "country": "FI",
        "operator": "fi.elisa",
        "budget": None,
        "threshold": None,
        "since": "2026-11-20T09:15:00Z",
        "opened_at": "2026-11-20T09:37:43Z",
        "closed_at": None,
        "ending": None,
        "url": f"{_PORTAL}/t/nordic-retail/alerts/",
    },
    Gate.Event.ALERT_CLOSED: {
        "alert": 77,
        "rule": 3,
        "kind": "delivery",
        "country": "FI",
        "operator": "fi.elisa",
        "budget": None,
        "threshold": None,
        "since": "2026-11-20T09:15:00Z",
        "opened_at": "2026-11-20T09:37:43Z",
        "closed_at": "2026-11-20T10:52:43Z",
        "ending": "recovered",
        "url": f"{_PORTAL}/t/nordic-retail/alerts/",
    },
}


def sample_event(type_: str, *, tenant_slug: str, tenant_name: str) -> Event:
    """Return a made-up event of this type, as the tenant's gates would send it."""
    return Event(
        inbox_id=0,
        id="evt_a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
        type=Gate.Event(type_).value,
        received_at=AT,
        tenant_slug=tenant_slug,
        tenant_name=tenant_name,
        body=BODIES[Gate.Event(type_)],
    )

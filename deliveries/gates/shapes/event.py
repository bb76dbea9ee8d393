"""The portal's own event: a delivery report with the tenant's names, as JSON; pure.

Names are those of the REST API (docs/rest-api.md), the envelope is that of Standard Webhooks.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from deliveries.gates.forwarded import Forwarded
from deliveries.gates.shapes.link import link_time

TYPE = "delivery_report.received"


def event(report: Forwarded, gate: str) -> dict[str, Any]:
    """Return the event of a report for the gate with this public id. Its time is the report's receipt here."""
    return {
        "type": TYPE,
        "timestamp": _time(report.received_at),
        "data": {
            "gate": gate,
            "tenant": report.tenant_slug,
            "tenant_name": report.tenant_name,
            "message_id": report.message_id,
            "part": report.part,
            "partner_id": report.partner_id,
            "ref_id": report.ref_id,
            "campaign": report.campaign or None,
            "variant": report.variant,
            "labels": report.labels,
            "segments": report.segments_of,
            "custom_parameters": report.custom_parameters,
            "source": report.source,
            "destination": report.destination,
            "destination_masked": report.is_masked,
            "country": report.country,
            "operator": report.operator or "",
            "parts": report.segments,
            "status": report.status,
            "final": report.final,
            "result_code": report.result_code,
            "operator_result_code": report.operator_result_code,
            "sent_at": _time(report.sent_at),
            "status_at": _time(report.status_at),
            "received_at": _time(report.received_at),
        },
    }


def json_of(reports: Sequence[Forwarded], gate: str, *, as_array: bool) -> bytes:
    """Return one event, or an array of them."""
    found = [event(report, gate) for report in reports]
    return orjson.dumps(found if as_array else found[0])


def _time(time: datetime | None) -> str | None:
    return link_time(time)

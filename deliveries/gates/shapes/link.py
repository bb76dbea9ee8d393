"""A delivery report with LINK's fields and names (docs/link.md section 3), and as LINK's JSON; pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from deliveries.gates.forwarded import Forwarded

# A field of the report: a text, a number, a map of texts, or nothing.
Field = str | int | dict[str, str] | None


def fields(report: Forwarded, gate_parameters: Mapping[str, str]) -> dict[str, Field]:
    """Return the report's fields in LINK's order. `gateCustomParameters` are the portal's gate's, not LINK's."""
    addresses = {"source": report.source, "destination": report.destination}
    return {
        "refId": report.ref_id,
        "id": link_id(report),
        "operator": report.operator,
        "sentTimestamp": link_time(report.sent_at),
        "timestamp": link_time(report.status_at),
        "resultCode": report.result_code,
        "operatorResultCode": report.operator_result_code,
        "segments": report.segments,
        "gateCustomParameters": dict(gate_parameters),
        "customParameters": report.custom_parameters | {name: text for name, text in addresses.items() if text},
    }


def json_of(reports: Sequence[Forwarded], gate_parameters: Mapping[str, str], *, as_array: bool) -> bytes:
    """Return one object, or an array of them."""
    found = [fields(report, gate_parameters) for report in reports]
    return orjson.dumps(found if as_array else found[0])


def link_id(report: Forwarded) -> str:
    """Return the message's id; of a report about one part, with `$` and the part's number."""
    return report.message_id if report.part is None else f"{report.message_id}${report.part}"


def link_time(time: datetime | None) -> str | None:
    """Return a time as LINK writes it, with a fraction of a second only where it has one."""
    return None if time is None else time.astimezone(UTC).isoformat().replace("+00:00", "Z")

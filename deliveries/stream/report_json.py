"""A delivery report with its message as the API shows it; names as in the events of gates."""

from typing import Any

from deliveries.gates.forwarded import Forwarded
from deliveries.gates.shapes.link import link_time
from portal.common.masking import Masking


def report_json(report: Forwarded, account: str, masking: Masking) -> dict[str, Any]:
    """Return the report; phone numbers are masked as the key's `masking` says, those that were erased always."""
    own = report.destination
    return {
        "account": account,
        "tenant": report.tenant_slug,
        "message_id": masking.id(report.message_id, own),
        "part": report.part,
        "partner_id": masking.id(report.partner_id, own),
        "ref_id": masking.text(report.ref_id, own),
        "campaign": masking.text(report.campaign, own) or None,
        "variant": masking.text(report.variant, own),
        "labels": masking.texts(report.labels, own),
        "custom_parameters": masking.texts(report.custom_parameters, own),
        "source": masking.sender(report.source, report.sender_type, own),
        "destination": masking.number(own),
        "country": report.country,
        "operator": masking.text(report.operator or "", own),
        "parts": report.segments,
        "status": report.status,
        "final": report.final,
        "result_code": report.result_code,
        "operator_result_code": masking.text(report.operator_result_code, own),
        "sent_at": link_time(report.sent_at),
        "status_at": link_time(report.status_at),
        "received_at": link_time(report.received_at),
    }

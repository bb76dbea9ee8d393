"""Links of the API's description: where the ids in an answer lead (OpenAPI 3.1, Link Object)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_ID, _FIRST = "/id", "/data/0/id"

# The path parameters that an answer has, with their places in it. A parameter of the request's own path stays.
IN_ANSWERS: Mapping[str, Mapping[str, str]] = {
    "choose_segment_key": {"key": "/key"},
    "add_conversion_kind": {"kind_id": _ID},
    "close_month": {"closing_id": _ID},
    "create_alert_rule": {"rule_id": _ID},
    "create_api_key": {"key_id": _ID},
    "create_budget": {"budget_id": _ID},
    "create_gate": {"gate_id": _ID},
    "create_price_list": {"price_list_id": _ID},
    "create_report_definition": {"definition_id": _ID},
    "add_report_recipient": {"recipient_id": _ID},
    "run_report_definition": {"saved_run_id": _ID},
    "queue_report": {"run_id": _ID},
    "request_export": {"export_id": _ID},
    "request_table_export": {"export_id": _ID},
    "replay_gate": {"replay_id": _ID},
    "start_invoice_check": {"check_id": _ID},
    "invite_member": {"invitation_id": _ID},
    "declare_partner_id": {"partner_id": _ID},
    "request_partner_id": {"request_id": _ID},
    "add_tenant": {"slug": "/slug"},
    "list_alert_rules": {"rule_id": _FIRST},
    "list_alerts": {"alert_id": _FIRST},
    "list_api_keys": {"key_id": _FIRST},
    "list_budgets": {"budget_id": _FIRST},
    "list_closings": {"closing_id": _FIRST},
    "list_exchange_rates": {"rate_id": _FIRST},
    "list_campaigns": {"campaign_id": _FIRST},
    "list_conversion_kinds": {"kind_id": _FIRST},
    "list_conversions": {"conversion_id": _FIRST},
    "list_definition_runs": {"saved_run_id": _FIRST},
    "list_exports": {"export_id": _FIRST},
    "list_gates": {"gate_id": _FIRST},
    "list_gate_attempts": {"attempt_id": _FIRST},
    "list_gate_replays": {"replay_id": _FIRST},
    "list_invitations": {"invitation_id": _FIRST},
    "list_invoice_checks": {"check_id": _FIRST},
    "list_members": {"membership_id": _FIRST},
    "list_messages": {"account": "/data/0/account", "message_id": _FIRST},
    "list_partner_ids": {"partner_id": _FIRST},
    "list_partner_id_requests": {"request_id": _FIRST},
    "list_price_lists": {"price_list_id": _FIRST},
    "list_report_definitions": {"definition_id": _FIRST},
    "list_report_mails": {"report_mail_id": _FIRST},
    "list_report_recipients": {"recipient_id": _FIRST},
    "list_price_list_revisions": {"revision": "/data/0/revision"},
    "list_reports": {"run_id": _FIRST},
    "list_segment_keys": {"key": "/data/0/key"},
    "list_statement_lines": {"position": "/data/0/position"},
    "list_statements": {"statement_id": _FIRST},
    "list_tenants": {"slug": "/data/0/slug"},
}

CHOSEN = {"format_name"}  # which no answer has to tell


def with_links(result: dict[str, Any], **_options: object) -> dict[str, Any]:
    """Add to each answer that has ids the operations on them: read, change, delete and the like."""
    for path, operation in _operations(result):
        found = IN_ANSWERS.get(operation["operationId"])
        if found is None:
            continue
        links = {
            other["operationId"]: _link(path, other["operationId"], found)
            for other_path, other in _operations(result)
            if _names(path) | found.keys() == _names(other_path) - CHOSEN and not _names(path) & found.keys()
        }
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                response["links"] = links
    return result


def _link(path: str, operation_id: str, found: Mapping[str, str]) -> dict[str, Any]:
    own = {name: f"$request.path.{name}" for name in sorted(_names(path))}
    return {
        "operationId": operation_id,
        "parameters": own | {name: f"$response.body#{place}" for name, place in found.items()},
    }


def _operations(result: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in result["paths"].items():
        for operation in methods.values():
            yield path, operation


def _names(path: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", path))

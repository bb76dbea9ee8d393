"""Gates and attempts as /api/v1/gates/ answers them, without secrets, and masked for keys without the scope numbers."""

from collections.abc import Collection, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from deliveries.gates.hidden_values import HIDDEN, hidden_headers
from deliveries.gates.pages.attempts import ShownAttempt, shown
from deliveries.gates.reading import GateFigures, with_figures
from deliveries.gates.rest.bodies import FILTER
from deliveries.gates.secrets import headers_of
from deliveries.gates.testing import TEST, TestResult
from deliveries.models import Gate, GateAttempt, GateDestination
from deliveries.partner_ids.with_numbers import telling_partner_ids
from portal.accounts.access import Access
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount

_SAME = (
    *("name", "ref_id", "ttl_ms", "acknowledge", "throttle", "custom_parameters", "body", "batch_size", "state"),
    *("forwards_reports", "events", "state_at", "failing_since", "created_at", "changed_at"),
)
_OF_DESTINATION = ("url", "content_type", "method", "template", "username", "custom_parameters")


def gates_shown(gates: Sequence[Gate], access: Access) -> list[dict[str, Any]]:
    """Return gates in their order."""
    telling: Collection[str] = ()
    if not access.masking.in_full:
        named = {value for gate in gates for value in gate.partner_ids}
        telling = telling_partner_ids(named, tenant_ids=access.tenant_ids) if named else ()
    return [_gate(one, telling, access.masking) for one in with_figures(gates, now=timezone.now())]


def gate_shown(gate: Gate, access: Access) -> dict[str, Any]:
    """Return one gate."""
    return gates_shown([gate], access)[0]


def _gate(one: GateFigures, telling: Collection[str], masking: Masking) -> dict[str, Any]:
    gate = one.gate
    chosen = {name: getattr(gate, name) for name in FILTER}
    chosen["partner_ids"] = [masking.text(value) if value in telling else value for value in gate.partner_ids]
    is_old_valid = gate.old_secret_until is not None and gate.old_secret_until > timezone.now()
    return {name: getattr(gate, name) for name in _SAME} | {
        "id": gate.public_id,
        "tenant": gate.tenant.slug,
        "type": gate.gate_type,
        "filter": chosen,
        "destinations": [_destination(row) for row in gate.destinations.all()],
        "off_reason": gate.off_reason or None,
        "old_secret_until": gate.old_secret_until if is_old_valid else None,
        "waiting": one.waiting,
        "last_24_hours": {
            "requests": one.sent,
            "delivered": one.delivered,
            "success_share": one.success_share,
            "p95_ms": one.p95_ms,
        },
        "last_attempt": one.newest
        and {"at": one.newest.at, "outcome": one.newest.outcome, "is_test": one.newest.number == TEST},
        "url": reverse("api:gate", args=[gate.public_id]),
    }


def _destination(row: GateDestination) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _OF_DESTINATION} | {
        "password": HIDDEN if row.password_sealed else "",
        "headers": hidden_headers(headers_of(row)),
    }


def test_shown(result: TestResult, masking: Masking) -> dict[str, Any]:
    """Return the result of a test."""
    return {
        "at": result.at,
        "is_delivered": result.is_delivered,
        "is_sample": result.is_sample,
        "destinations": [
            {
                "url": masking.text(one.url),
                "method": one.method,
                "headers": one.headers,
                "body": masking.text(one.body),
                "outcome": one.outcome,
                "answer": masking.text(one.answer),
                "ms": one.ms,
            }
            for one in result.destinations
        ],
    }


test_shown.__test__ = False  # type: ignore[attr-defined]


def attempts_shown(attempts: Sequence[GateAttempt], masking: Masking) -> list[dict[str, Any]]:
    """Return attempts in their order, with what was sent and answered."""
    accounts = {one.account_id for one in attempts if one.account_id is not None}
    names = dict(GatewayAccount.objects.filter(id__in=accounts).values_list("id", "name"))
    return [_attempt(one, names) for one in shown(attempts, masking)]


def _attempt(one: ShownAttempt, accounts: dict[int, str]) -> dict[str, Any]:
    row = one.attempt
    return {
        "id": row.pk,
        "at": row.at,
        "outcome": row.outcome,
        "number": row.number,
        "is_last": row.is_last,
        "is_test": one.is_test,
        "is_replay": row.replay_id is not None,
        "ms": row.ms,
        "method": row.method,
        "url": one.url,
        "account": accounts.get(row.account_id) if row.account_id is not None else None,
        "message_id": one.message_id,
        "event": one.event or None,
        "number_erased": row.is_masked,
        "request_headers": [f"{name}: {value}" for name, value in one.headers],
        "request_body": one.body,
        "answer": one.answer,
    }

"""Every operation × no key, each scope, and another tenant's key with the ids of the first."""

import re

import pytest

from portal.accounts.models import User
from portal.api.schema import document
from portal.tenants.models import ApiKey
from tests.api.test_schema import world
from tests.schedules.conftest import files
from tests.wall.sql_probe import undone

__all__ = ["files", "world"]

pytestmark = pytest.mark.django_db

OPERATIONS = [
    (path, method, operation) for path, methods in document()["paths"].items() for method, operation in methods.items()
]
# The row of the world that each parameter in a path names; else the value itself.
IDS = {
    "alert_id": "alert",
    "attempt_id": "attempt",
    "budget_id": "budget",
    "campaign_id": "campaign",
    "check_id": "check",
    "closing_id": "closing",
    "conversion_id": "conversion",
    "definition_id": "definition",
    "export_id": "exported",
    "gate_id": "gate",
    "invitation_id": "invitation",
    "key_id": "key",
    "kind_id": "kind",
    "membership_id": "member",
    "partner_id": "partner",
    "price_list_id": "price_list",
    "recipient_id": "recipient",
    "report_mail_id": "mail",
    "rate_id": "rate",
    "revision": "revision",
    "replay_id": "replay",
    "request_id": "request",
    "rule_id": "rule",
    "run_id": "done",
    "saved_run_id": "made",
    "statement_id": "statement",
}
VALUES = {"position": "1", "account": "link-main", "message_id": "a", "key": "shop", "slug": "nordic-retail"}
QUERIES = {
    "/api/v1/messages/one/": {"account": "link-main", "id": "a"},
    "/api/v1/statements/bookkeeping/": {"month": "2026-08"},
    "/api/v1/segment-tables/": {"key": "shop", "by": "tier", "from": "2026-11-01", "to": "2026-11-20"},
}
# A 404 for this key: files of another key, a statement that the operator issues, a report that is not archived.
OF_OTHERS = (
    "/api/v1/reports/definitions/{definition_id}/restore/",
    "/api/v1/exports/{export_id}/",
    *(f"/api/v1/statements/{{statement_id}}/{what}/" for what in ("credit", "issue", "paid")),
)
READS_TOO = ("/api/v1/gates/{gate_id}/replays/", "post")  # of a search, as in its example: it needs `read`, too
SEGMENT_OF_ITS_OWN = "/api/v1/segments/{key}/"  # a name that every tenant may choose: other tests ask for its figures


def scope_of(operation: dict) -> str | None:
    security = operation.get("security")
    return None if not security else "".join(security[0]["key"])


def address(path: str, world: dict) -> str:
    """Return the operation's address about a row of the first tenant."""

    def value(match: re.Match) -> str:
        name = match[1]
        if name == "format_name":
            return "json" if "definitions" in path else "xlsx"
        return str(world[IDS[name]]) if name in IDS else VALUES[name]

    return re.sub(r"\{(\w+)\}", value, path)


def asked(client, path: str, method: str, operation: dict, world: dict, key: str | None):
    """Ask as the operation's example does, and undo it."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    given: dict = {"headers": {"Authorization": f"Bearer {key}"} if key else {}}
    if method == "get":
        given["data"] = QUERIES.get(path, {})
    else:
        given |= {"data": content["example"] if content else {}, "content_type": "application/json"}
    with undone():
        answer = getattr(client, method)(address(path, world), **given)
        if answer.streaming:
            b"".join(answer.streaming_content)
    return answer


def test_without_a_key_nothing_is_answered(client, world):
    answers = {
        (path, method): asked(client, path, method, operation, world, None).status_code
        for path, method, operation in OPERATIONS
        if scope_of(operation) is not None
    }

    assert {place: status for place, status in answers.items() if status != 401} == {}
    assert len(answers) > 90


def test_each_operation_needs_its_scope_and_no_other(client, call, tenant, world):
    """With all scopes but one the answer is 403, and with that one alone it is another one."""
    wrong, owner = {}, User.objects.get(email="owner@example.com")
    for scope in ApiKey.Scope.values:
        without = call(tenant, *(other for other in ApiKey.Scope.values if other != scope), holder_id=owner.pk)
        alone = call(tenant, scope, holder_id=owner.pk)
        for path, method, operation in OPERATIONS:
            if scope_of(operation) != scope:
                continue
            refused = asked(client, path, method, operation, world, without.text)
            as_well = [scope, "read"] if (path, method) == READS_TOO else [scope]
            ApiKey.objects.filter(id=alone.key.id).update(scopes=as_well)
            taken = asked(client, path, method, operation, world, alone.text)
            if refused.status_code != 403 or f"“{scope}”" not in refused.json()["detail"]:
                wrong[path, method, "without"] = refused.status_code
            is_of_others = path.startswith(OF_OTHERS) and taken.status_code == 404
            if not is_of_others and (taken.status_code in (401, 403, 404, 405) or taken.status_code >= 500):
                wrong[path, method, "alone"] = taken.status_code

    assert wrong == {}


def test_another_tenants_key_reaches_nothing(client, theirs, world):
    """Its answers name neither a row nor a tenant of others, and an address of theirs is a 404."""
    wrong = {}
    for path, method, operation in OPERATIONS:
        if scope_of(operation) is None or path == SEGMENT_OF_ITS_OWN:
            continue
        answer = asked(client, path, method, operation, world, theirs.text)
        if "{" in path:
            wrong |= {} if answer.status_code == 404 else {(path, method): answer.status_code}
        elif answer.status_code >= 500 or (not answer.streaming and b"nordic-retail" in answer.content):
            wrong[path, method] = answer.content[:300]

    assert wrong == {}

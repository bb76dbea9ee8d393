"""Submissions beside their reports, with processes killed: none that was answered 202 is lost, and all agrees."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import httpx

from tests.faults.checker import agree, is_applied
from tests.faults.portal import TOKEN, ready
from tests.faults.victims import kill_postgres
from tests.running import say, until

PER_BODY = 50


def test_acknowledged_submissions_are_messages_whatever_is_killed(portal):
    seed = time.time_ns() // 1000
    key = portal.inspector.ask(
        "from django.utils import timezone\n"
        "from portal.tenants import api_keys\n"
        "from portal.tenants.models import GatewayAccount\n"
        "account = GatewayAccount.objects.get(name='link-main')\n"
        "result = api_keys.create_key(tenant=account.pool, account=account, scopes=['submit'], name='kill',"
        " created_by='tests', now=timezone.now())[1]"
    )
    acknowledged, reported = set(), set()
    for round_, victim in enumerate(["applier", "postgres", "web", None]):
        ids = [f"{seed}-{round_}-{n}" for n in range(PER_BODY)]
        if victim == "web":
            portal.kill("web")
        elif victim == "postgres":
            kill_postgres(portal)
        elif victim == "applier":
            portal.kill("applier")
        if report(portal, ids[:10]):  # some reports come before their submission
            reported |= set(ids[:10])
        if submit(portal, key, ids):
            acknowledged |= set(ids)
        ready(portal)
        assert until(lambda ids=ids: submit(portal, key, ids), "submissions are taken")
        assert until(lambda ids=ids: report(portal, ids[5:30]), "reports are taken")
        acknowledged, reported = acknowledged | set(ids), reported | set(ids[5:30])
    until(lambda: is_applied(portal), "everything is applied")

    with portal.database() as database:
        rows = database.execute(
            "SELECT message_id, status, ref_id FROM message WHERE message_id LIKE %s", [f"{seed}-%"]
        ).fetchall()
    say(f"seed {seed}: {len(acknowledged)} submissions acknowledged, {len(reported)} reports")
    assert sorted(rows) == sorted(
        (id_, "delivered" if id_ in reported else "queued", "handed-in") for id_ in acknowledged
    )
    assert agree(portal) == []


def submit(portal, key: str, ids: list[str]) -> bool:
    """Hand in one body; tell whether it was acknowledged."""
    now = datetime.now(UTC).isoformat()
    items = [{"message_id": id_, "submitted_at": now, "partner_id": "nr-fi", "ref_id": "handed-in"} for id_ in ids]
    return _post(f"{portal.url}/api/v1/messages/", items, {"Authorization": f"Bearer {key}"}) == 202


def report(portal, ids: list[str]) -> bool:
    return _post(f"{portal.url}/dlr/{TOKEN}/", [{"id": id_, "resultCode": 1001} for id_ in ids], {}) == 200


def _post(url: str, body: list[dict], headers: dict[str, str]) -> int | None:
    try:
        return httpx.post(url, json=body, headers=headers, timeout=15).status_code
    except httpx.TransportError:
        return None

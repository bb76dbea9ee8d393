"""/api/v1/gates/<id>/replays/: counted before, started, watched and cancelled by keys."""

import pytest
from django.utils import timezone

from deliveries.gates import changing
from deliveries.gates.replaying import asking, running
from deliveries.models import GateAttempt, GateReplay
from portal.accounts.models import AuditEntry
from portal.tenants import api_keys
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.gates.test_dispatcher import NUMBER, report
from tests.gates.test_replaying import ANNA, fail_for_good, queued, wanted

pytestmark = pytest.mark.django_db

SINCE = "2026-01-01T00:00:00Z"
NOTHING = dict.fromkeys(("queued", "waiting", "delivered", "failed", "gone", "withdrawn", "already_waiting"), 0)


@pytest.fixture
def gate(feed, tenant):
    """A gate with two reports that failed for good."""
    found = make_gate(tenant, name="Shop", throttle=2)
    apply(feed, report("one", refId="spring"), report("two"))
    fail_for_good(found)
    return found


def key_of(tenant, *scopes: str, **fields) -> dict[str, str]:
    """Return the header of a new key."""
    made = {"name": "Order system", "created_by": "o@example.com", "now": timezone.now()}
    return {"Authorization": f"Bearer {api_keys.create_key(tenant=tenant, scopes=scopes, **made, **fields)[1]}"}


@pytest.fixture
def ask(client, tenant):
    """Send a request with a key that has the scopes gates and read."""
    headers = key_of(tenant, "gates", "read")

    def send(gate, method: str = "get", rest: str = "", body: dict | None = None, *, headers=headers):
        address = f"/api/v1/gates/{gate.public_id}/replays/{rest}"
        given = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(client, method)(address, headers=headers, **given)

    return send


def test_dry_run_tells_number_rate_and_time(ask, gate):
    answer = ask(gate, "post", body={"kind": "failed", "since": SINCE, "dry_run": True})

    until = answer.json()["until"]
    assert (answer.status_code, answer.json()) == (
        200,
        NOTHING
        | {
            "id": None, "gate": gate.public_id, "kind": "failed", "search": "", "since": SINCE, "until": until,
            "state": None, "problem": None, "is_held": False, "expected": 2, "is_exact": True, "rate_per_second": 2.0,
            "seconds_left": 1, "requested_at": None, "requested_by": "", "finished_at": None, "url": None,
        },
    )  # fmt: skip
    assert GateReplay.objects.count() == 0


def test_replay_is_started_watched_and_cancelled(ask, client, tenant, gate):
    answer = ask(gate, "post", body={"kind": "failed", "since": SINCE})
    replay = GateReplay.objects.get()
    address = f"/api/v1/gates/{gate.public_id}/replays/{replay.id}/"
    assert (answer.status_code, answer.headers["Location"], answer.json()["url"]) == (202, address, address)
    assert NOTHING.items() <= answer.json().items()
    assert (answer.json()["state"], answer.json()["expected"], answer.json()["seconds_left"]) == ("queued", 2, 1)
    running.run_replays(replay_id=replay.id)

    found = ask(gate, rest=f"{replay.id}/").json()
    assert (found["queued"], found["waiting"]) == (2, 2)
    assert found == ask(gate).json()["data"][0]
    cancelled = ask(gate, "delete", f"{replay.id}/").json()
    assert (cancelled["state"], cancelled["withdrawn"], cancelled["waiting"]) == ("cancelled", 2, 0)
    assert ask(gate, "delete", f"{replay.id}/").json() == cancelled
    entries = AuditEntry.objects.filter(action__startswith="gate.replay").order_by("id")
    assert [(one.action, one.actor.partition(" (srk_")[0]) for one in entries] == [
        ("gate.replay_started", "Order system"), ("gate.replay_cancelled", "Order system"),
    ]  # fmt: skip


def test_search_is_that_of_the_parameters(ask, gate):
    answer = ask(gate, "post", "?ref_id=spring", {"kind": "search"})

    assert (answer.status_code, answer.json()["search"], answer.json()["expected"]) == (202, "ref_id=spring", 1)
    running.run_replays()
    assert queued(gate) == ["one"]


def test_one_report_is_replayed_by_its_attempt(ask, gate):
    attempt = GateAttempt.objects.get(message_id="two")
    body = {"kind": "attempt", "attempt": attempt.id}

    assert ask(gate, "post", body=body | {"dry_run": True}).json()["expected"] == 1
    assert ask(gate, "post", body=body).status_code == 202
    assert queued(gate) == ["two"]
    again = ask(gate, "post", body=body)
    assert (again.status_code, again.json()["detail"]) == (409, "This report waits to be sent already.")


def test_held_gate_is_told(ask, gate):
    changing.pause(gate, actor=ANNA)

    assert ask(gate, "post", body={"kind": "failed", "since": SINCE}).json()["is_held"] is True


@pytest.mark.parametrize(
    ("body", "query", "status", "detail"),
    [
        ({}, "", 422, "kind: This field is required."),
        ({"kind": "all"}, "", 422, 'kind: "all" is not a valid choice.'),
        ({"kind": "failed"}, "", 422, "since: required: an instant, such as 2026-11-20T06:00:00Z"),
        ({"kind": "period", "since": "2126-01-01T00:00:00Z"}, "", 422,
         "since: must be before the end, and in the past"),
        ({"kind": "attempt"}, "", 422, "attempt: required: the `id` of an attempt"),
        ({"kind": "attempt", "attempt": 999}, "", 422, "attempt: this gate has no such attempt"),
        ({"kind": "failed", "since": SINCE}, "?ref_id=x", 400, "ref_id: only of a replay of the kind search"),
        ({"kind": "failed", "since": "2026-11-28T00:00:00Z", "until": "2026-11-28T01:00:00Z"}, "", 409,
         "There are no reports to replay."),
        ({"kind": "search"}, f"?message_id={NUMBER[1:]}", 400,
         "message_id: 5 or more digits may be part of a phone number: use the scope `numbers`"),
        ({"kind": "search"}, "?custom_parameters[city]=Turku", 400,
         "custom_parameters[city]: this key cannot be searched: choose it in the settings, under Segments"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_named(ask, gate, body, query, status, detail):
    answer = ask(gate, "post", query, body)

    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert GateReplay.objects.count() == 0


def test_second_replay_of_a_gate_is_a_conflict(ask, gate):
    asking.start(wanted(gate, "failed"), actor=ANNA)

    assert ask(gate, "post", body={"kind": "failed", "since": SINCE}).status_code == 409


def test_scopes_are_needed(ask, tenant, gate):
    read, gates = key_of(tenant, "read"), key_of(tenant, "gates")

    assert ask(gate, headers=read).status_code == 403
    assert ask(gate, headers=gates).status_code == 200
    assert ask(gate, "post", body={"kind": "search"}, headers=gates).status_code == 403
    assert ask(gate, "post", body={"kind": "failed", "since": SINCE}, headers=gates).status_code == 202


def test_gates_and_replays_of_others_are_not_found(ask, tenant, other_tenant, gate):
    theirs = make_gate(other_tenant)
    replay = asking.start(wanted(theirs, "failed"), actor=ANNA)

    found = [
        ask(theirs), ask(theirs, "post", body={"kind": "failed", "since": SINCE}), ask(theirs, rest=f"{replay.id}/"),
        ask(gate, rest=f"{replay.id}/"), ask(gate, "delete", f"{replay.id}/"),
    ]  # fmt: skip
    assert [answer.status_code for answer in found] == [404] * 5
    replay.refresh_from_db()
    assert replay.state == "queued"

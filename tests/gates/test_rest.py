"""/api/v1/gates/: every operation, its answers by the description, and what it keeps from whom."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from deliveries.gates import changing
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.models import Gate, GateAttempt, GateDelivery, GateHour
from portal.accounts.models import AuditEntry
from portal.tenants.models import Tenant
from tests.api.conftest import Caller, call, mine, theirs, whole_account
from tests.api.test_schema import check
from tests.deliveries.helpers import apply, dlr
from tests.gates.factors import make_gate
from tests.gates.receivers import Receiver, answers

__all__ = ["call", "mine", "theirs", "whole_account"]

pytestmark = pytest.mark.django_db

URL = "https://receiver.example.com/dlr"
NUMBER = "+358401234567"
LEAST = {"ref_id": "shop", "destinations": [{"url": URL}]}
RICH = {
    "name": "Shop", "ref_id": "shop", "type": "ALL", "ttl_ms": 60000, "acknowledge": True, "throttle": 7,
    "custom_parameters": {"shop": "7"}, "body": "event", "batch_size": 10,
    "filter": {
        "partner_ids": ["nr-fi"], "final_only": True, "statuses": ["delivered"], "countries": ["FI"],
        "ref_id_prefix": "sale", "parameter_key": "shop", "parameter_value": "7",
    },
    "destinations": [
        {"url": URL, "username": "u", "password": "p4ss", "headers": ["X-Key:k3y"], "custom_parameters": {"own": "1"}},
        {"url": "do://drop"},
    ],
}  # fmt: skip
ONE = "/api/v1/gates/{gate_id}/"


def patch(by: Caller, gate_id: str, body: object):
    return by.client.patch(f"/api/v1/gates/{gate_id}/", body, content_type="application/json", headers=by.headers)


def delete(by: Caller, gate_id: str):
    return by.client.delete(f"/api/v1/gates/{gate_id}/", headers=by.headers)


def pointers(answer) -> list[str]:
    return [error["pointer"] for error in answer.json()["errors"]]


def test_gate_is_created_with_every_field_and_its_secret_shown_once(mine, tenant):
    made = mine.post("gates/", RICH)

    check("/api/v1/gates/", "POST", made)
    answer, gate = made.json(), Gate.objects.get()
    assert (made.status_code, made.headers["Location"]) == (201, answer["url"])
    assert (answer.pop("secret"),) == secrets_of(gate, now=timezone.now())
    assert {name: answer[name] for name in RICH if name not in ("filter", "destinations")} == {
        name: value for name, value in RICH.items() if name not in ("filter", "destinations")
    }
    assert answer["filter"] == RICH["filter"] | {"campaign_ids": []}
    first, second = answer["destinations"]
    assert (first["password"], first["headers"], second["password"]) == ("********", ["X-Key:********"], "")
    stored = endpoint_of(gate.destinations.first())
    assert (gate.tenant, stored.password, stored.headers) == (tenant, "p4ss", ("X-Key:k3y",))
    read = mine.get(f"gates/{answer['id']}/")
    check(ONE, "GET", read)
    assert read.json() == answer
    shown = read.content.decode() + mine.get("gates/").content.decode()
    assert [word for word in ("p4ss", "k3y", "whsec_") if word in shown] == []
    entry = AuditEntry.objects.get(action="gate.created")
    assert (entry.actor, entry.tenant) == (str(mine.key), tenant)


def test_least_fields_get_defaults(mine):
    answer = mine.post("gates/", LEAST).json()
    assert (answer["name"], answer["type"], answer["ttl_ms"], answer["throttle"], answer["body"]) == (
        "shop", "ONE_ORDERED", 172800000, None, "link",
    )  # fmt: skip


def test_change_keeps_what_is_not_given(mine, tenant):
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    id_ = mine.post("gates/", RICH).json()["id"]

    changed = patch(mine, id_, {"throttle": None, "filter": {"campaign_ids": [campaign.id]}})

    check(ONE, "PATCH", changed)
    answer = changed.json()
    assert (answer["throttle"], answer["name"], answer["ttl_ms"]) == (None, "Shop", 60000)
    assert answer["filter"] == RICH["filter"] | {"campaign_ids": [campaign.id]}
    assert endpoint_of(Gate.objects.get().destinations.first()).password == "p4ss"
    assert AuditEntry.objects.get(action="gate.changed").details["fields"] == ["throttle", "campaign_ids"]


@pytest.mark.parametrize("extra", [{}, {"password": "********"}, {"headers": ["X-Key:********"]}, {"template": ""}])
def test_secrets_stay_at_the_same_url(mine, extra):
    id_ = mine.post("gates/", RICH).json()["id"]
    assert patch(mine, id_, {"destinations": [{"url": URL} | extra]}).status_code == 200
    stored = endpoint_of(Gate.objects.get().destinations.get())
    assert (stored.username, stored.password, stored.headers) == ("u", "p4ss", ("X-Key:k3y",))


def test_secrets_do_not_go_to_another_url(mine):
    id_ = mine.post("gates/", RICH).json()["id"]
    other = "https://elsewhere.example.com/"
    for extra, field in (({"password": "********"}, "password"), ({"headers": ["X-Key:********"]}, "headers")):
        answer = patch(mine, id_, {"destinations": [{"url": other} | extra]})
        check(ONE, "PATCH", answer)
        assert (answer.status_code, pointers(answer)) == (422, [f"#/destinations/0/{field}"])
    assert patch(mine, id_, {"destinations": [{"url": other}]}).status_code == 200
    stored = endpoint_of(Gate.objects.get().destinations.get())
    assert (stored.username, stored.password, stored.headers) == ("", "", ())


def test_gate_is_paused_resumed_given_a_secret_and_deleted(mine, tenant):
    gate = make_gate(tenant, URL)
    GateDelivery.objects.create(
        tenant=tenant, gate=gate, inbox_id=1, account_id=1, message_id="m", day=timezone.now().date()
    )
    paused, again = (mine.post(f"gates/{gate.public_id}/pause/", {}) for _ in range(2))
    resumed = mine.post(f"gates/{gate.public_id}/resume/", {})
    rotated = mine.post(f"gates/{gate.public_id}/rotate-secret/", {})
    gone = delete(mine, gate.public_id)

    for path, method, answer in (
        (f"{ONE}pause/", "POST", paused),
        (f"{ONE}resume/", "POST", resumed),
        (f"{ONE}rotate-secret/", "POST", rotated),
        (ONE, "DELETE", gone),
    ):
        check(path, method, answer)
    assert [one.json()["state"] for one in (paused, again, resumed)] == ["paused", "paused", "active"]
    assert rotated.json()["secret"].startswith("whsec_")
    assert (gone.json()["waiting"], gone.json()["old_secret_until"]) == (1, rotated.json()["old_secret_until"])
    assert (Gate.objects.count(), GateDelivery.objects.count()) == (0, 0)
    assert mine.get(f"gates/{gate.public_id}/").status_code == 404
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["gate.paused", "gate.resumed", "gate.secret_rotated", "gate.deleted"]


def test_test_shows_request_and_answer_masked_without_the_scope_numbers(call, feed, tenant, settings):
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    own = {"destination": NUMBER}
    apply(feed, dlr("one", gateCustomParameters={"platformPartnerId": "nr-fi"}, customParameters=own))
    with Receiver(answers(200, f"got {NUMBER}".encode())) as receiver:
        gate = make_gate(tenant, receiver.url("/"), "do://drop")
        full, masked = (
            call(tenant, *scopes).post(f"gates/{gate.public_id}/test/", {})
            for scopes in (("gates", "numbers"), ("gates",))
        )
        settings.GATE_TESTS_PER_MINUTE = 2
        limited = call(tenant).post(f"gates/{gate.public_id}/test/", {})

    for answer in (full, masked, limited):
        check(f"{ONE}test/", "POST", answer)
    first, second = full.json()["destinations"]
    assert (full.json()["is_delivered"], full.json()["is_sample"]) == (True, False)
    assert (first["outcome"], json.loads(first["body"])["id"], first["answer"]) == ("delivered", "one", f"got {NUMBER}")
    assert any(header.startswith("webhook-signature: v1,") for header in first["headers"])
    assert (second["url"], second["method"]) == ("do://drop", "")
    assert NUMBER not in masked.content.decode()
    assert (limited.status_code, int(limited.headers["Retry-After"]) <= 60) == (429, True)


def test_attempts_are_paged_filtered_shown_and_masked(call, mine, feed, tenant):
    own = {"destination": NUMBER}
    apply(feed, dlr("one", gateCustomParameters={"platformPartnerId": "nr-fi"}, customParameters=own))
    gate, now = make_gate(tenant, URL), timezone.now()

    def attempt(minutes: int, outcome: str) -> int:
        return GateAttempt.objects.create(
            tenant=tenant, gate=gate, at=now - timedelta(minutes=minutes), account_id=feed.account_id,
            message_id="one", day=now.date(), number=1, outcome=outcome, ms=5, method="POST", url=URL,
            request_headers="authorization: •••\nwebhook-id: x", request_body=f'{{"to":"{NUMBER}"}}', answer="busy",
        ).pk  # fmt: skip

    good, bad, old = attempt(1, "delivered"), attempt(2, "http_503"), attempt(60 * 24 * 3, "timeout")
    path = f"gates/{gate.public_id}/attempts/"

    def found(**query) -> list[int]:
        answer = mine.get(path, **query)
        check(f"{ONE}attempts/", "GET", answer)
        return [row["id"] for row in answer.json()["data"]]

    first = mine.get(path, size=2).json()
    assert [row["id"] for row in first["data"]] == [good, bad]
    assert found(cursor=first["next_cursor"], size=2) == [old]
    assert (found(outcome="ok"), found(outcome="failed")) == ([good], [bad, old])
    assert (found(message_id="one"), found(message_id="two")) == ([good, bad, old], [])
    assert found(to=f"{now - timedelta(days=2):%Y-%m-%d}") == [old]
    assert mine.get(path, cursor="x").status_code == 400
    one, masked = (caller.get(f"{path}{bad}/") for caller in (mine, call(tenant, "gates")))
    check(f"{ONE}attempts/{{attempt_id}}/", "GET", one)
    shown = one.json()
    assert (shown["account"], shown["answer"], NUMBER in shown["request_body"]) == ("link-main", "busy", True)
    assert shown["request_headers"] == ["authorization: •••", "webhook-id: x"]
    assert NUMBER not in masked.content.decode()
    assert mine.get(f"{path}{10**18}/").status_code == 404


def test_list_shows_figures_and_is_filtered_by_tenant_and_state(mine, tenant):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    own, below = make_gate(tenant, URL), make_gate(child, URL, state="paused")
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    GateHour.objects.create(tenant=tenant, gate=own, hour=hour, outcome="delivered", bucket=0, number=3)
    GateHour.objects.create(tenant=tenant, gate=own, hour=hour, outcome="timeout", bucket=-1, number=1)

    def ids(**query) -> list[str]:
        answer = mine.get("gates/", **query)
        check("/api/v1/gates/", "GET", answer)
        return [gate["id"] for gate in answer.json()["data"]]

    assert ids() == [below.public_id, own.public_id]
    assert (ids(tenant="child"), ids(state="active")) == ([below.public_id], [own.public_id])
    assert (ids(size=1), mine.get("gates/", tenant="no-such").status_code) == ([below.public_id], 400)
    assert mine.get(f"gates/{own.public_id}/").json()["last_24_hours"] == {
        "requests": 4, "delivered": 3, "success_share": 0.75, "p95_ms": 0.0,
    }  # fmt: skip


def test_gate_of_a_tenant_below_is_created_with_the_parents_key(mine, tenant, other_tenant):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    made = mine.post("gates/", LEAST | {"tenant": "child"})
    assert (made.json()["tenant"], Gate.objects.get().tenant) == ("child", child)
    for slug in (other_tenant.slug, "no-such", "\0"):
        answer = mine.post("gates/", LEAST | {"tenant": slug})
        assert (answer.status_code, pointers(answer)) == (422, ["#/tenant"])


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ref_id": None}, "#/ref_id"),
        ({"ref_id": "r" * 256}, "#/ref_id"),
        ({"ref_id": 7}, "#/ref_id"),
        ({"name": f"for {NUMBER}"}, "#/name"),
        ({"type": "SOME"}, "#/type"),
        ({"ttl_ms": 1}, "#/ttl_ms"),
        ({"ttl_ms": 10**30}, "#/ttl_ms"),
        ({"throttle": 0}, "#/throttle"),
        ({"batch_size": 101}, "#/batch_size"),
        ({"body": "other"}, "#/body"),
        ({"custom_parameters": {"k": "v" * 501}}, "#/custom_parameters"),
        ({"custom_parameters": {"k": 1}}, "#/custom_parameters/k"),
        ({"secret": "whsec_x"}, "#/secret"),
        ({"state": "off"}, "#/state"),
        ({"filter": {"statuses": ["sold"]}}, "#/filter/statuses"),
        ({"filter": {"countries": ["XX"]}}, "#/filter/countries"),
        ({"filter": {"campaign_ids": [10**9]}}, "#/filter/campaign_ids"),
        ({"filter": {"parameter_value": "7"}}, "#/filter/parameter_key"),
        ({"filter": {"other": 1}}, "#/filter/other"),
        ({"destinations": []}, "#/destinations"),
        ({"destinations": [{}]}, "#/destinations/0/url"),
        ({"destinations": [{"url": URL, "other": 1}]}, "#/destinations/0/other"),
        ({"destinations": [{"url": "http://127.0.0.1/"}]}, "#/destinations/0/url"),
        ({"destinations": [{"url": URL}, {"url": URL, "headers": ["Host: x"]}]}, "#/destinations/1/headers"),
        ({"destinations": [{"url": URL, "template": "${x}"}]}, "#/destinations/0/template"),
        ({"destinations": [{"url": URL, "method": "GET"}], "batch_size": 2}, "#/batch_size"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_field(mine, changes, expected):
    answer = mine.post("gates/", LEAST | changes)
    check("/api/v1/gates/", "POST", answer)
    assert (answer.status_code, pointers(answer)) == (422, [expected])
    assert not Gate.objects.exists()


def test_all_that_is_wrong_is_named_at_once(mine):
    answer = mine.post("gates/", {"destinations": [{"url": "ftp://x"}], "ref_id": "", "odd": 1})
    assert set(pointers(answer)) == {"#/ref_id", "#/odd"}


def test_taken_reference_and_too_many_gates_are_conflicts(mine, settings):
    assert mine.post("gates/", LEAST).status_code == 201
    settings.GATES_PER_TENANT = 2
    assert mine.post("gates/", LEAST).status_code == 409
    second = mine.post("gates/", LEAST | {"ref_id": "second"}).json()["id"]
    third = mine.post("gates/", LEAST | {"ref_id": "third"})
    check("/api/v1/gates/", "POST", third)
    assert (third.status_code, patch(mine, second, {"ref_id": "shop"}).status_code) == (409, 409)


def test_gates_of_others_do_not_exist(mine, theirs, other_tenant):
    gate = make_gate(other_tenant, URL)
    row = GateAttempt.objects.create(
        tenant=other_tenant, gate=gate, at=timezone.now(), message_id="m", number=1, outcome="timeout"
    )
    asked = [
        mine.get(f"gates/{gate.public_id}/"),
        patch(mine, gate.public_id, {"throttle": 1}),
        delete(mine, gate.public_id),
        mine.get(f"gates/{gate.public_id}/attempts/"),
        mine.get(f"gates/{gate.public_id}/attempts/{row.pk}/"),
        *(mine.post(f"gates/{gate.public_id}/{name}/", {}) for name in ("pause", "resume", "test", "rotate-secret")),
    ]
    assert {answer.status_code for answer in asked} == {404}
    assert mine.get("gates/").json()["data"] == []
    assert [one["id"] for one in theirs.get("gates/").json()["data"]] == [gate.public_id]
    gate.refresh_from_db()
    assert (gate.state, gate.throttle) == ("active", None)


def test_scope_is_required_and_accounts_have_no_gates(call, tenant, whole_account):
    gate = make_gate(tenant, URL)
    without = call(tenant, "read", "numbers", "submit", "partner_ids", "convert")
    for caller in (without, whole_account):
        asked = [caller.get("gates/"), caller.get(f"gates/{gate.public_id}/"), caller.post("gates/", LEAST)]
        asked += [delete(caller, gate.public_id), caller.post(f"gates/{gate.public_id}/test/", {})]
        assert {answer.status_code for answer in asked} == {403}
    assert Gate.objects.count() == 1


def test_event_gate_of_the_page_stays_when_its_filter_changes(mine, tenant):
    gate = make_gate(tenant, URL, body="event")
    assert patch(mine, gate.public_id, {"filter": {"final_only": True}}).json()["body"] == "event"
    assert not changing.input_of(gate).final_only  # the row as it was read before

"""Gates are created, changed, held and deleted in one place; what is wrong is said by field."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from deliveries.gates import changing
from deliveries.gates.changing import GateRefused
from deliveries.gates.definitions import DestinationInput, GateInput, problems
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.models import Gate, GateDelivery
from portal.accounts.models import AuditEntry
from tests.deliveries.helpers import apply, dlr

pytestmark = pytest.mark.django_db

URL = "https://receiver.example.com/dlr"
WHO = "anna@example.com"


def given(*destinations: DestinationInput, **fields) -> GateInput:
    return GateInput(
        **{"name": "Shop", "ref_id": "shop", "destinations": destinations or (DestinationInput(URL),)} | fields
    )


def actions() -> list[str]:
    return list(AuditEntry.objects.filter(action__startswith="gate.").order_by("id").values_list("action", flat=True))


def test_new_gate_has_a_secret_that_is_stored_encrypted(tenant):
    made = changing.create(
        tenant, given(DestinationInput(URL, username="u", password="p4ss", headers=("X-Key: k3y",))), actor=WHO
    )

    gate = Gate.objects.get()
    endpoint = endpoint_of(gate.destinations.get())
    assert secrets_of(gate, now=timezone.now()) == (made.secret,)
    assert (endpoint.username, endpoint.password, endpoint.headers) == ("u", "p4ss", ("X-Key: k3y",))
    stored = gate.destinations.get()
    assert not any(
        word in stored.password_sealed + stored.headers_sealed + gate.secret_sealed for word in ("p4ss", "k3y")
    )
    assert made.secret not in gate.secret_sealed
    assert actions() == ["gate.created"]


def test_change_keeps_secrets_of_the_same_url_only(tenant):
    gate = changing.create(tenant, given(DestinationInput(URL, username="u", password="p4ss")), actor=WHO).gate
    kept = changing.input_of(gate)

    assert not changing.change(gate, kept, actor=WHO)  # nothing changes
    assert changing.change(gate, replace(kept, name="Other", throttle=5), actor=WHO)
    assert endpoint_of(gate.destinations.get()).password == "p4ss"
    moved = replace(kept.destinations[0], url="https://elsewhere.example.com/")
    assert changing.change(gate, replace(kept, destinations=(moved,)), actor=WHO)

    assert endpoint_of(gate.destinations.get()).password == ""  # another receiver does not get it
    assert actions() == ["gate.created", "gate.changed", "gate.changed"]
    assert AuditEntry.objects.filter(action="gate.changed").first().details["fields"]


def test_change_keeps_the_rows_of_the_same_receivers(tenant):
    first, second, third = (DestinationInput(f"{URL}/{name}", password="p4ss") for name in "abc")
    gate = changing.create(tenant, given(first, second, third, gate_type="ALL"), actor=WHO).gate
    ids = dict(gate.destinations.values_list("url", "id"))
    kept = changing.input_of(gate)
    a, b, c = kept.destinations
    changed = (replace(c, content_type="application/xml"), DestinationInput(f"{URL}/d"), a, replace(b, method="PUT"))
    changing.change(gate, replace(kept, destinations=changed), actor=WHO)

    rows = list(gate.destinations.all())
    assert [row.url[-1] for row in rows] == ["c", "d", "a", "b"]
    assert [row.id == ids.get(row.url) for row in rows] == [
        True,
        False,
        True,
        False,
    ]  # another method, another receiver
    assert [endpoint_of(row).password for row in rows] == ["p4ss", "", "p4ss", "p4ss"]
    assert rows[0].content_type == "application/xml"


def test_same_url_twice_keeps_both_rows(tenant):
    twice = (DestinationInput(URL, template="a=${id}"), DestinationInput(URL, template="b=${id}"))
    gate = changing.create(tenant, given(*twice), actor=WHO).gate
    ids = list(gate.destinations.values_list("id", flat=True))
    kept = changing.input_of(gate)
    changing.change(gate, replace(kept, destinations=(replace(kept.destinations[0], template=""), twice[1])), actor=WHO)

    assert list(gate.destinations.values_list("id", "template")) == [(ids[0], ""), (ids[1], "b=${id}")]


def test_reference_is_unique_within_partner_ids(tenant, other_tenant):
    changing.create(tenant, given(partner_ids=("nr-fi",)), actor=WHO)
    changing.create(tenant, given(partner_ids=("nr-se",)), actor=WHO)
    changing.create(other_tenant, given(partner_ids=("nr-fi",)), actor=WHO)

    with pytest.raises(GateRefused) as refused:
        changing.create(tenant, given(partner_ids=("nr-fi",)), actor=WHO)

    assert refused.value.is_duplicate
    assert list(refused.value.problems) == ["ref_id"]


def test_number_of_gates_is_limited(tenant, settings):
    settings.GATES_PER_TENANT = 1
    changing.create(tenant, given(), actor=WHO)

    with pytest.raises(GateRefused, match="at most"):
        changing.create(tenant, given(ref_id="second"), actor=WHO)


def test_pause_holds_and_resume_keeps_how_long(tenant):
    gate = changing.create(tenant, given(), actor=WHO).gate

    assert [changing.pause(gate, actor=WHO), changing.pause(gate, actor=WHO)] == [True, False]
    Gate.objects.update(state_at=timezone.now() - timedelta(hours=2), failing_since=timezone.now(), mailed=2)
    assert [changing.resume(gate, actor=WHO), changing.resume(gate, actor=WHO)] == [True, False]

    gate.refresh_from_db()
    assert gate.held_ms == pytest.approx(7_200_000, abs=60_000)
    assert (gate.state, gate.failing_since, gate.mailed) == (Gate.State.ACTIVE, None, 0)
    assert actions() == ["gate.created", "gate.paused", "gate.resumed"]


def test_rotation_keeps_the_old_secret_for_a_day(tenant):
    made = changing.create(tenant, given(), actor=WHO)
    new = changing.rotate_secret(made.gate, actor=WHO)

    gate, now = Gate.objects.get(), timezone.now()
    assert secrets_of(gate, now=now) == (new, made.secret)
    assert secrets_of(gate, now=now + timedelta(hours=24, minutes=1)) == (new,)


def test_deleted_gate_takes_what_waits_with_it(feed, tenant):
    gates = [changing.create(tenant, given(ref_id=name), actor=WHO).gate for name in ("a", "b")]
    apply(feed, dlr("one", gateCustomParameters={"platformPartnerId": "nr-fi"}))

    assert changing.delete(gates[0], actor=WHO) == 1
    assert list(GateDelivery.objects.values_list("gate_id", flat=True)) == [gates[1].pk]
    assert actions()[-1] == "gate.deleted"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "n" * 201}, "name"),
        ({"ref_id": ""}, "ref_id"),
        ({"name": "for +358401234567"}, "name"),
        ({"gate_type": "SOME"}, "gate_type"),
        ({"ttl_ms": 999}, "ttl_ms"),
        ({"throttle": 0}, "throttle"),
        ({"batch_size": 101}, "batch_size"),
        ({"statuses": ("sold",)}, "statuses"),
        ({"countries": ("XX",)}, "countries"),
        ({"parameter_value": "7"}, "parameter_key"),
        ({"custom_parameters": {"k": "v" * 501}}, "custom_parameters"),
        ({"destinations": ()}, "destinations"),
        ({"destinations": (DestinationInput("http://127.0.0.1/"),)}, "destinations[0].url"),
        ({"destinations": (DestinationInput(URL, template="a=${nothing}"),)}, "destinations[0].template"),
        ({"destinations": (DestinationInput(URL, headers=("Host: x",)),)}, "destinations[0].headers"),
        ({"destinations": (DestinationInput(URL, username="a:b"),)}, "destinations[0].username"),
        ({"destinations": (DestinationInput(URL, method="GET"),), "batch_size": 2}, "destinations[0].batch_size"),
        ({"destinations": (DestinationInput(URL, content_type="text/plain"),)}, "destinations[0].content_type"),
        ({"destinations": (DestinationInput(URL, method="GET"),), "body": "event"}, "destinations[0].method"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(wrong, field):
    assert list(problems(replace(given(), **wrong))) == [field]
    assert problems(given()) == {}

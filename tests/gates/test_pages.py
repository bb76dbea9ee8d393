"""Pages of gates: the list, rights, pause and deletion, the secret."""

import pytest
from django.utils import timezone

from deliveries.gates.secrets import secrets_of
from deliveries.models import Gate, GateDelivery, GateHour
from tests.deliveries.helpers import apply
from tests.gates.factors import SECRET, make_gate
from tests.gates.page_helpers import LIST, NEW, URL, add_attempt, of, report, text_of

pytestmark = pytest.mark.django_db


def test_without_gates_the_list_says_what_a_gate_is_and_how_to_receive(person, tenant):
    page = text_of(person.get(LIST))

    assert "No gates yet" in page
    for file in ("receiver.py", "receiver.mjs", "receiver.php", "Program.cs"):
        assert file in page
    assert "from standardwebhooks import Webhook" in page


@pytest.mark.parametrize("n", [1, 3])
def test_list_shows_each_gate_with_its_figures(person, tenant, other_tenant, n, django_assert_num_queries):
    for number in range(n):
        gate = make_gate(tenant, URL, name=f"Gate {number}")
        for outcome, count in (("delivered", 3), ("http_503", 1)):
            GateHour.objects.create(
                tenant=tenant, gate=gate, hour=timezone.now().replace(minute=0, second=0, microsecond=0),
                outcome=outcome, bucket=175 if outcome == "delivered" else -1, number=count,
            )  # fmt: skip
        add_attempt(gate, outcome="http_503")
        GateDelivery.objects.create(
            tenant=tenant, gate=gate, inbox_id=1, account_id=1, message_id="m1", day=timezone.now().date()
        )
    make_gate(other_tenant, URL, name="Of somebody else")

    with django_assert_num_queries(19):
        page = text_of(person.get(LIST))

    assert page.count("HTTP status 503") == page.count("75.0 %") == n
    assert [f"Gate {number}" in page for number in range(n)] == [True] * n
    assert "Of somebody else" not in page


def test_state_of_a_gate_is_said_in_words(person, tenant):
    make_gate(tenant, name="a")
    make_gate(tenant, name="b", state="paused")
    make_gate(tenant, name="c", state="off", off_reason="gone")
    make_gate(tenant, name="d", failing_since=timezone.now())

    page = text_of(person.get(LIST))

    words = (
        "Active ",
        "Paused Deliveries are held.",
        "Switched off The receiver answered 410 Gone",
        "Active, but failing",
    )
    assert [word for word in words if word not in page] == []


@pytest.mark.parametrize(
    ("who", "expected"),
    [("viewer", (403, 403, 403, 403)), ("analyst", (200, 200, 403, 403)), ("owner", (200, 200, 200, 200))],
)
def test_analysts_see_and_managers_change(client, request, tenant, who, expected):
    gate = make_gate(tenant)
    client.force_login(request.getfixturevalue(who))

    answers = [client.get(LIST), client.get(of(gate)), client.get(NEW), client.post(of(gate, "pause/"))]

    assert tuple(200 if answer.status_code == 302 else answer.status_code for answer in answers) == expected


def test_gate_of_another_tenant_is_not_found(person, tenant, other_tenant):
    gate = make_gate(other_tenant)
    attempt = add_attempt(gate)
    own = make_gate(tenant)

    pages = ("", "edit/", "pause/", "resume/", "delete/", "secret/", "test/", "attempts/", f"attempts/{attempt.id}/")
    found = [
        person.post(of(gate, page)) if page in ("pause/", "resume/") else person.get(of(gate, page)) for page in pages
    ]

    assert [answer.status_code for answer in found] == [404] * len(pages)
    assert person.get(of(own, f"attempts/{attempt.id}/")).status_code == 404


def test_pause_and_resume(person, tenant):
    gate = make_gate(tenant)

    states = []
    for page in ("pause/", "pause/", "resume/"):
        assert person.post(of(gate, page)).url == of(gate)
        states.append(Gate.objects.get().state)

    assert states == ["paused", "paused", "active"]
    page = text_of(person.get(of(gate)))
    assert "manager@example.com paused the gate" in page and "manager@example.com resumed the gate" in page


def test_deletion_asks_with_the_number_that_waits(person, feed, tenant):
    gate = make_gate(tenant, name="Shop")
    apply(feed, report("one"), report("two"))

    asked = text_of(person.get(of(gate, "delete/")))
    response = person.post(of(gate, "delete/"), follow=True)

    assert "2 deliveries wait. They are deleted and not sent." in asked
    assert "The gate Shop was deleted with 2 deliveries that waited." in text_of(response)
    assert (Gate.objects.count(), GateDelivery.objects.count()) == (0, 0)


def test_rotation_asks_and_shows_the_new_secret_once(person, tenant):
    gate = make_gate(tenant)

    asked = text_of(person.get(of(gate, "secret/")))
    response = person.post(of(gate, "secret/"))
    first, second = (text_of(person.get(response.url)) for _time in range(2))

    new, old = secrets_of(Gate.objects.get(), now=timezone.now())
    assert (old, SECRET in asked) == (SECRET, False)
    assert (new in first, new in second, "An old secret still signs until" in second) == (True, False, True)

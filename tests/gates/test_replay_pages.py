"""Pages of replays: how many and how long is told before; progress, cancelling, one report, a message search."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from django.utils import timezone

from deliveries.gates import changing
from deliveries.gates.replaying import asking, running
from deliveries.models import GateAttempt, GateDelivery, GateReplay
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.gates.factors import make_gate
from tests.gates.test_dispatcher import NUMBER, report
from tests.gates.test_replaying import ANNA, fail_for_good, queued, wanted

pytestmark = pytest.mark.django_db

LIST = "/t/nordic-retail/gates/"
PERIOD = "kind=failed&first=1.1.2026"


@pytest.fixture
def person(client, manager):
    client.force_login(manager)
    return client


@pytest.fixture
def gate(feed, tenant):
    """A gate with two reports that failed for good."""
    found = make_gate(tenant, name="Shop", throttle=1)
    apply(feed, report("one", refId="spring"), report("two"))
    fail_for_good(found)
    return found


def of(gate, page: str = "") -> str:
    return f"{LIST}{gate.public_id}/{page}"


def text_of(response) -> str:
    """Return the words of a page, each space once."""
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_empty_list_says_what_a_replay_is(person, tenant):
    page = text_of(person.get(of(make_gate(tenant), "replays/")))

    assert "No replays After an outage of your receiver you can have reports sent again" in page


def test_number_pace_and_duration_are_told_before_it_starts(person, gate):
    answer = person.get(of(gate, f"replays/new/?{PERIOD}"))

    page = text_of(answer)
    assert "Delivery reports 2 Pace at most 1 reports per second the gate's own limit of requests per second" in page
    assert "Duration at least 2 s" in page
    assert GateReplay.objects.count() == 0
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', answer.content.decode()))
    assert {"kind": "failed", "first": "1.1.2026"}.items() <= fields.items()

    answer = person.post(of(gate, "replays/new/"), fields, follow=True)

    assert answer.redirect_chain == [(of(gate, "replays/"), 302)]
    page = text_of(answer)
    assert "The replay has started." in page
    assert "All that failed since a time" in page
    replay = GateReplay.objects.get()
    assert (replay.kind, replay.total, replay.made_by) == ("failed", 2, "manager@example.com")


def test_list_shows_progress_and_asks_for_it_again(person, gate):
    replay = asking.start(wanted(gate, "failed"), actor=ANNA, expected=2)
    running.run_replays(replay_id=replay.pk)
    fail_for_good(gate)
    GateAttempt.objects.filter(message_id="one").update(replay_id=replay.pk, outcome="delivered")
    GateAttempt.objects.filter(message_id="two").update(replay_id=replay.pk)
    GateAttempt.objects.filter(replay_id=replay.pk, at__lt=replay.until).update(replay_id=None)

    answer = person.get(of(gate, "replays/"), headers={"HX-Request": "true"})

    assert 'hx-trigger="every 2s"' in answer.content.decode()
    assert b"<main" not in answer.content
    words = " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())
    assert "Running 100 % 1 / 2 1 0 0 Cancel replay" in words


def test_held_gate_is_said(person, gate):
    changing.pause(gate, actor=ANNA)
    asking.start(wanted(gate, "failed"), actor=ANNA, expected=2)

    assert "Held: the gate is not active" in text_of(person.get(of(gate, "replays/")))
    assert "The gate is not active." in text_of(person.get(of(gate, f"replays/new/?{PERIOD}")))


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("kind=failed&first=", "This field is required."),
        ("kind=all&first=1.1.2026", "Select a valid choice."),
        ("kind=period&first=yesterday", "“yesterday” is not a date."),
        ("kind=period&first=2.1.2026&last=1.1.2026", "The start must be before the end"),
        ("kind=period&first=1.1.2126", "The start must be before the end"),
        ("kind=period&first=1.1.2026&first_time=25:00", "Enter a valid time."),
    ],
)
def test_wrong_times_are_named(person, gate, query, error):
    answer = person.get(of(gate, f"replays/new/?{query}"))

    assert (answer.status_code, error in text_of(answer)) == (422, True)
    assert person.post(of(gate, "replays/new/"), dict(pair.split("=") for pair in query.split("&"))).status_code == 422
    assert GateReplay.objects.count() == 0


def test_times_are_those_of_the_customer(person, gate):
    person.post(of(gate, "replays/new/"), {"kind": "failed", "first": "20.11.2026", "first_time": "14:30"})

    assert [one.since.isoformat() for one in GateReplay.objects.all()] == ["2026-11-20T12:30:00+00:00"]


def test_nothing_to_replay_starts_nothing(person, tenant):
    gate = make_gate(tenant)

    page = text_of(person.post(of(gate, "replays/new/"), {"kind": "period", "first": "1.1.2026"}))

    assert "There are no reports to replay." in page
    assert GateReplay.objects.count() == 0


def test_second_replay_of_a_gate_is_refused(person, gate):
    asking.start(wanted(gate, "failed"), actor=ANNA)

    page = text_of(person.post(of(gate, "replays/new/"), {"kind": "failed", "first": "1.1.2026"}))

    assert "Another replay of this gate is under way." in page
    assert GateReplay.objects.count() == 1


def test_search_is_replayed_from_the_messages(person, gate):
    messages = person.get("/t/nordic-retail/messages/?ref_id=spring&period=all").content.decode()
    (link,) = re.findall(r'href="([^"]+)">Replay through a gate', messages)

    answer = person.get(unescape(link), follow=True)

    page = text_of(answer)
    assert answer.redirect_chain[0][0].startswith(of(gate, "replays/search/?"))
    assert "RefId: spring" in page
    assert "Delivery reports 1 " in page
    person.post(answer.redirect_chain[0][0])
    running.run_replays()
    assert queued(gate) == ["one"]
    assert "RefId: spring" in text_of(person.get(of(gate, "replays/")))


def test_number_that_was_searched_for_is_not_shown(person, gate):
    person.post(of(gate, f"replays/search/?number={quote(NUMBER)}&period=all"))

    replay = GateReplay.objects.get()
    assert (replay.total, NUMBER in replay.title, NUMBER[1:] in replay.sealed) == (2, False, False)


def test_one_of_several_gates_is_chosen(person, tenant):
    assert "No gates yet" in text_of(person.get(f"{LIST}replay-search/"))
    for name in ("Shop", "Bank"):
        make_gate(tenant, name=name)

    assert "Bank Active Shop Active" in text_of(person.get(f"{LIST}replay-search/?ref_id=spring"))


def test_messages_offer_it_only_where_there_is_a_gate(person, feed, tenant):
    apply(feed, report("one"))

    assert b"Replay through a gate" not in person.get("/t/nordic-retail/messages/?period=all").content


def test_search_that_is_wrong_is_named(person, gate):
    answer = person.get(of(gate, "replays/search/?country=Finland"))

    assert (answer.status_code, "This search cannot be replayed:" in text_of(answer)) == (422, True)


def test_replay_is_cancelled(person, gate):
    replay = asking.start(wanted(gate, "failed"), actor=ANNA)
    address = of(gate, f"replays/{replay.pk}/cancel/")

    assert "What was not sent yet is not sent." in text_of(person.post(address, follow=True))
    assert "The replay has ended already." in text_of(person.post(address, follow=True))
    assert GateReplay.objects.get().state == "cancelled"
    assert person.get(address).status_code == 302


def test_one_report_is_sent_again_from_its_attempt(person, gate):
    attempt = GateAttempt.objects.get(message_id="one")
    page = person.get(of(gate, f"attempts/{attempt.pk}/"))
    (action,) = re.findall(r'action="([^"]+/replay/)"', page.content.decode())

    assert "The report is being sent again." in text_of(person.post(action, follow=True))
    assert queued(gate) == ["one"]
    again = person.post(action, follow=True)
    assert again.redirect_chain == [(of(gate, f"attempts/{attempt.pk}/"), 302)]
    assert "This report waits to be sent already." in text_of(again)


def test_analyst_sees_replays_and_starts_none(client, tenant, gate):
    analyst = make_user("analyst@example.com", tenant, "analyst")
    client.force_login(analyst)
    attempt, replay = GateAttempt.objects.first(), asking.start(wanted(gate, "failed"), actor=ANNA)

    assert client.get(of(gate, "replays/")).status_code == 200
    assert b"/cancel/" not in client.get(of(gate, "replays/")).content
    addresses = [of(gate, "replays/new/"), of(gate, "replays/search/"), f"{LIST}replay-search/"]
    assert [client.get(address).status_code for address in addresses] == [403] * 3
    posted = [of(gate, f"replays/{replay.pk}/cancel/"), of(gate, f"attempts/{attempt.pk}/replay/")]
    assert [client.post(address).status_code for address in [*posted, *addresses[:2]]] == [403] * 4
    assert GateDelivery.objects.count() == 0


def test_replays_of_others_are_not_found(person, other_tenant, feed, tenant):
    theirs = make_gate(other_tenant)
    attempt = GateAttempt.objects.create(
        tenant=other_tenant, gate=theirs, at=timezone.now(), message_id="m", number=1, outcome="timeout", inbox_id=1,
        account_id=1, day=timezone.now().date(),
    )  # fmt: skip
    replay = asking.start(wanted(theirs, "failed"), actor=ANNA)
    mine = make_gate(tenant)

    found = [
        person.get(of(theirs, "replays/")), person.get(of(theirs, "replays/new/")),
        person.get(of(theirs, "replays/search/")), person.post(of(theirs, f"replays/{replay.pk}/cancel/")),
        person.post(of(mine, f"replays/{replay.pk}/cancel/")), person.post(of(mine, f"attempts/{attempt.pk}/replay/")),
    ]  # fmt: skip
    assert [answer.status_code for answer in found] == [404] * 6

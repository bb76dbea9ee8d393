"""Pages of gates: the list, the form with its preview, pause and deletion, the secret, tests and attempts."""

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.models import Gate, GateAttempt, GateDelivery, GateHour
from portal.accounts.models import AuditEntry
from tests.deliveries.helpers import apply, dlr
from tests.gates.factors import SECRET, make_gate
from tests.gates.receivers import Receiver, answers

pytestmark = pytest.mark.django_db

NUMBER = "+358401234567"
LIST = "/t/nordic-retail/gates/"
NEW = f"{LIST}new/"
URL = "https://receiver.example.org/dlr"
FORM = {
    "name": "Shop", "ref_id": "", "gate_type": "ONE_ORDERED", "body": "link", "batch_size": "1", "ttl_hours": "48",
    "row": "0", "d0-url": URL, "d0-method": "POST", "d0-content_type": "application/json",
}  # fmt: skip


@pytest.fixture
def person(client, manager):
    client.force_login(manager)
    return client


def text_of(response) -> str:
    """Return the words of a page, each space once."""
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def of(gate: Gate, page: str = "") -> str:
    return f"{LIST}{gate.public_id}/{page}"


def add_attempt(gate: Gate, **fields) -> GateAttempt:
    values = {"at": timezone.now(), "message_id": "m1", "number": 1, "outcome": "delivered", "ms": 12, "method": "POST"}
    values |= {"url": "https://receiver.example.org/dlr", "request_headers": "content-type: application/json"}
    return GateAttempt.objects.create(tenant=gate.tenant, gate=gate, **values | fields)


def report(id_: str = "one", **fields) -> dict:
    own = {"destination": NUMBER, "store": "7"}
    return dlr(id_, 1001, gateCustomParameters={"platformPartnerId": "nr-fi"}, customParameters=own, **fields)


# the list


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

    words = ("Active ", "Paused Deliveries are held.", "Switched off The receiver answered 410 Gone", "Active, but failing")
    assert [word for word in words if word not in page] == []


# rights


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
    found = [person.post(of(gate, page)) if page in ("pause/", "resume/") else person.get(of(gate, page)) for page in pages]

    assert [answer.status_code for answer in found] == [404] * len(pages)
    assert person.get(of(own, f"attempts/{attempt.id}/")).status_code == 404


# the form


def test_created_gate_shows_its_secret_once(person, tenant):
    response = person.post(NEW, FORM)
    gate = Gate.objects.get(tenant=tenant)

    assert response.url == of(gate, "secret/")
    (secret,) = secrets_of(gate, now=timezone.now())
    first, second = (person.get(response.url).content.decode() for _time in range(2))
    assert (secret in first, secret in second) == (True, False)
    assert (gate.name, gate.ref_id, gate.ttl_ms, gate.gate_type) == ("Shop", "Shop", 172_800_000, "ONE_ORDERED")


def test_all_fields_are_saved_and_shown_again(person, tenant):
    Campaign.objects.create(tenant=tenant, name="sale")
    given = FORM | {
        "ref_id": "shop-1", "gate_type": "ALL", "ttl_hours": "1.5", "throttle": "7", "acknowledge": "on",
        "custom_parameters": "shop=3\nregion=north", "partner_ids": ["nr-fi"], "final_only": "on",
        "statuses": ["delivered", "failed"], "countries": "fi, Sweden", "campaigns": "sale", "ref_id_prefix": "s",
        "parameter_key": "shop", "parameter_value": "7", "row": ["0", "4"], "d0-username": "u", "d0-password": "p4ss",
        "d0-headers": "X-Key: k3y", "d4-url": "https://second.example.org/?a=1", "d4-method": "GET",
        "d4-content_type": "application/json", "d4-template": "id=${id}&to=${destination|number|noplus}",
    }  # fmt: skip

    person.post(NEW, given)

    gate = Gate.objects.get(tenant=tenant)
    assert (gate.ref_id, gate.gate_type, gate.ttl_ms, gate.throttle, gate.acknowledge) == ("shop-1", "ALL", 5_400_000, 7, True)
    assert gate.custom_parameters == {"shop": "3", "region": "north"}
    assert (gate.partner_ids, gate.final_only, gate.statuses) == (["nr-fi"], True, ["delivered", "failed"])
    assert (gate.countries, len(gate.campaign_ids), gate.ref_id_prefix) == (["FI", "SE"], 1, "s")
    assert (gate.parameter_key, gate.parameter_value) == ("shop", "7")
    first, second = map(endpoint_of, gate.destinations.all())
    assert (first.username, first.password, first.headers) == ("u", "p4ss", ("X-Key: k3y",))
    assert (second.method, second.template) == ("GET", "id=${id}&to=${destination|number|noplus}")

    page = person.get(of(gate, "edit/")).content.decode()
    assert "p4ss" not in page and "k3y" not in page and "Stored: X-Key." in page
    shown = form_of(page)
    assert person.post(of(gate, "edit/"), shown).url == of(gate)
    assert AuditEntry.objects.filter(action="gate.changed").count() == 0  # what is shown is what is stored


class FormReader(HTMLParser):
    """Reads the values of the gate's form as a browser would send them, with no button pressed."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._is_in, self._area, self._select = False, "", ""

    def handle_starttag(self, tag, attrs) -> None:
        own = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_in = own.get("id") == "gate-form"
        elif not self._is_in:
            return
        elif tag == "input":
            is_box = own.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in own:
                self._add(own.get("name", ""), own.get("value", "on" if is_box else ""))
        elif tag == "textarea":
            self._area = own["name"]
            self._add(self._area, "")
        elif tag == "select":
            self._select = own["name"]
        elif tag == "option" and "selected" in own:
            self._add(self._select, own["value"])

    def handle_data(self, data: str) -> None:
        if self._area:
            self.values[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self._area][-1] = self.values[self._area][-1].removeprefix("\r\n").removeprefix("\n")
            self._area = ""
        elif tag == "form":
            self._is_in = False

    def _add(self, name: str, value: str) -> None:
        self.values.setdefault(name, []).append(value)


def form_of(page: str) -> dict[str, list[str]]:
    """Return the values of the page's form as a browser would send them."""
    reader = FormReader()
    reader.feed(page)
    return reader.values


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"d0-url": "http://127.0.0.1/"}, "address"),
        ({"d0-template": "a=${nothing}"}, "There is no field nothing."),
        ({"d0-headers": "Host: x"}, "Host"),
        ({"countries": "Atlantis"}, "“Atlantis” is no country that is known."),
        ({"campaigns": "nowhere"}, "There is no campaign “nowhere”."),
        ({"custom_parameters": "shop"}, "“shop”: write one name=value a line."),
        ({"ttl_hours": "337"}, "336"),
        ({"throttle": "0"}, "1"),
        ({"batch_size": "5", "d0-method": "GET"}, "Several reports per request need POST or PUT"),
        ({"parameter_value": "7"}, "Give the name of the custom parameter, too."),
        ({"body": "event", "d0-content_type": "application/xml"}, "The portal's event is sent as JSON."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(person, tenant, changed, sentence):
    response = person.post(NEW, FORM | changed)

    assert response.status_code == 422
    errors = re.findall(r'<ul class="errorlist"[^>]*>(.*?)</ul>', response.content.decode(), re.DOTALL)
    assert len(errors) == 1
    assert sentence in unescape(errors[0])
    assert not Gate.objects.exists()


def test_reference_that_is_taken_is_said_at_its_field(person, tenant):
    person.post(NEW, FORM)

    response = person.post(NEW, FORM)

    assert (response.status_code, Gate.objects.count()) == (422, 1)
    assert "Another gate of the same partner IDs has this reference." in text_of(response)


def test_rows_are_added_moved_and_removed_before_saving(person, tenant):
    def rows(**pressed) -> list[str]:
        given = FORM | {"row": ["0", "3"], "d3-url": "https://second.example.org/"} | pressed
        page = person.post(NEW, given)
        assert page.status_code == 200
        assert "errorlist" not in page.content.decode()
        return [value for name in ("d0", "d3", "d4") for value in form_of(page.content.decode()).get(f"{name}-url", [])]

    assert rows(add="1") == [URL, "https://second.example.org/", ""]
    assert rows(remove="0") == ["https://second.example.org/"]
    moved = person.post(NEW, FORM | {"row": ["0", "3"], "d3-url": "https://second.example.org/", "up": "3"})
    assert form_of(moved.content.decode())["row"] == ["3", "0"]
    assert not Gate.objects.exists()


def test_password_and_headers_stay_if_left_empty_and_do_not_go_to_another_url(person, tenant):
    person.post(NEW, FORM | {"d0-username": "u", "d0-password": "p4ss", "d0-headers": "X-Key: k3y"})
    gate = Gate.objects.get()
    shown = form_of(person.get(of(gate, "edit/")).content.decode())

    person.post(of(gate, "edit/"), shown | {"name": "Other"})
    kept = endpoint_of(gate.destinations.get())
    refused = person.post(of(gate, "edit/"), shown | {"d0-url": "https://other.example.org/"})
    person.post(of(gate, "edit/"), shown | {"d0-username": "", "d0-without_headers": "on"})
    removed = endpoint_of(gate.destinations.get())

    assert (kept.password, kept.headers) == ("p4ss", ("X-Key: k3y",))
    assert refused.status_code == 422
    assert "write the password again" in text_of(refused) and "write the headers again" in text_of(refused)
    assert (removed.username, removed.password, removed.headers) == ("", "", ())


# the preview


def preview(person, **changed) -> tuple[int, str]:
    response = person.post(f"{LIST}preview/", FORM | changed, headers={"HX-Request": "true"})
    return response.status_code, unescape(re.sub(r"<[^>]+>", "", response.content.decode()))


def test_preview_shows_the_newest_report_that_passes(person, tenant, feed):
    apply(feed, report("one", refId="spring"), report("two", refId="autumn"))

    status, text = preview(person, ref_id_prefix="spring", custom_parameters="shop=3", **{"d0-password": "p4ss"})

    assert status == 200
    assert "of the message one" in text
    assert f"POST {URL}" in text
    assert '"gateCustomParameters":{"shop":"3"}' in text and NUMBER in text
    assert "authorization: Basic ••••••••" in text and "webhook-signature: v1,••••••••" in text


def test_preview_without_a_report_is_made_up(person, tenant, feed):
    apply(feed, report("one", refId="spring"))

    status, text = preview(person, ref_id_prefix="winter", body="event")

    assert status == 200
    assert "so this one is made up" in text
    assert '"type":"delivery_report.received"' in text


def test_preview_of_a_wrong_form_says_what_is_wrong(person, tenant):
    status, text = preview(person, **{"d0-template": "a=${nothing}"})

    assert status == 422
    assert "Template of the query: There is no field nothing." in text


# states and deletion


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


# tests


def test_test_shows_request_answer_time_and_signature(person, feed, tenant, settings):
    settings.GATE_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    apply(feed, report("one"))
    with Receiver(answers(503, b"<script>alert(1)</script> out of order")) as receiver:
        gate = make_gate(tenant, receiver.url("/dlr"))
        response = person.post(of(gate, "test/"))
        (request,) = receiver.requests
    html = person.get(response.url).content.decode()
    page = text_of(person.get(response.url))

    assert "The newest report that passes the filter was sent." in page
    assert "HTTP status 503" in page and "The receiver failed." in page
    assert request.body.decode() in page
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        assert request.headers[name] in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; out of order" in html
    assert "<script>alert(1)" not in html
    assert len(receiver.requests) == 1  # looking at the result sends nothing


def test_tests_are_limited(person, tenant, settings):
    settings.GATE_TESTS_PER_MINUTE = 1
    gate = make_gate(tenant)

    answers = [person.post(of(gate, "test/")) for _time in range(2)]

    assert [answer.status_code for answer in answers] == [302, 429]
    assert "There were too many tests." in text_of(answers[1])


# attempts


def test_attempts_are_filtered(person, tenant, account):
    gate = make_gate(tenant)
    now = timezone.now()
    add_attempt(gate, message_id="good")
    add_attempt(gate, message_id="bad", outcome="timeout")
    add_attempt(gate, message_id="old", account_id=account.id, at=now - timedelta(days=9))
    add_attempt(make_gate(tenant), message_id="of another gate")

    def found(query: str) -> list[str]:
        return re.findall(r'<td role="cell" data-label="Message"><span class="code">(\w+)</span>', person.get(of(gate, f"attempts/?{query}")).content.decode())

    week = (now - timedelta(days=7)).date().isoformat()
    assert found("") == ["bad", "good", "old"]
    assert found("outcome=ok") == ["good", "old"]
    assert found("outcome=failed") == ["bad"]
    assert found("message_id=old") == ["old"]
    assert found(f"first={week}") == ["bad", "good"]
    assert person.get(of(gate, "attempts/?first=never")).status_code == 422
    assert person.get(of(gate, "attempts/?cursor=x")).status_code == 422


def test_attempts_are_paged(person, tenant):
    gate = make_gate(tenant)
    now = timezone.now()
    for number in range(53):
        add_attempt(gate, message_id=f"n{number:02}", at=now - timedelta(minutes=number))

    first = person.get(of(gate, "attempts/?outcome=ok")).content.decode()
    (older,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = person.get(unescape(older)).content.decode()

    assert "outcome=ok" in older
    assert ["n00" in first, "n49" in first, "n50" in first] == [True, True, False]
    assert ["n49" in second, "n50" in second, "n52" in second] == [False, True, True]
    assert 'rel="prev"' in second


def test_numbers_are_masked_for_analysts(client, analyst, feed, tenant):
    apply(feed, report("one"))
    gate = make_gate(tenant)
    account = feed.account_id
    body = f'{{"id":"one","customParameters":{{"destination":"{NUMBER}"}}}}'
    query = "https://receiver.example.org/dlr?to=%2B358401234567"
    attempt = add_attempt(
        gate, account_id=account, message_id="one", request_body=body, url=query, answer=f"taken for {NUMBER}"
    )
    client.force_login(analyst)

    for page in (of(gate), of(gate, "attempts/"), of(gate, f"attempts/{attempt.id}/")):
        html = client.get(page).content.decode()
        assert "401234567" not in html and "358401234567" not in html
    assert "•••" in html


def test_message_ids_that_are_numbers_cannot_be_guessed(client, analyst, feed, tenant):
    apply(feed, report("358401234567"))
    gate = make_gate(tenant)
    add_attempt(gate, account_id=feed.account_id, message_id="358401234567")
    client.force_login(analyst)

    assert "No attempt passes the filter" in text_of(client.get(of(gate, "attempts/?message_id=358401234567")))


def test_health_is_shown_by_hour_and_by_day(person, tenant):
    gate = make_gate(tenant)
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for back, outcome, bucket, number in ((0, "delivered", 175, 40), (0, "http_500", -1, 2), (30, "delivered", -1, 5)):
        at = hour - timedelta(hours=back)
        GateHour.objects.create(tenant=tenant, gate=gate, hour=at, outcome=outcome, bucket=bucket, number=number)

    def counts(span: str) -> list[list[int]]:
        data = person.get(of(gate, f"?span={span}")).context["health_chart"]
        return [row["counts"] for row in data["rows"] if any(row["counts"])]

    assert counts("24h") == [[40, 2]]
    assert sum(sum(one) for one in counts("30d")) == 47

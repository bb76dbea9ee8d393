"""The form of a gate: what is saved, what is refused, rows of destinations, and the request that it shows."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from deliveries.gates.secrets import endpoint_of, secrets_of
from deliveries.models import Gate
from portal.accounts.models import AuditEntry
from tests.deliveries.helpers import apply
from tests.gates.page_helpers import FORM, LIST, NEW, NUMBER, URL, of, report, text_of

pytestmark = pytest.mark.django_db


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
    assert (gate.ref_id, gate.gate_type, gate.ttl_ms, gate.throttle, gate.acknowledge) == (
        "shop-1",
        "ALL",
        5_400_000,
        7,
        True,
    )
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

    assert rows(row_add="1") == [URL, "https://second.example.org/", ""]
    assert rows(row_remove="0") == ["https://second.example.org/"]
    moved = person.post(NEW, FORM | {"row": ["0", "3"], "d3-url": "https://second.example.org/", "row_up": "3"})
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

"""Requests of gates: body and query by content type and method, headers, credentials, ids, batches."""

import base64
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from deliveries.gates.requests import EndpointError, can_batch, check, request_of, webhook_id
from deliveries.gates.shapes.template import TemplateError
from tests.gates.samples import AT, EMPTY, REPORT, endpoint, report, sender

XML, FORM = "application/xml", "application/x-www-form-urlencoded"
TEMPLATE = "id=${id}&code=${resultCode}"
LINK = {
    "refId": "sale-ä|B",
    "id": "Dcshuhod0PMAAAFQ+/PbnR3x$1",
    "operator": "no.telenor",
    "sentTimestamp": "2026-11-20T09:37:35Z",
    "timestamp": "2026-11-20T09:37:00Z",
    "resultCode": 1001,
    "operatorResultCode": "2",
    "segments": 2,
    "gateCustomParameters": {"platformPartnerId": "nr-fi"},
    "customParameters": {
        "received": "2026-11-20 10:37:36",
        "city": "Turku",
        "source": "ACME & Co",
        "destination": "+358401234567",
    },
}
EVENT = {
    "type": "delivery_report.received",
    "timestamp": "2026-11-20T09:37:36.250000Z",
    "data": {
        "gate": "BVldZyQt",
        "tenant": "nordic-retail",
        "tenant_name": "Nordic Retail",
        "message_id": "Dcshuhod0PMAAAFQ+/PbnR3x",
        "part": 1,
        "partner_id": "nr-fi",
        "ref_id": "sale-ä|B",
        "campaign": "sale",
        "variant": "B",
        "labels": {"week": "47"},
        "segments": {"city": "Turku"},
        "custom_parameters": {"received": "2026-11-20 10:37:36", "city": "Turku"},
        "source": "ACME & Co",
        "destination": "+358401234567",
        "destination_masked": False,
        "country": "FI",
        "operator": "no.telenor",
        "parts": 2,
        "status": "delivered",
        "final": True,
        "result_code": 1001,
        "operator_result_code": "2",
        "sent_at": "2026-11-20T09:37:35Z",
        "status_at": "2026-11-20T09:37:00Z",
        "received_at": "2026-11-20T09:37:36.250000Z",
    },
}


def send(*reports, gate=None, **destination):
    return request_of(gate or sender(), endpoint(**destination), reports or [REPORT], at=AT)


def test_link_json_has_exactly_links_fields_in_its_order():
    request = send()
    assert list(json.loads(request.body)) == list(LINK)
    assert json.loads(request.body) == LINK
    assert (request.method, request.url) == ("POST", "https://shop.example/dlr")
    assert request.headers["content-type"] == "application/json"


def test_link_json_of_a_report_that_knows_little():
    assert json.loads(send(EMPTY, gate=sender(custom_parameters={})).body) == {
        "refId": None,
        "id": "Dcshuhod0PMAAAFQ+/PbnR3x",
        "operator": None,
        "sentTimestamp": None,
        "timestamp": None,
        "resultCode": 1001,
        "operatorResultCode": None,
        "segments": 2,
        "gateCustomParameters": {},
        "customParameters": {},
    }


def test_addresses_beat_parameters_of_the_same_name():
    odd = report(destination="+358 •••••••67", custom_parameters={"destination": "+358401234567", "source": "X"})
    assert json.loads(send(odd).body)["customParameters"] == {"destination": "+358 •••••••67", "source": "ACME & Co"}


def test_event_has_the_tenants_names():
    request = send(gate=sender(body="event"))
    assert json.loads(request.body) == EVENT
    assert request.headers["content-type"] == "application/json"


def test_event_of_a_report_that_knows_little():
    data = json.loads(send(EMPTY, gate=sender(body="event")).body)["data"]
    assert set(data) == set(EVENT["data"])
    assert [data[name] for name in ("part", "campaign", "ref_id", "sent_at", "status_at")] == [None] * 5
    assert (data["operator"], data["variant"], data["labels"]) == ("", "", {})


def test_form_pairs():
    request = send(content_type=FORM)
    assert request.headers["content-type"] == FORM
    assert dict(parse_qsl(request.body.decode(), keep_blank_values=True)) == {
        **{name: str(value) for name, value in LINK.items() if not isinstance(value, dict)},
        "gateCustomParameters.platformPartnerId": "nr-fi",
        **{f"customParameters.{key}": value for key, value in LINK["customParameters"].items()},
    }


def test_xml_document():
    request = send(report(custom_parameters={"a<b": "\x00 & ]]>\r"}, source=None, operator=None), content_type=XML)
    assert request.headers["content-type"] == "application/xml; charset=utf-8"
    assert request.body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<deliveryReport><refId>sale-ä|B</refId><id>Dcshuhod0PMAAAFQ+/PbnR3x$1</id><operator></operator>"
        "<sentTimestamp>2026-11-20T09:37:35Z</sentTimestamp><timestamp>2026-11-20T09:37:00Z</timestamp>"
        "<resultCode>1001</resultCode><operatorResultCode>2</operatorResultCode><segments>2</segments>"
        "<gateCustomParameters><entry><key>platformPartnerId</key><value>nr-fi</value></entry></gateCustomParameters>"
        "<customParameters><entry><key>a&lt;b</key><value>� &amp; ]]&gt;&#13;</value></entry>"
        "<entry><key>destination</key><value>+358401234567</value></entry></customParameters></deliveryReport>"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.example/dlr", "https://shop.example/dlr?id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x%241&code=1001"),
        ("https://shop.example", "https://shop.example?id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x%241&code=1001"),
        ("https://shop.example/?key=7", "https://shop.example/?key=7&id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x%241&code=1001"),
        ("https://shop.example/a?", "https://shop.example/a?id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x%241&code=1001"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_template_is_appended_to_the_urls_query(method, url, expected):
    request = send(method=method, template=TEMPLATE, url=url)
    assert (request.method, request.url) == (method, expected)
    assert (request.body == b"") == (method == "GET")
    assert ("content-type" in request.headers) == (method != "GET")


def test_get_without_a_template_has_the_form_pairs():
    request = send(method="GET", url="https://shop.example/dlr?key=7")
    pairs = send(content_type=FORM).body.decode()
    assert parse_qsl(urlsplit(request.url).query) == parse_qsl(f"key=7&{pairs}")
    assert request.body == b""


def test_basic_credentials():
    assert "authorization" not in send().headers
    header = send(username="käyttäjä", password="a:b").headers["authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")).decode() == "käyttäjä:a:b"
    assert base64.b64decode(send(password="only").headers["authorization"].removeprefix("Basic ")) == b":only"


def test_custom_headers_replace_ours_but_not_the_signature():
    request = send(username="a", headers=("X-Key: abc:d", "Authorization:Bearer x", "USER-AGENT: mine"))
    assert request.headers["X-Key"] == "abc:d"
    named = {name.lower(): value for name, value in request.headers.items()}
    assert len(named) == len(request.headers)
    assert (named["authorization"], named["user-agent"]) == ("Bearer x", "mine")
    assert {"webhook-id", "webhook-timestamp", "webhook-signature"} <= set(named)


@pytest.mark.parametrize(
    ("headers", "reason", "name"),
    [
        (("no colon",), EndpointError.BAD_HEADER, "no colon"),
        ((": value",), EndpointError.BAD_HEADER, ": value"),
        (("X-A: 1", "x-a: 2"), EndpointError.HEADER_TWICE, "x-a"),
        (("Webhook-Signature: v1,x",), EndpointError.HEADER_IS_OURS, "Webhook-Signature"),
    ],
)
def test_headers_that_are_refused(headers, reason, name):
    with pytest.raises(EndpointError) as caught:
        check("link", endpoint(headers=headers))
    assert (caught.value.reason, caught.value.name) == (reason, name)


def test_every_attempt_of_a_report_has_the_same_id():
    first, later = send(), request_of(sender(secrets=()), endpoint(), [REPORT], at=AT.replace(year=2027))
    assert first.headers["webhook-id"] == later.headers["webhook-id"] == "dlr_BVldZyQt_815"
    assert first.headers["webhook-timestamp"] != later.headers["webhook-timestamp"]


def test_id_of_a_batch_depends_on_its_reports_alone():
    two = [REPORT, report(inbox_id=816)]
    assert webhook_id(sender(), two) == webhook_id(sender(body="event"), two[::-1])
    others = {webhook_id(sender(), [*two, report(inbox_id=817)]), webhook_id(sender(public_id="other"), two)}
    assert len(others | {webhook_id(sender(), two)}) == 3


@pytest.mark.parametrize(("body", "one"), [("link", LINK), ("event", EVENT)])
def test_batches_are_arrays(body, one):
    three = [REPORT, report(inbox_id=816), report(inbox_id=817)]
    assert json.loads(send(*three, gate=sender(body=body)).body) == [one] * 3
    assert json.loads(send(gate=sender(body=body, is_batched=True)).body) == [one]
    assert json.loads(send(gate=sender(body=body)).body) == one


@pytest.mark.parametrize(
    "destination", [{"method": "GET"}, {"template": TEMPLATE}, {"content_type": XML}, {"content_type": FORM}]
)
def test_destinations_that_take_one_report_per_request(destination):
    assert not can_batch(endpoint(**destination))
    check("link", endpoint(**destination))
    with pytest.raises(EndpointError) as caught:
        check("link", endpoint(**destination), batch_size=2)
    assert caught.value.reason == EndpointError.BATCH_IS_JSON
    with pytest.raises(ValueError, match="one report per request"):
        send(REPORT, EMPTY, **destination)
    assert not send(gate=sender(is_batched=True), **destination).body.startswith(b"[")


def test_batches_end_at_100():
    check("link", endpoint(), batch_size=100)
    assert len(json.loads(send(*[REPORT] * 100).body)) == 100
    with pytest.raises(ValueError, match="from 1 to 100, not 101"):
        send(*[REPORT] * 101)


@pytest.mark.parametrize(
    ("destination", "reason"),
    [({"method": "GET"}, EndpointError.EVENT_HAS_BODY), ({"content_type": XML}, EndpointError.EVENT_IS_JSON)],
)
def test_destinations_that_take_no_event(destination, reason):
    with pytest.raises(EndpointError) as caught:
        check("event", endpoint(**destination))
    assert caught.value.reason == reason


def test_check_names_the_templates_fault():
    with pytest.raises(TemplateError, match="“gateId” is no field"):
        check("link", endpoint(template="x=${gateId}"))

"""LINK's reports as XML, as form pairs and in a query, and what is taken as meant (docs/link.md section 3)."""

from datetime import UTC, datetime

import pytest

from deliveries.dialects.link import parse
from deliveries.dialects.report import FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, Report, Unreadable

RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FORM = "application/x-www-form-urlencoded"
WHOLE = Report(
    message_id="Dcshuhod0PMAAAFQ+/PbnR3x",
    part=1,
    code=1001,
    at=datetime(2026, 11, 20, 9, 37, 0, tzinfo=UTC),
    sent_at=datetime(2026, 11, 20, 9, 37, 35, tzinfo=UTC),
    operator="no.telenor",
    operator_code="2",
    ref_id="sale-ä",
    segments=2,
    partner_id="nr-fi",
    partner_rank=FROM_GATE,
    source="+4790000000",
    destination="+358401234567",
    parameters={},
    clock_oddity=False,
    ref_id_cut=False,
)
PAIRS = (
    "id=Dcshuhod0PMAAAFQ%2B%2FPbnR3x%241&operator=no.telenor&sentTimestamp=2026-11-20T09%3A37%3A35Z"
    "&timestamp=2026-11-20T09:37:00Z&resultCode=1001&operatorResultCode=2&refId=sale-%C3%A4&segments=2"
    "&destination=%2B358401234567&source=%2B4790000000&platformPartnerId=nr-fi"
)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<dlr xmlns="urn:x">
  <id>Dcshuhod0PMAAAFQ+/PbnR3x$1</id>
  <operator>no.telenor</operator>
  <sentTimestamp>2026-11-20T09:37:35Z</sentTimestamp><timestamp>2026-11-20T09:37:00Z</timestamp>
  <resultCode> 1001 </resultCode><operatorResultCode>2</operatorResultCode><refId>sale-ä</refId>
  <segments>2</segments>
  %s
</dlr>
"""
MAPS = """<gateCustomParameters><platformPartnerId>nr-fi</platformPartnerId></gateCustomParameters>
  <customParameters>
    <entry><key>source</key><value>+4790000000</value></entry>
    <entry><key>destination</key><value>+358401234567</value></entry>
  </customParameters>"""
TOP = "<destination>+358401234567</destination><source>+4790000000</source><platformPartnerId>nr-fi</platformPartnerId>"
ENTRIES = (
    "<map><entry><key>id</key><value>X</value></entry><entry><key>resultCode</key><value>1001</value></entry>"
    "<entry><key>customParameters</key><value><entry><key>tier</key><value>gold</value></entry></value></entry></map>"
)


def read(body: bytes | str = b"", **request: str) -> Report:
    raw = body if isinstance(body, bytes) else body.encode()
    return parse(raw, received_at=RECEIVED, **request)


def refusal(body: bytes | str = b"", **request: str) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        read(body, **request)
    return caught.value.reason, caught.value.detail


def fields(report: Report, *names: str) -> tuple:
    return tuple(getattr(report, name) for name in names)


# --- the forms


@pytest.mark.parametrize(
    ("body", "request_"),
    [
        (PAIRS, {"content_type": FORM}),
        (PAIRS + "\r\n", {"content_type": f"{FORM}; charset=UTF-8"}),
        (PAIRS, {}),  # of before content types were stored
        ("", {"query": PAIRS}),
        (" \n", {"query": PAIRS, "content_type": "application/json"}),
        (XML % MAPS, {"content_type": "application/xml"}),
        (XML % TOP, {"content_type": "text/xml"}),
        ("\ufeff" + XML % MAPS, {}),
        ((XML % MAPS).replace("UTF-8", "UTF-16").encode("utf-16"), {"content_type": "application/xml"}),
    ],
    ids=["form", "form with a charset", "form, no type", "query", "query, blank body", "XML", "XML, top level",
         "XML with a mark", "XML in UTF-16"],
)  # fmt: skip
def test_every_form_is_read_as_the_same_report(body, request_):
    assert read(body, **request_) == WHOLE


@pytest.mark.parametrize("content_type", [FORM, "text/plain", "application/xml", ""])
def test_json_is_read_as_json_whatever_it_is_called(content_type):
    assert read('{"id":"X","resultCode":1001}', content_type=content_type).message_id == "X"


@pytest.mark.parametrize("body", ['{"id":"X"}', "id=X", "<d><id>X</id></d>"])
def test_body_that_is_not_packed_after_all_is_read(body):
    assert read(body, query="resultCode=1001", content_encoding="gzip").message_id == "X"


def test_xml_of_entries_is_read():
    assert fields(read(ENTRIES), "message_id", "code", "parameters") == ("X", 1001, {"tier": "gold"})


@pytest.mark.parametrize(
    "pair",
    [
        "customParameters.tier=gold",
        "customParameters%5Btier%5D=gold",
        "customParameters=%7B%22tier%22%3A%22gold%22%7D",
    ],
)
def test_maps_of_form_pairs_are_read(pair):
    assert read(f"id=X&resultCode=1001&{pair}").parameters == {"tier": "gold"}


def test_empty_values_of_a_template_are_absent():
    report = read(
        query="id=X&resultCode=1001&operator=&timestamp=&sentTimestamp=&segments=&refId=&source=&destination="
    )

    assert fields(report, "operator", "at", "sent_at", "segments", "ref_id", "source", "destination") == (
        None, None, None, 0, None, None, None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "id_"),
    [("id=a+b/c", "a+b/c"), ("id=a%20b", "a+b"), ("id=a%2Bb", "a+b"), ("id=+a+", "+a+"), ("id=a$0", "a")],
)
def test_space_in_an_id_is_a_plus(query, id_):
    assert read(query=f"{query}&resultCode=1001").message_id == id_
    assert read(f"{query}&resultCode=1001", content_type=FORM).message_id == id_


def test_plus_signs_that_nobody_encoded_are_read():
    report = read(query="id=X&resultCode=1001&source=+4790000000&destination=+358401234567"
                        "&timestamp=2026-11-20T11:37:00+02:00")  # fmt: skip

    assert fields(report, "source", "destination", "at") == ("+4790000000", "+358401234567", WHOLE.at)


def test_space_in_xml_or_json_stays_a_space():
    assert read("<d><id>a b</id><resultCode>1001</resultCode></d>").message_id == "a b"
    assert read('{"id":"a b","resultCode":1001}', query="refId=x").message_id == "a b"


# --- body and query


def test_body_wins_and_the_query_fills_gaps():
    report = read(
        '{"id":"X","resultCode":1001,"operator":null,"refId":"","customParameters":{"source":"A","x":""}}',
        query="id=Y&resultCode=1006&operator=no.telenor&refId=sale&source=B&destination=%2B358401234567"
        "&customParameters.x=1&customParameters.source=C",
    )

    assert fields(report, "message_id", "code", "operator", "ref_id", "source", "destination", "parameters") == (
        "X", 1001, "no.telenor", "sale", "A", "+358401234567", {"x": "1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "query", "partner"),
    [
        ('{"id":"X","resultCode":1001}', "platformPartnerId=q", ("q", FROM_GATE)),
        ('{"id":"X","resultCode":1001,"gateCustomParameters":{"platformPartnerId":"g"}}', "platformPartnerId=q",
         ("g", FROM_GATE)),
        ('{"id":"X","resultCode":1001,"customParameters":{"platformPartnerId":"c"}}', "platformPartnerId=q",
         ("c", FROM_PARAMETERS)),
        ('{"id":"X","resultCode":1001,"gateCustomParameters":[]}', "platformPartnerId=q", ("q", FROM_GATE)),
        ('{"id":"X","resultCode":1001,"platformPartnerId":47}', "", ("47", FROM_GATE)),
        ('{"id":"X","resultCode":1001,"platformPartnerId":null}', "", ("", FROM_NOWHERE)),
    ],
)  # fmt: skip
def test_partner_at_the_top_level_is_the_gates(body, query, partner):
    assert fields(read(body, query=query), "partner_id", "partner_rank") == partner


def test_broken_body_is_not_made_good_by_a_query():
    assert refusal("{", query="id=X&resultCode=1001")[0] == "not JSON"
    assert refusal("[]", query="id=X&resultCode=1001") == (
        "empty array", "an array holds at least one delivery report",
    )  # fmt: skip


def test_names_that_are_no_fields_do_no_harm():
    query = "a=1&a=2&b=%ff&c=%00&id=X&resultCode=1001"
    assert read(query=query) == read('{"id":"X","resultCode":1001}')
    assert read('{"id":"X","resultCode":1001}', query="a=1&a=2&b=%ff") == read('{"id":"X","resultCode":1001}')


# --- what is taken as meant


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ('\ufeff{"id":"X","resultCode":1001}', '{"id":"X","resultCode":1001}'),
        (
            '{"id":"X","resultCode":1001,"customParameters":[],"gateCustomParameters":[]}',
            '{"id":"X","resultCode":1001}',
        ),
        ('{"id":"X","resultCode":"1001","segments":"2"}', '{"id":"X","resultCode":1001,"segments":2}'),
        ('{"id":"X","resultCode":1001,"timestamp":"0001-01-01T00:00:00"}', '{"id":"X","resultCode":1001}'),
        ('{"id":"X","resultCode":1001,"timestamp":"0001-01-01T00:00:00Z"}', '{"id":"X","resultCode":1001}'),
        ('{"id":"X","resultCode":1001,"sentTimestamp":"0001-01-01T00:00:00+02:00"}', '{"id":"X","resultCode":1001}'),
        ('{"id":"X","resultCode":1001,"sentTimestamp":"0001-01-01"}', '{"id":"X","resultCode":1001}'),
    ],
)
def test_common_oddities_are_taken_as_meant(body, meant):
    assert read(body) == read(meant)


# --- quarantine


@pytest.mark.parametrize(
    ("body", "request_", "told"),
    [
        ("resultCode=1001", {}, ("missing field", "id: a text is required")),
        ("id=X", {}, ("missing field", "resultCode: an integer is required")),
        ("id=X&resultCode=delivered", {}, ("wrong type", "resultCode: an integer is required")),
        ("id=X&id=Y&resultCode=1001", {}, ("wrong type", "id: a text is required")),
        ("id=X&resultCode=1001&resultCode=1006", {}, ("wrong type", "resultCode: an integer is required")),
        ("id=X&resultCode=1001&refId=a&refId=b", {}, ("wrong type", "refId: a text or null")),
        ("id=X&resultCode=1001&timestamp=2026-11-20", {},
         ("unreadable time", "timestamp: RFC 3339, such as 2015-11-19T09:37:35Z")),
        ("id=X&resultCode=1001&refId=%00", {}, ("NUL character", "a text holds the character U+0000")),
        ("id=X&resultCode=1001&customParameters=%7B%22a%22%3A%22%5Cu0000%22%7D", {},
         ("NUL character", "a text holds the character U+0000")),
        ("id=X&resultCode=1001&refId=%ff", {}, ("not UTF-8", "refId: a text in UTF-8")),
        (b"id=X&resultCode=1001&refId=\xe4", {}, ("not UTF-8", "refId: a text in UTF-8")),
        ("id=X&resultCode=1001&customParameters=gold", {}, ("wrong type", "customParameters: an object")),
        ("id=X&resultCode=1001" + "&a=1" * 1000, {}, ("too many", "at most 1000 pairs")),
        ("hello", {"content_type": FORM}, ("missing field", "id: a text is required")),
        ("", {"query": "resultCode=1001"}, ("missing field", "id: a text is required")),
        ("<dlr/>", {}, ("not an object", "the root of the XML holds no elements")),
        ("<dlr>hello</dlr>", {}, ("not an object", "the root of the XML holds no elements")),
        ("<d><id>X</id><id>Y</id><resultCode>1</resultCode></d>", {}, ("wrong type", "id: a text is required")),
        ("<d><id><x>1</x></id><resultCode>1</resultCode></d>", {}, ("wrong type", "id: a text is required")),
        ("<d>" + "<a>x</a>" * 2000 + "</d>", {}, ("too many", "at most 2000 XML elements")),
        ("<a>" * 11 + "</a>" * 11, {}, ("too deep", "at most 10 XML elements one in the other")),
        ('<!DOCTYPE d [<!ENTITY e "X">]><d><id>&e;</id><resultCode>1001</resultCode></d>', {},
         ("not XML", "a document type (DTD) is not read")),
        ('<!DOCTYPE d SYSTEM "file:///etc/passwd"><d><id>X</id></d>', {},
         ("not XML", "a document type (DTD) is not read")),
        (b"\x1f\x8b", {"content_encoding": "gzip"}, ("cannot be unpacked", "Content-Encoding: gzip")),
        (b"\x1f\x8b", {"content_encoding": "br", "content_type": FORM, "query": "id=X&resultCode=1001"},
         ("cannot be unpacked", "Content-Encoding: br")),
    ],
)  # fmt: skip
def test_what_is_no_report_says_why(body, request_, told):
    assert refusal(body, **request_) == told


@pytest.mark.parametrize(
    "body",
    [
        "<d><id>X</id>",
        "<d><id>&e;</id></d>",
        '<?xml version="1.0" encoding="klingon"?><d/>',
        "<d a=1><id>X</id></d>",
        b"<d><id>\xff</id></d>",
    ],
)
def test_broken_xml_says_so(body):
    assert refusal(body)[0] == "not XML"

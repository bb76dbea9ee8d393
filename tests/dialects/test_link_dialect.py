"""LINK's delivery reports: every field's cases, and every code (docs/link.md sections 3 and 4)."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deliveries.dialects.link import message_id_of, parse
from deliveries.dialects.link_codes import CODES
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, Report, Unreadable
from tests.dialects.link_meanings import MEANINGS

SAMPLES = Path(__file__).parent / "samples"
RECEIVED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EMPTY = Report(
    message_id="X",
    part=None,
    code=1001,
    at=None,
    sent_at=None,
    operator=None,
    operator_code=None,
    ref_id=None,
    segments=0,
    partner_id="",
    partner_rank=FROM_NOWHERE,
    source=None,
    destination=None,
    parameters={},
    clock_oddity=False,
    ref_id_cut=False,
)


def read(body: bytes | dict, **kwargs) -> Report:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return parse(raw, **({"received_at": RECEIVED} | kwargs))


def read_with(**fields) -> Report:
    return read({"id": "X", "resultCode": 1001} | fields)


def refusal(body: bytes | dict) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        read(body)
    return caught.value.reason, caught.value.detail


def refusal_with(**fields) -> tuple[str, str]:
    return refusal({"id": "X", "resultCode": 1001} | fields)


# --- the samples


def test_sample_of_a_delivery_is_read():
    body = (SAMPLES / "link_delivered.json").read_bytes()

    assert read(body, received_at=datetime(2015, 11, 19, 9, 38, tzinfo=UTC)) == Report(
        message_id="0",
        part=None,
        code=1001,
        at=datetime(2015, 11, 19, 9, 37, 0, tzinfo=UTC),
        sent_at=datetime(2015, 11, 19, 9, 37, 35, tzinfo=UTC),
        operator="no.telenor",
        operator_code="2",
        ref_id="0",
        segments=1,
        partner_id="",
        partner_rank=FROM_NOWHERE,
        source=None,
        destination=None,
        parameters={"received": "2015-11-19 10:37:36"},
        clock_oddity=False,
        ref_id_cut=False,
    )


def test_sample_of_a_number_error_is_read():
    body = (SAMPLES / "link_number_error.json").read_bytes()

    assert read(body, received_at=datetime(2015, 11, 19, 10, 18, tzinfo=UTC)) == Report(
        message_id="0",
        part=None,
        code=2106,
        at=datetime(2015, 11, 19, 10, 17, 37, tzinfo=UTC),
        sent_at=datetime(2015, 11, 19, 10, 17, 37, tzinfo=UTC),
        operator=None,
        operator_code=None,
        ref_id="0",
        segments=1,
        partner_id="",
        partner_rank=FROM_NOWHERE,
        source=None,
        destination=None,
        parameters={"received": "2015-11-19 11:17:37"},
        clock_oddity=False,
        ref_id_cut=False,
    )


def test_report_with_the_required_fields_alone_is_read():
    assert read({"id": "X", "resultCode": 1001}) == EMPTY


def test_report_of_nulls_is_as_one_without_the_fields():
    names = ("refId", "operator", "sentTimestamp", "timestamp", "operatorResultCode", "segments")
    assert read_with(**dict.fromkeys((*names, "gateCustomParameters", "customParameters"))) == EMPTY


def test_unknown_keys_change_nothing():
    assert read_with(price={"amount": 5}, cost=[1, None], Id="Y") == EMPTY


def of_any(*values):
    return st.one_of(*(st.just(value) for value in values), st.text(max_size=30))


@given(
    st.fixed_dictionaries(
        {
            "id": of_any("X", "X$0", "X$1", "X$255", "$1", "", "n" * 50, "n" * 51, "ä" * 101, None, 5),
            "resultCode": of_any(1001, 0, -1, 2**31 - 1, 2**31, 1001.0, True, None, "1001"),
        },
        optional={
            "timestamp": of_any("2026-11-19T09:37:35Z", "2026-11-19 09:37:35.5+02:00", "2026-11-19T09:37:60Z", None, 5),
            "sentTimestamp": of_any("2026-11-19T09:37:35Z", "0001-01-01T00:00:00+10:00", "2026-11-19T24:00:00Z", None),
            "refId": of_any("summer", "r" * 257, "ä" * 129, "", None, 5, "\0"),
            "operator": of_any("fi.elisa", "o" * 26, "ä" * 26, "ä" * 51, "", None, []),
            "operatorResultCode": of_any("0", "c" * 51, "c" * 201, None, 0),
            "segments": of_any(0, 1, 255, 256, -1, 1.0, None, "1"),
            "gateCustomParameters": of_any({}, {"platformPartnerId": "p"}, {"platformPartnerId": 2.0**60}, None, []),
            "customParameters": of_any(
                {"source": "ACME", "destination": "+358401234567", "tier": "gold"},
                {"source": 5, "destination": None, "tier": {"deep": [1]}},
                {"platformPartnerId": "p" * 257},
                {str(n): "x" for n in range(101)},
                None,
            ),
        },
    )
)
def test_common_form_is_read_as_any_other(fields):
    assert outcome(fields) == outcome(fields | {"unknown": None})  # the field keeps it from being read at once


def outcome(fields: dict) -> Report | tuple[str, str]:
    try:
        return read(fields)
    except Unreadable as error:
        return error.reason, error.detail


# --- bodies


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"   ", "not JSON"),
        (b'{"id":"X","resultCode":1001', "not JSON"),
        (b'{"id":"X","resultCode":1001}{}', "not JSON"),
        (b'{"id":"X","resultCode":NaN}', "not JSON"),
        (b'{"id":"X","resultCode":1001,"segments":Infinity}', "not JSON"),
        (b'{"id":"X","resultCode":1001,"x":1e999}', "not JSON"),
        (b'{"id":"X","resultCode":1001,"x":' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"id":"X","resultCode":1001,"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
        (b'{"id":"X\xff","resultCode":1001}', "not JSON"),
        (b'{"id":"X\xed\xa0\x80","resultCode":1001}', "not JSON"),
        (b'{"id":"X\\ud800","resultCode":1001}', "not JSON"),
        (b'{"id":"X","resultCode":1001,"refId":"\\udc00\\ud800"}', "not JSON"),
        (b'{"id":"X\x00","resultCode":1001}', "not JSON"),
        (b"[]", "empty array"),
        (b'[{"id":"X","resultCode":1001}]', "not an object"),
        (b'"X"', "not an object"),
        (b"1001", "not an object"),
        (b"null", "not an object"),
        (b"true", "not an object"),
        (b"{}", "missing field"),
    ],
)
def test_body_that_is_no_report_is_refused(body, reason):
    assert refusal(body)[0] == reason


def test_key_that_is_there_twice_has_its_last_value():
    assert read(b'{"id":"A","id":"X","resultCode":1005,"resultCode":1001}') == EMPTY


@pytest.mark.parametrize(
    "body",
    [
        {"id": "X\0", "resultCode": 1001},
        {"id": "X", "resultCode": 1001, "refId": "\0"},
        {"id": "X", "resultCode": 1001, "customParameters": {"a": {"b": ["c", "\0"]}}},
        {"id": "X", "resultCode": 1001, "customParameters": {"a\0": "b"}},
        {"id": "X", "resultCode": 1001, "customParameters": {"a": "\\\0"}},
    ],
)
def test_nul_in_any_text_is_refused(body):
    assert refusal(body) == ("NUL character", "a text holds the character U+0000")


def test_nul_far_down_is_refused():
    body = b'{"id":"X","resultCode":1001,"x":' + b"[" * 1000 + b'"\\u0000"' + b"]" * 1000 + b"}"

    assert refusal(body)[0] == "NUL character"


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "a\\", "\\"])
def test_backslashes_that_only_look_like_nul_are_texts(text):
    assert read_with(refId=text).ref_id == text


def test_value_nested_too_deep_to_be_written_again_is_refused():
    body = b'{"id":"X","resultCode":1001,"customParameters":{"a":' + b"[" * 300 + b"]" * 300 + b"}}"

    assert refusal(body) == ("too deep", "customParameters: a value is nested too deeply")


def test_depth_elsewhere_does_not_matter():
    assert read(b'{"id":"X","resultCode":1001,"x":' + b"[" * 900 + b"]" * 900 + b"}") == EMPTY


# --- id


@pytest.mark.parametrize(
    ("dlr_id", "message_id", "part"),
    [
        ("X", "X", None),
        ("X$0", "X", 0),
        ("X$254", "X", 254),
        ("X$007", "X", 7),
        ("X$00000000000000000003", "X", 3),
        ("X$", "X$", None),
        ("X$-1", "X$-1", None),
        ("X$+1", "X$+1", None),
        ("X$1a", "X$1a", None),
        ("X$1.5", "X$1.5", None),
        ("X$ 1", "X$ 1", None),
        ("X$1 ", "X$1 ", None),
        ("X$1\n", "X$1\n", None),
        ("X$١", "X$١", None),
        ("X$²", "X$²", None),
        ("a$b$3", "a$b", 3),
        ("a$2$3", "a$2", 3),
        ("a\n$3", "a\n", 3),
        ("$$3", "$", 3),
        ("$5", "$5", None),
        ("$", "$", None),
        ("5", "5", None),
        ("Dcshuhod0PMAAAFQ+/PbnR3x$1", "Dcshuhod0PMAAAFQ+/PbnR3x", 1),
        (" X", " X", None),
    ],
)
def test_id_names_a_message_and_perhaps_a_part(dlr_id, message_id, part):
    report = read_with(id=dlr_id)

    assert (report.message_id, report.part) == (message_id, part)
    assert message_id_of(dlr_id) == message_id


@pytest.mark.parametrize("number", ["255", "256", "9999999999", "0255", "9" * 190])
def test_part_above_254_is_refused(number):
    assert refusal_with(id=f"X${number}") == ("out of range", "id: part numbers end at 254")
    assert message_id_of(f"X${number}") == "X"


@pytest.mark.parametrize("value", [5, 1.5, True, ["X"], {"a": 1}])
def test_id_of_another_type_is_refused(value):
    assert refusal_with(id=value) == ("wrong type", "id: a text is required")


@pytest.mark.parametrize("body", [{"resultCode": 1001}, {"id": None, "resultCode": 1001}, {"id": "", "resultCode": 1}])
def test_id_that_is_missing_is_refused(body):
    assert refusal(body) == ("missing field", "id: a text is required")


# --- resultCode


@pytest.mark.parametrize("code", [0, 1001, 1099, -1, 2_147_483_647, -2_147_483_647])
def test_any_code_is_taken(code):
    assert read_with(resultCode=code) == replace(EMPTY, code=code)


@pytest.mark.parametrize("value", ["1001.0", " 1001", "-1", "1e3", "٣", 1001.0, True, [], {}])
def test_code_of_another_type_is_refused(value):
    assert refusal_with(resultCode=value) == ("wrong type", "resultCode: an integer is required")


def test_code_that_is_missing_is_refused():
    assert refusal({"id": "X"}) == ("missing field", "resultCode: an integer is required")
    assert refusal_with(resultCode=None) == ("missing field", "resultCode: an integer is required")


@pytest.mark.parametrize("code", [2_147_483_648, -2_147_483_648, 2**63])
def test_code_beyond_32_bits_is_refused(code):
    assert refusal_with(resultCode=code) == ("out of range", "resultCode: at most 2147483647")


def test_code_beyond_64_bits_is_refused():
    assert refusal(b'{"id":"X","resultCode":' + b"1" * 40 + b"}")[0] == "wrong type"


# --- times


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-19T09:37:35Z", datetime(2026, 11, 19, 9, 37, 35, tzinfo=UTC)),
        ("2026-11-19t09:37:35z", datetime(2026, 11, 19, 9, 37, 35, tzinfo=UTC)),
        ("2026-11-19T09:37:35+00:00", datetime(2026, 11, 19, 9, 37, 35, tzinfo=UTC)),
        ("2026-11-19T09:37:35-00:00", datetime(2026, 11, 19, 9, 37, 35, tzinfo=UTC)),
        ("2026-11-19T09:37:35+02:00", datetime(2026, 11, 19, 7, 37, 35, tzinfo=UTC)),
        ("2026-11-19T23:37:35-05:30", datetime(2026, 11, 20, 5, 7, 35, tzinfo=UTC)),
        ("2026-11-19T09:37:35.5Z", datetime(2026, 11, 19, 9, 37, 35, 500_000, tzinfo=UTC)),
        ("2026-11-19T09:37:35.123456Z", datetime(2026, 11, 19, 9, 37, 35, 123_456, tzinfo=UTC)),
        ("2026-11-19T09:37:35.123456789+02:00", datetime(2026, 11, 19, 7, 37, 35, 123_457, tzinfo=UTC)),
        ("2026-11-19 09:37:35Z", datetime(2026, 11, 19, 9, 37, 35, tzinfo=UTC)),
        ("2026-11-19T09:37:35+0200", datetime(2026, 11, 19, 7, 37, 35, tzinfo=UTC)),
        ("2026-06-30T23:59:60Z", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)),  # a leap second
        ("2026-07-01T01:59:60.25+02:00", datetime(2026, 6, 30, 23, 59, 59, 250_000, tzinfo=UTC)),
    ],
)
def test_times_of_rfc_3339_are_read_as_utc(text, instant):
    report = read_with(timestamp=text, sentTimestamp=text)

    assert report == replace(EMPTY, at=instant, sent_at=instant)
    assert (report.at.utcoffset(), report.sent_at.utcoffset()) == (timedelta(0), timedelta(0))


@pytest.mark.parametrize("name", ["timestamp", "sentTimestamp"])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-19",
        "2026-11-19T09:37:35",  # naive
        "2026-11-19T09:37Z",
        "2026-11-19T09:37:35 Z",
        "2026-11-19T09:37:35Z\n",
        "2026-11-19T09:37:35.Z",
        "2026-11-19T09:37:35,5Z",
        "2026-11-19T09:37:35+24:00",
        "2026-11-19T24:00:00Z",
        "2026-11-19T09:37:61Z",
        "2026-11-19T09:60:00Z",
        "2026-02-30T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "20261119T093735Z",
        "٢٠٢٦-11-19T09:37:35Z",
        "1795080000",
    ],
)
def test_unreadable_times_are_refused(name, text):
    assert refusal_with(**{name: text}) == (
        "unreadable time",
        f"{name}: RFC 3339, such as 2015-11-19T09:37:35Z",
    )


@pytest.mark.parametrize("name", ["timestamp", "sentTimestamp"])
@pytest.mark.parametrize("value", [1_795_080_000, 1.5, True, ["2026-11-19T09:37:35Z"], {}])
def test_times_of_another_type_are_refused(name, value):
    assert refusal_with(**{name: value}) == ("wrong type", f"{name}: an RFC 3339 time as text")


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-10-16T12:00:00Z", datetime(2025, 10, 16, 12, 0, tzinfo=UTC)),  # 400 days before it was received
        ("2025-10-16T11:59:59.999999Z", None),
        ("2026-11-22T12:00:00Z", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),  # 2 days after
        ("2026-11-22T12:00:00.000001Z", None),
        ("2026-11-22T14:00:00+02:00", datetime(2026, 11, 22, 12, 0, tzinfo=UTC)),
        ("0002-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_times_out_of_the_window_are_taken_as_missing(text, instant):
    odd = instant is None

    assert read_with(timestamp=text) == replace(EMPTY, at=instant, clock_oddity=odd)
    assert read_with(sentTimestamp=text) == replace(EMPTY, sent_at=instant, clock_oddity=odd)


@pytest.mark.parametrize(
    ("days", "text", "instant"),
    [
        (4000, "2015-12-08T12:00:00Z", datetime(2015, 12, 8, 12, 0, tzinfo=UTC)),
        (4000, "2015-12-08T11:59:59Z", None),
        (36_500, "1970-01-02T00:00:00Z", datetime(1970, 1, 2, tzinfo=UTC)),
        (36_500, "1970-01-01T23:59:59Z", None),  # there are no months before 1970
        (36_500, "2026-11-22T12:00:01Z", None),
    ],
)
def test_import_widens_the_window_to_the_past_alone(days, text, instant):
    report = read({"id": "X", "resultCode": 1001, "timestamp": text}, accept_days=days)

    assert report == replace(EMPTY, at=instant, clock_oddity=instant is None)


# --- texts


@pytest.mark.parametrize("name", ["refId", "operator", "operatorResultCode"])
@pytest.mark.parametrize("value", [5, 1.5, False, [], {}])
def test_texts_of_another_type_are_refused(name, value):
    assert refusal_with(**{name: value}) == ("wrong type", f"{name}: a text or null")


def test_empty_texts_are_as_missing():
    report = read_with(refId="", operator="", customParameters={"source": "", "destination": ""})

    assert report == EMPTY


def test_texts_are_taken_as_they_are():
    report = read_with(refId=" sale|A ", operator="no.Telenor", operatorResultCode="0x0b")

    assert report == replace(EMPTY, ref_id=" sale|A ", operator="no.Telenor", operator_code="0x0b")


@pytest.mark.parametrize(
    ("given", "kept", "cut"),
    [
        ("a" * 256, "a" * 256, False),
        ("a" * 257, "a" * 256, True),
        ("ä" * 128, "ä" * 128, False),
        ("ä" * 128 + "a", "ä" * 128, True),
        ("a" + "ä" * 128, "a" + "ä" * 127, True),  # 255 bytes: the next character would end at 257
        ("😀" * 64, "😀" * 64, False),
        ("😀" * 65, "😀" * 64, True),
        ("abc" + "😀" * 64, "abc" + "😀" * 63, True),
    ],
)
def test_ref_id_is_cut_to_256_bytes_at_a_character(given, kept, cut):
    assert read_with(refId=given) == replace(EMPTY, ref_id=kept, ref_id_cut=cut)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"id": "x" * 201}, "id: at most 200 bytes"),
        ({"id": "ä" * 101}, "id: at most 200 bytes"),
        ({"operator": "no." + "x" * 98}, "operator: at most 100 bytes"),
        ({"operatorResultCode": "x" * 201}, "operatorResultCode: at most 200 bytes"),
        ({"gateCustomParameters": {"platformPartnerId": "x" * 257}}, "platformPartnerId: at most 256 bytes"),
        ({"customParameters": {"platformPartnerId": "ä" * 129}}, "platformPartnerId: at most 256 bytes"),
        ({"customParameters": {"source": "x" * 101}}, "source: at most 100 bytes"),
        ({"customParameters": {"destination": "+" + "4" * 100}}, "destination: at most 100 bytes"),
    ],
)
def test_texts_over_their_limits_are_refused(body, detail):
    assert refusal_with(**body) == ("too long", detail)


def test_texts_at_their_limits_are_taken():
    report = read_with(
        id="ä" * 100,
        operator="n" * 100,
        operatorResultCode="c" * 200,
        gateCustomParameters={"platformPartnerId": "😀" * 64},
        customParameters={"source": "s" * 100, "destination": "d" * 100},
    )

    assert report == replace(
        EMPTY,
        message_id="ä" * 100,
        operator="n" * 100,
        operator_code="c" * 200,
        partner_id="😀" * 64,
        partner_rank=FROM_GATE,
        source="s" * 100,
        destination="d" * 100,
    )


# --- segments


@pytest.mark.parametrize("segments", [0, 1, 255])
def test_segments_are_taken(segments):
    assert read_with(segments=segments) == replace(EMPTY, segments=segments)


@pytest.mark.parametrize("value", ["1.0", "x", 1.0, True, []])
def test_segments_of_another_type_are_refused(value):
    assert refusal_with(segments=value) == ("wrong type", "segments: an integer")


@pytest.mark.parametrize("value", [-1, 256, 10**15])
def test_segments_out_of_range_are_refused(value):
    assert refusal_with(segments=value) == ("out of range", "segments: from 0 to 255")


# --- parameters


@pytest.mark.parametrize("name", ["gateCustomParameters", "customParameters"])
@pytest.mark.parametrize("value", [[1], "x", 1, True])
def test_parameters_of_another_type_are_refused(name, value):
    assert refusal_with(**{name: value}) == ("wrong type", f"{name}: an object")


@pytest.mark.parametrize("name", ["gateCustomParameters", "customParameters"])
def test_parameters_are_at_most_100(name):
    def keys(count):
        return {name: {f"k{number}": "v" for number in range(count)}}

    assert read_with(**keys(100)).code == 1001
    assert refusal_with(**keys(101)) == ("too many", f"{name}: at most 100 keys")


def test_parameters_become_texts():
    report = read(
        b'{"id":"X","resultCode":1001,"customParameters":{"text":"1","number":7,"long":18446744073709551615,'
        b'"part":0.5,"yes":true,"no":false,"none":null,"list":[1, "a"],"object":{"b" : null},"empty":""}}'
    )

    assert report == replace(
        EMPTY,
        parameters={
            "text": "1",
            "number": "7",
            "long": "18446744073709551615",
            "part": "0.5",
            "yes": "true",
            "no": "false",
            "list": '[1,"a"]',
            "object": '{"b":null}',
            "empty": "",
        },
    )


def test_source_and_destination_are_taken_out_of_the_parameters():
    report = read_with(
        customParameters={"source": "ACME", "destination": "0047 99 22 33 44", "received": "2026-11-20 14:00:00"}
    )

    assert report == replace(
        EMPTY, source="ACME", destination="+4799223344", parameters={"received": "2026-11-20 14:00:00"}
    )


def test_source_and_destination_may_be_numbers():
    report = read_with(customParameters={"source": 2333, "destination": 4799223344})

    assert report == replace(EMPTY, source="2333", destination="+4799223344")


def test_blank_destination_is_as_missing():
    assert read_with(customParameters={"destination": "  "}) == EMPTY


def test_gate_parameters_are_not_the_messages():
    assert read_with(gateCustomParameters={"shop": "5"}) == EMPTY


# --- platformPartnerId (docs/link.md section 5.9)


def partner(gate=None, custom=None, default="") -> tuple[str, int]:
    body = {"id": "X", "resultCode": 1001}
    if gate is not None:
        body["gateCustomParameters"] = {"platformPartnerId": gate}
    if custom is not None:
        body["customParameters"] = {"platformPartnerId": custom}
    report = read(body, default_partner_id=default)
    return report.partner_id, report.partner_rank


def test_partner_of_the_gate_comes_first():
    assert partner(gate="g", custom="c", default="f") == ("g", FROM_GATE)


def test_partner_of_the_parameters_comes_second():
    assert partner(custom="c", default="f") == ("c", FROM_PARAMETERS)
    assert partner(gate="", custom="c", default="f") == ("c", FROM_PARAMETERS)


def test_partner_of_the_feed_comes_third():
    assert partner(default="f") == ("f", FROM_FEED)
    assert partner(gate="", custom="", default="f") == ("f", FROM_FEED)


def test_partner_that_nothing_names_is_none():
    assert partner() == ("", FROM_NOWHERE)
    assert partner(gate="", custom="") == ("", FROM_NOWHERE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (77, "77"),
        (0, "0"),
        (-5, "-5"),
        (2**64 - 1, "18446744073709551615"),
        (0.5, "0.5"),
        (" nr-fi ", " nr-fi "),
        ("NR-FI", "NR-FI"),
        ("007", "007"),
    ],
)
def test_partner_is_compared_exactly_as_text(value, text):
    assert partner(gate=value) == (text, FROM_GATE)
    assert partner(custom=value) == (text, FROM_PARAMETERS)


@pytest.mark.parametrize("name", ["gateCustomParameters", "customParameters"])
def test_partner_number_whose_digits_are_lost_is_refused(name):
    body = f'{{"id":"X","resultCode":1001,"{name}":{{"platformPartnerId":12345678901234567890123}}}}'.encode()

    assert refusal(body) == ("out of range", "platformPartnerId: so long a number must be a text")


# --- codes (docs/link.md section 4, written out once more)


def test_every_code_has_its_status_finality_and_reason():
    assert {code.code: (code.status, code.final, code.reason) for code in CODES.values()} == MEANINGS
    assert list(CODES) == list(MEANINGS)


def test_every_code_has_texts_in_both_languages():
    assert [code.code for code in CODES.values() if not (code.text_en.strip() and code.text_fi.strip())] == []
    assert len({code.text_en for code in CODES.values()}) == len({code.text_fi for code in CODES.values()}) == 54

"""Bodies into rows: each report with exactly its bytes and its slice (docs/link.md section 3)."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from deliveries.dialects.link import parse
from deliveries.dialects.registry import DIALECTS
from deliveries.ingest.split import split, split_line
from deliveries.messages.slices import SLICES, slice_of

SAMPLES = Path(__file__).parents[1] / "dialects" / "samples"
ACCOUNT = 7
LINK = DIALECTS["link"]
A, B, C = b'{"id":"A","resultCode":1001}', b'{ "id" : "B$1", "resultCode":1.50 }', b'{"resultCode":1000,"id":"C"}'


def of(*ids: str | None) -> list[int]:
    """Return the slices of message ids; None has the slice of what cannot be told."""
    return [0 if message_id is None else slice_of(ACCOUNT, message_id) for message_id in ids]


def pieces(body: bytes) -> list[bytes]:
    return [piece for _slice, piece in split(body, account_id=ACCOUNT, dialect=LINK)]


def test_slices_of_messages_are_fixed_for_good():
    """A row waits with its slice: another hash would let two appliers at one message."""
    assert SLICES == 64
    message_id = "Dcshuhod0PMAAAFQ+/PbnR3x"
    assert [slice_of(1, message_id), slice_of(2, message_id), slice_of(1, "ä")] == [62, 6, 34]


@pytest.mark.parametrize("body", [A, b" \r\n" + A + b"\n", b'{"id":"A",\n "resultCode":1001\n}'])
def test_object_is_one_row(body):
    assert split(body, account_id=ACCOUNT, dialect=LINK) == [(slice_of(ACCOUNT, "A"), body)]


@pytest.mark.parametrize("name", ["link_delivered.json", "link_number_error.json"])
def test_sample_is_one_row(name):
    body = (SAMPLES / name).read_bytes()
    assert split(body, account_id=ACCOUNT, dialect=LINK) == [(slice_of(ACCOUNT, "0"), body)]


@pytest.mark.parametrize("id_", ["X", "X$0", "X$254", "X$255", "X$00001"])
def test_parts_have_the_slice_of_their_message(id_):
    body = orjson.dumps({"id": id_})

    assert split(body, account_id=ACCOUNT, dialect=LINK) == [(slice_of(ACCOUNT, "X"), body)]
    assert split_line(body, account_id=ACCOUNT, dialect=LINK) == (slice_of(ACCOUNT, "X"), body)


@pytest.mark.parametrize(
    "body",
    [b"[" + A + b"," + B + b"," + C + b"]", b" [\n\t" + A + b" ,\r\n" + B + b",\n\n" + C + b"\n] \n"],
)
def test_array_is_a_row_for_each_element(body):
    assert split(body, account_id=ACCOUNT, dialect=LINK) == list(zip(of("A", "B", "C"), [A, B, C], strict=True))


def test_array_of_one_is_its_element():
    assert pieces(b"[" + A + b"]") == [A]


@pytest.mark.parametrize("body", [A + b"\n" + B + b"\n" + C, b"\n" + A + b"\r\n\n  " + B + b" \n" + C + b"\n\n"])
def test_lines_are_a_row_each(body):
    assert split(body, account_id=ACCOUNT, dialect=LINK) == list(zip(of("A", "B", "C"), [A, B, C], strict=True))


def test_byte_order_mark_is_taken_off():
    mark = b"\xef\xbb\xbf"

    assert pieces(mark + A) == [A]
    assert pieces(mark + b"[" + A + b"," + B + b"]") == [A, B]
    assert pieces(mark + A + b"\n" + B) == [A, B]
    assert pieces(mark) == [b""]


def test_byte_order_mark_of_a_line_is_taken_off():
    mark = b"\xef\xbb\xbf"

    assert split(mark + A + b"\n" + mark + B, account_id=ACCOUNT, dialect=LINK) == list(
        zip(of("A", "B"), [A, B], strict=True)
    )
    assert split_line(mark + A, account_id=ACCOUNT, dialect=LINK) == (of("A")[0], A)


@pytest.mark.parametrize(
    ("body", "query", "ids"),
    [
        (b"id=A%2B%241&resultCode=1001", "", ["A+"]),
        (b"<dlr><id>A$1</id></dlr>", "", ["A"]),
        (b"", "id=A+B&resultCode=1001", ["A+B"]),
        (b" \n", "id=A", ["A"]),
        (b'{"resultCode":1001}', "id=A", ["A"]),
        (b'{"id":"B"}', "id=A", ["B"]),
        (b'{"id":17}', "id=A", [None]),
        (b'[{"resultCode":1001},{"id":"B"},7]', "id=A", ["A", "B", None]),
        (b'{"id":"B"}\n{"id":"C"}', "id=A", ["B", "C"]),
        (b"resultCode=1001", "id=A", ["A"]),
        (b"<dlr><resultCode>1001</resultCode></dlr>", "id=A", ["A"]),
        (b"<dlr><id>A", "", [None]),
        (b"id=%ff", "", [None]),
        (b"", "resultCode=1001", [None]),
        (b"[]", "id=A", [None]),
    ],
)
def test_slice_is_that_of_the_id_that_the_dialect_reads(body, query, ids):
    rows = split(body, account_id=ACCOUNT, dialect=LINK, query=query)

    assert [number for number, _piece in rows] == of(*ids)
    for (number, piece), id_ in zip(rows, ids, strict=True):
        assert split_line(piece, account_id=ACCOUNT, dialect=LINK, query=query) == (number, piece)
        if id_ is not None:
            code = "" if b"resultCode" in piece else "&resultCode=1001"
            report = parse(piece, received_at=datetime(2026, 11, 20, tzinfo=UTC), query=query + code)
            assert report.message_id == id_


STRANGE = {
    "texts full of signs": b'{"id":"S","refId":"[{,}]\\"],[","x":"\\\\"}',
    "characters of many bytes": '{"id":"Ä😀","refId":"naïve"}'.encode(),
    "escapes": b'{"id":"\\u0041\\/","refId":"\\ud83d\\ude00"}',
    "numbers as they were written": b'{"id":"N","a":1.10,"b":1E2,"c":-0.0,"d":12345678901234567890123}',
    "nested values": b'{"id":"V","customParameters":{"a":[{"b":[]},[[],{}]]}}',
    "keys that are there twice": b'{"id":"A","id":"B"}',
    "no object": b"5",
    "a text": b'"A"',
    "nothing": b"null",
    "an array in an array": b'[{"id":"A"},5]',
}


@pytest.mark.parametrize("element", STRANGE.values(), ids=STRANGE)
def test_element_keeps_its_bytes_and_its_neighbours(element):
    assert pieces(b"[" + A + b", " + element + b" ," + C + b"]") == [A, element, C]


BROKEN = {
    "NaN": b'{"id":"X","n":NaN}',
    "an infinite number": b'{"id":"X","n":1e999}',
    "a number of 5,000 digits": b'{"id":"X","n":' + b"9" * 5000 + b"}",
    "bytes that are no UTF-8": b'{"id":"X\xff"}',
    "a lone surrogate": b'{"id":"X\\ud800"}',
    "a depth of 100,000": b'{"id":"X","n":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a control character": b'{"id":"X\x01"}',
    "single quotes": b"{'id':'X'}",
    "two values": b'{"id":"X"} {"id":"Y"}',
    "a word": b"X",
}


@pytest.mark.parametrize("element", BROKEN.values(), ids=BROKEN)
def test_broken_element_stands_alone(element):
    body = b"[" + A + b"," + element + b"," + B + b"]"

    assert split(body, account_id=ACCOUNT, dialect=LINK) == list(zip(of("A", None, "B"), [A, element, B], strict=True))


@pytest.mark.parametrize("line", [*BROKEN.values(), b'{"id":"X"', b"]"], ids=[*BROKEN, "a cut line", "a bracket"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_broken_line_stands_alone(line, place):
    lines, slices = [A, B], of("A", "B")
    lines.insert(place, line)
    slices.insert(place, 0)

    assert split(b"\n".join(lines), account_id=ACCOUNT, dialect=LINK) == list(zip(slices, lines, strict=True))


@pytest.mark.parametrize("depth", [100, 254, 255, 990, 1000, 1015, 1021, 1022, 1023, 5000])
def test_array_of_any_depth_is_split(depth):
    deep = b'{"id":"X","x":' + b"[" * depth + b"]" * depth + b"}"

    assert pieces(b"[" + A + b"," + deep + b"]") == [A, deep]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n ",
        b"hello",
        b"\x1f\x8b\x08\x00",
        b"[]",
        b" [ ] ",
        b"[",
        b"]",
        b"[,]",
        b"[" + A,
        b"[" + A + b",]",
        b"[," + A + b"]",
        b"[" + A + b"," + b',{"id":"B"}]',
        b"[" + A + b'],[{"id":"B"}]',
        b"[" + A + b"] x",
        b'[{"id":"A]',
        b'{"id":"A"',
        b'{"id":"A"}{"id":"B"}',
        b'{\n "id":"A",\n "customParameters":\n {}\n',
        b"\xff\xfe{\x00}\x00",
        b"null",
        b"5",
        b'{"resultCode":1001}',
        b'{"id":""}',
        b'{"id":5}',
        b'{"id":null}',
    ],
)
def test_what_cannot_be_split_or_names_no_message_is_one_row_of_the_first_slice(body):
    assert split(body, account_id=ACCOUNT, dialect=LINK) == [(0, body)]


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b'\\"' * 500_000,
        b'["' + b'\\"' * 500_000,
        b"[" + b'"' * 1_000_001,
        b"[" * 1_000_000,
        b"[" + b"," * 1_000_000,
        b"[1" + b",1" * 300_000,
        b"{\n" * 500_000,
        b"{}\n" * 300_000 + b"{",
    ],
    ids=range(8),
)
@pytest.mark.timeout(20)
def test_hostile_body_of_a_megabyte_is_one_row_soon(body):
    assert split(body, account_id=ACCOUNT, dialect=LINK) == [(0, body)]


def test_full_array_of_a_megabyte_is_split():
    reports = [orjson.dumps({"id": f"M{n}", "resultCode": 1001, "refId": "a,b]"}) for n in range(15_000)]

    rows = split(b"[" + b",".join(reports) + b"]", account_id=ACCOUNT, dialect=LINK)

    assert rows == [(slice_of(ACCOUNT, f"M{n}"), report) for n, report in enumerate(reports)]

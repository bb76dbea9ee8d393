"""Texts of JSON cut into single reports: line ends, encodings, arrays, and what is broken among them."""

import codecs
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deliveries.importing.archives.decoding import as_utf8
from deliveries.importing.archives.errors import BrokenArchiveError
from deliveries.importing.archives.pieces import Piece, pieces

A, B, C = b'{"id":"a","resultCode":1001}', b'{"id":"b","x":{"y":[{}]}}', b'{"id":"c \\" \\\\","z":"}{]["}'
MARK = codecs.BOM_UTF8


def chunked(text: bytes, size: int) -> list[bytes]:
    return [text[begin : begin + size] for begin in range(0, len(text), size)]


def cut(text: bytes, *, limit: int = 10_000) -> list[bytes]:
    """Return the bodies of a text's pieces, which are the same however the text comes."""
    found = [list(pieces(chunked(text, size), limit=limit)) for size in (1, 2, 3, 7, 1 << 20)]
    assert all(each == found[0] for each in found)
    assert not any(piece.is_too_long for piece in found[0])
    return [piece.body for piece in found[0]]


@pytest.mark.parametrize(
    ("text", "bodies"),
    [
        (b"", []),
        (b" \r\n\n\t\r", []),
        (b"\n".join([A, B, C]), [A, B, C]),
        (b"\r\n".join([A, b"", B, C, b""]), [A, B, C]),
        (b"\r".join([A, B, C]), [A, B, C]),
        (MARK + A + b"\r\n" + B, [A, B]),
        (MARK + A + b"\n" + MARK + B, [A, B]),
        (MARK + A + MARK + b"\n" + MARK + MARK + B, [A, B]),
        (A + MARK + B + C, [A, B, C]),
        (b"\x1e" + A + b"\n\x1e" + B + b"\n", [A, B]),
        (A + b"," + B + b", " + C + b",\n" + A + b",", [A, B, C, A]),
        (b"[" + A + b"," + B + b"]", [A, B]),
        (b"[\n" + A + b",\n" + B + b"\n]\n", [A, B]),
        (b"[" + A + b"]\n[" + B + b",\n" + C + b"]", [A, B, C]),
        (b"[[" + A + b"],[" + B + b"]]", [A, B]),
        (b"[]\n" + A, [b"[]", A]),
        (
            b"[" + A + b', {broken}, 1, "x,y", null, [], ' + B + b"]",
            [A, b"{broken}", b"1", b'"x,y"', b"null", b"[]", B],
        ),
        # lines that are none stand alone
        (A + b"\nhello, world\n\x00\n" + B, [A, b"hello, world", b"\x00", B]),
        (A + b"\n[info] started\n" + B, [A, b"[info] started", B]),
        (A + b" trailing {\n" + B, [A + b" trailing {", B]),
        (b'{"id":"x\n{"id":"y",\n\n' + A + b"\n}\n]\n" + B, [b'{"id":"x', b'{"id":"y",', A, b"}", b"]", B]),
        (b'{"id":"x",\ngarbage\n' + A, [b'{"id":"x",', b"garbage", A]),
        (A + b"}\n" + B, [A + b"}", B]),
        (b'{"id":"\xff"}\n' + A, [b'{"id":"\xff"}', A]),
        (A + b'\n{"id":"b', [A, b'{"id":"b']),
        # a broken object over several lines does not take the next one along
        (b'{\n "id": "x\n}\n' + A, [b'{\n "id": "x\n}', A]),
        (b'{\n  "id": "x",\n{\n  "id": "y"\n}', [b'{\n  "id": "x",', b'{\n  "id": "y"\n}']),
    ],
)
def test_text_is_cut_into_reports(text, bodies):
    assert cut(text) == bodies


REPORTS = [
    {"id": "a", "customParameters": {"list": ["{", []], "map": {"x": "]"}}},
    {"id": 'b \\ "', "gate": {}},
    {"id": "ä…"},
]


@pytest.mark.parametrize("indent", [0, 1, 4, "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("shape", ["objects", "array", "as_jackson_writes", "objects after a mark"])
def test_pretty_printed_reports_are_one_each(shape, indent, line_end):
    objects = "\n".join(json.dumps(report, indent=indent) for report in REPORTS)
    text = {
        "objects": objects,
        "array": json.dumps(REPORTS, indent=indent),
        "as_jackson_writes": "[ " + ", ".join(json.dumps(report, indent=2) for report in REPORTS) + " ]",
        "objects after a mark": MARK.decode() + objects,
    }[shape]

    assert [json.loads(body) for body in cut(text.replace("\n", line_end).encode())] == REPORTS


LONG = b'{"id":"' + b"x" * 5000 + b'"}'


@pytest.mark.parametrize("size_of_chunk", [1, 100, 1 << 20])
@pytest.mark.parametrize(
    "text",
    [A + b"\n" + LONG + b"\n" + B, b"[" + A + b"," + LONG + b"," + B + b"]"],
    ids=["lines", "array"],
)
def test_piece_over_the_limit_is_its_size_and_beginning(text, size_of_chunk):
    assert list(pieces(chunked(text, size_of_chunk), limit=3000)) == [
        Piece(A, len(A)),
        Piece(LONG[:1000], 5009),
        Piece(B, len(B)),
    ]


def test_memory_is_bounded_by_the_limit():
    taken = 0

    def endless():
        nonlocal taken
        yield b'{"id":"'
        for _ in range(2000):
            taken += 1
            yield b"x" * 1000
        yield b'"}\n' + A

    text = pieces(endless(), limit=3000)
    assert next(text) == Piece(b'{"id":"' + b"x" * 993, 2_000_009)
    assert list(text) == [Piece(A, len(A))]
    # one array on one line: elements come while the rest is not read
    taken = 0
    elements = pieces((b"[" if n == 0 else A + b"," for n in iter(lambda: taken, -1)), limit=3000)
    taken = 1
    assert next(elements).body == A


BREAKS = "it breaks"
BREAKS_IN_A_REPORT = f"{BREAKS}; the report that is cut in two there is left out"


@pytest.mark.parametrize(
    ("chunks", "bodies", "message"),
    [
        ([A + b"\n" + B + b"\n" + C[:7]], [A, B], BREAKS_IN_A_REPORT),
        ([A + b"\n", B], [A, B], BREAKS),
        ([b"[" + A + b"," + B[:-1]], [A], BREAKS_IN_A_REPORT),
        ([A + b'\n{\n "id":\n'], [A], BREAKS_IN_A_REPORT),
    ],
    ids=["in-a-line", "between-lines", "in-an-array", "in-pretty-print"],
)
def test_broken_archive_gives_what_is_whole(chunks, bodies, message):
    def broken():
        yield from chunks
        raise BrokenArchiveError(BREAKS)

    *found, problem = _until_broken(pieces(broken(), limit=3000))
    assert ([piece.body for piece in found], problem) == (bodies, message)


def _until_broken(found):
    """Yield what comes, and at last the message of the error that ends it."""
    try:
        yield from found
    except BrokenArchiveError as error:
        yield str(error)


def test_array_without_an_end_is_broken():
    *found, problem = _until_broken(pieces([b"[" + A + b"," + B], limit=3000))
    assert [piece.body for piece in found] == [A, B]
    assert problem == "the file ends within an array: it may be cut off"


ENCODINGS = {
    "utf-8": [b"", MARK],
    "utf-16-le": [b"", codecs.BOM_UTF16_LE],
    "utf-16-be": [b"", codecs.BOM_UTF16_BE],
    "utf-32-le": [b"", codecs.BOM_UTF32_LE],
    "utf-32-be": [b"", codecs.BOM_UTF32_BE],
}
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(
    reports=st.lists(st.dictionaries(TEXTS, VALUES, max_size=3), min_size=1, max_size=5),
    ends=st.lists(st.sampled_from(["\n", "\r\n", "\r", "\n\r\n \t\n", "\n\ufeff"]), min_size=5, max_size=5),
    encoding=st.sampled_from(sorted(ENCODINGS)),
    has_mark=st.booleans(),
    indents=st.lists(st.sampled_from([None, None, 1, 2]), min_size=5, max_size=5),
    is_ascii=st.booleans(),
    size=st.integers(1, 40),
)
def test_any_line_end_encoding_and_chunk_gives_the_same_reports(
    reports, ends, encoding, has_mark, indents, is_ascii, size
):
    text = "".join(
        json.dumps(report, indent=indent, ensure_ascii=is_ascii) + end
        for report, end, indent in zip(reports, ends, indents, strict=False)
    )
    data = ENCODINGS[encoding][has_mark] + text.encode(encoding)
    found = list(pieces(as_utf8(chunked(data, size)), limit=10_000))
    assert [json.loads(piece.body) for piece in found] == reports


SCRAPS = [b"\0", b"\n", b"\r", MARK, b"\xff", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b" ", b"a1", A, B]


@given(
    text=st.lists(st.sampled_from(SCRAPS), max_size=30).map(b"".join), limit=st.integers(1, 60), size=st.integers(1, 9)
)
def test_any_bytes_are_cut_alike_and_none_is_lost(text, limit, size):
    found = list(_until_broken(pieces([text], limit=limit)))
    assert list(_until_broken(pieces(chunked(text, size), limit=limit))) == found
    whole = [piece for piece in found if type(piece) is Piece]
    if not any(piece.is_too_long for piece in whole):
        kept = b"".join(piece.body for piece in whole)
        for sign in b'"{}:a1\0\\':
            assert kept.count(sign) == text.count(sign)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_wrong_bytes_of_a_wide_encoding_spoil_their_own_line_alone(encoding):
    good, unit = '{"id":"a"}\n'.encode(encoding), 2 if "16" in encoding else 4
    wrong = '{"id":"'.encode(encoding) + "\ud800".encode(encoding, "surrogatepass") + '"}\n'.encode(encoding)
    for size in (1, 3, 1000):
        found = [piece.body for piece in pieces(as_utf8(chunked(good + wrong + good, size)), limit=1000)]
        assert (found[0], found[2], len(found)) == (b'{"id":"a"}', b'{"id":"a"}', 3)
        with pytest.raises(UnicodeDecodeError):
            found[1].decode()
    with pytest.raises(BrokenArchiveError, match="middle of a character"):
        list(as_utf8([good + b"\0" * (unit - 1)]))

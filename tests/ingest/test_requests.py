"""Request forms of LINK's gates: form pairs, XML, a template in the query, by POST, PUT or GET, and gzip."""

import gzip
import socket
import zlib

import httpx
import pytest
from django.conf import settings

from deliveries.messages.slices import UNREADABLE_SLICE, slice_of
from tests.ingest.conftest import BASIC, PLAIN
from tests.ingest.test_feed_access import RIGHT

ONE = b'{"id":"a","resultCode":1001}'
FORM = b"id=a%2B&resultCode=1001&destination=%2B358401234567"
XML = b"<dlr><id>a+</id><resultCode>1001</resultCode></dlr>"
QUERY = "id=a%2B&resultCode=1001"
FORM_TYPE = "application/x-www-form-urlencoded"
LIMIT = settings.INGEST_MAX_BODY
PATH = f"/dlr/{PLAIN}/"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


@pytest.fixture
def stored(outside, world):
    """A call that returns (slice, body, method, query, content type, content encoding) of the inbox."""

    def read() -> list[tuple]:
        return outside.execute(
            "SELECT slice, body, method, query, content_type, content_encoding FROM inbox ORDER BY id"
        ).fetchall()

    return read


def answered(response: httpx.Response, count: int = 1) -> None:
    assert (response.status_code, response.json()) == (200, {"received": count})


@pytest.mark.parametrize(
    ("method", "content", "content_type", "query", "row"),
    [
        ("POST", FORM, FORM_TYPE, "", (FORM, "", "", FORM_TYPE, "")),
        ("POST", XML, "application/xml", "", (XML, "", "", "application/xml", "")),
        ("PUT", FORM, FORM_TYPE + "; charset=UTF-8", "", (FORM, "PUT", "", FORM_TYPE + "; charset=UTF-8", "")),
        ("POST", b"", None, QUERY, (b"", "", QUERY, "", "")),
        ("PUT", b"", None, QUERY, (b"", "PUT", QUERY, "", "")),
        ("GET", b"", None, QUERY, (b"", "GET", QUERY, "", "")),
        ("GET", b"", "application/json", QUERY, (b"", "GET", QUERY, "", "")),
        (
            "POST",
            b'{"id":"a+"}',
            "application/json",
            "resultCode=1001",
            (b'{"id":"a+"}', "", "resultCode=1001", "", ""),
        ),
        ("PUT", b'{"id":"a+"}', "text/json", "", (b'{"id":"a+"}', "PUT", "", "text/json", "")),
        ("GET", b'{"id":"a+"}', "application/json", "", (b'{"id":"a+"}', "GET", "", "", "")),
    ],
)
def test_request_is_stored_as_it_came(http, world, stored, method, content, content_type, query, row):
    headers = {"content-type": content_type} if content_type else {}
    answered(http.request(method, PATH + (f"?{query}" if query else ""), content=content or None, headers=headers))
    assert stored() == [(slice_of(world.account.id, "a+"), *row)]


def test_reports_of_one_body_share_its_query(http, stored):
    answered(http.post(PATH + "?platformPartnerId=nr-fi", content=b"[" + ONE + b"," + ONE + b"]"), 2)
    assert [(row[1], row[3]) for row in stored()] == [(ONE, "platformPartnerId=nr-fi")] * 2


@pytest.mark.parametrize("query", ["", "?resultCode=1001", "?id=&resultCode=1001", "?ID=a&resultCode=1001", "?id"])
def test_get_without_an_id_stores_nothing(http, stored, query):
    refused = http.get(PATH + query)
    assert (refused.status_code, refused.json()) == (400, {"error": "a GET must contain a report: ?id=…&resultCode=…"})
    assert stored() == []


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_request_without_an_id_is_stored_where_it_is_no_get(http, stored, method):
    answered(http.request(method, PATH + "?resultCode=1001"))
    assert stored() == [(UNREADABLE_SLICE, b"", "" if method == "POST" else method, "resultCode=1001", "", "")]


def test_query_of_odd_bytes_is_stored_as_text(server, stored):
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as raw:
        raw.sendall(b"GET " + PATH.encode() + b"?id=a&x=%00\xc3\xa4 HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert raw.recv(1000).partition(b"\r\n")[0] == b"HTTP/1.1 200 OK"
    assert [row[3] for row in stored()] == ["id=a&x=%00%C3%A4"]


@pytest.mark.parametrize(("method", "kept"), [("GET", "GET"), ("PUT", "PUT"), ("POST", "")])
def test_credentials_are_asked_for_by_every_method(http, stored, method, kept):
    assert http.request(method, f"/dlr/{BASIC}/?{QUERY}").status_code == 401
    assert http.request(method, f"/dlr/{BASIC}/?{QUERY}", headers=RIGHT).status_code == 200
    assert [row[2] for row in stored()] == [kept]


# --- gzip


def packed(body: bytes, encoding: str = "gzip") -> dict:
    return {"content": body, "headers": {"content-encoding": encoding, "content-type": "application/json"}}


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("parts", [(ONE,), (ONE[:9], ONE[9:])], ids=["one member", "two members"])
def test_gzip_is_unpacked(http, world, stored, encoding, parts):
    answered(http.post(PATH, **packed(b"".join(map(gzip.compress, parts)), encoding)))
    assert stored() == [(slice_of(world.account.id, "a"), ONE, "", "", "", "")]


def test_array_in_gzip_is_a_row_per_report(http, stored):
    answered(http.post(PATH, **packed(gzip.compress(b"[" + ONE + b"," + ONE + b"]"))), 2)
    assert [row[1] for row in stored()] == [ONE, ONE]


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(ONE)[:-1], "gzip"),
        (gzip.compress(ONE)[:-8] + b"\0" * 8, "gzip"),  # a wrong checksum
        (gzip.compress(ONE) + b"more", "gzip"),
        (zlib.compress(ONE), "deflate"),
        (gzip.compress(gzip.compress(ONE)), "gzip, gzip"),
        (b"\x0b\x02\x80{}\x03", "br"),
    ],
)
def test_what_cannot_be_unpacked_is_stored_as_it_came(http, stored, body, encoding):
    answered(http.post(PATH, **packed(body, encoding)))
    assert stored() == [(UNREADABLE_SLICE, body, "", "", "", encoding)]


@pytest.mark.parametrize("encoding", ["gzip", "br, gzip"])
def test_body_that_is_not_packed_after_all_is_read_as_it_came(http, world, stored, encoding):
    answered(http.post(PATH, **packed(ONE, encoding)))
    assert stored() == [(slice_of(world.account.id, "a"), ONE, "", "", "", encoding)]


def test_encoding_that_means_none_is_none(http, stored):
    answered(http.post(PATH, **packed(ONE, "identity")))
    assert [row[1:] for row in stored()] == [(ONE, "", "", "", "")]


def test_unpacked_body_of_the_limit_is_taken(http, stored):
    answered(http.post(PATH, **packed(gzip.compress(b" " * (LIMIT - len(ONE)) + ONE))))
    assert len(stored()) == 1


@pytest.mark.parametrize(
    ("unpacked", "times"), [(LIMIT + 1, 1), (500 * LIMIT, 1), (LIMIT, 2)], ids=["a-byte", "a-bomb", "two-members"]
)
def test_unpacked_body_over_the_limit_is_refused(http, stored, unpacked, times):
    refused = http.post(PATH, **packed(gzip.compress(b" " * unpacked) * times))
    assert (refused.status_code, refused.json()) == (413, {"error": "a body may have at most 1048576 bytes"})
    assert stored() == []

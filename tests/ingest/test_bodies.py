"""Forms and sizes of a body: an object, an array, NDJSON, or anything else."""

import json
import socket

import pytest
from django.conf import settings

from deliveries.messages.slices import slice_of
from tests.ingest.conftest import PLAIN, bodies, stored

ONE = b'{"refId":"0","id":"a+/1$0","operator":"no.telenor","resultCode":1001}'
TWO = b'{ "id": "b",\t"resultCode": 2106, "customParameters": {"x": "\xc3\xa4"} }'
LIMIT = settings.INGEST_MAX_BODY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_inbox")]


def received(response) -> int:
    """Return n of a 200 `{"received": n}`."""
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert list(response.json()) == ["received"]
    return response.json()["received"]


def test_object_is_stored_byte_for_byte_in_the_slice_of_its_message(http, world):
    assert received(http.post(f"/dlr/{PLAIN}/", content=ONE)) == 1
    assert stored() == [(world.plain.id, slice_of(world.account.id, "a+/1"), ONE)]


def test_path_without_last_slash_is_the_same_door(http):
    assert received(http.post(f"/dlr/{PLAIN}", content=ONE)) == 1
    assert bodies() == [ONE]


def test_array_becomes_a_row_per_report(http, world):
    assert received(http.post(f"/dlr/{PLAIN}/", content=b"[" + ONE + b" ,\n" + TWO + b"]\n")) == 2
    account = world.account.id
    assert stored() == [
        (world.plain.id, slice_of(account, "a+/1"), ONE),
        (world.plain.id, slice_of(account, "b"), TWO),
    ]


def test_ndjson_becomes_a_row_per_line(http):
    assert received(http.post(f"/dlr/{PLAIN}/", content=ONE + b"\r\n\n" + TWO + b"\n")) == 2
    assert bodies() == [ONE, TWO]


def test_thousand_reports_of_one_body_keep_their_order(http):
    lines = [b'{"id":"%d","resultCode":1001}' % n for n in range(1000)]
    assert received(http.post(f"/dlr/{PLAIN}/", content=b"\n".join(lines))) == 1000
    assert bodies() == lines


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"[]",
        b"null",
        b"17",
        b"hello",
        b"{",
        b'{"id":"x","resultCode":1001',
        b'[{"id":"x"}, {"id":',
        b'{"id":17}',
        b'{"id":"\xff\xfe"}',
        b"\x00\x00",
        b'{"id":"\\ud800","resultCode":1001}',
        b'{"id":"x","resultCode":NaN}',
        b'{"id":"x","resultCode":' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
        b"id=x&resultCode=1001",
        b"[" + b"0," * 500_000 + b"0]",
        b"[" + b"NaN," * 200_000 + b"0]",
        b"{}\n" * 300_000 + b"{}",
    ],
    ids=range(22),
)
def test_what_cannot_be_parsed_is_stored_whole(http, body):
    assert received(http.post(f"/dlr/{PLAIN}/", content=body)) == 1
    assert bodies() == [body]


def test_broken_element_of_an_array_does_not_harm_its_neighbours(http):
    assert received(http.post(f"/dlr/{PLAIN}/", content=b"[" + ONE + b',17,{"id":"\\ud800"},' + TWO + b"]")) == 4
    assert bodies() == [ONE, b"17", b'{"id":"\\ud800"}', TWO]


def test_broken_line_of_ndjson_does_not_harm_its_neighbours(http):
    assert received(http.post(f"/dlr/{PLAIN}/", content=ONE + b'\n{"id":\n' + TWO)) == 3
    assert bodies() == [ONE, b'{"id":', TWO]


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/x-www-form-urlencoded", "application/json; charset=x"]
)
def test_content_type_does_not_matter(http, content_type):
    assert received(http.post(f"/dlr/{PLAIN}/", content=ONE, headers={"content-type": content_type})) == 1
    assert bodies() == [ONE]


def padded(size: int) -> bytes:
    body = json.dumps({"id": "x", "resultCode": 1001, "pad": ""}).encode()
    return body[:-2] + b"x" * (size - len(body)) + body[-2:]


def test_body_of_the_limit_passes_and_one_byte_more_is_413(http):
    assert received(http.post(f"/dlr/{PLAIN}/", content=padded(LIMIT))) == 1
    refused = http.post(f"/dlr/{PLAIN}/", content=padded(LIMIT + 1))
    assert (refused.status_code, refused.json()) == (413, {"error": "a body may have at most 1048576 bytes"})
    assert bodies() == [padded(LIMIT)]


def chunks(body: bytes):
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def test_chunked_body_is_measured_as_it_arrives(http):
    assert received(http.post(f"/dlr/{PLAIN}/", content=chunks(padded(LIMIT)))) == 1
    assert http.post(f"/dlr/{PLAIN}/", content=chunks(padded(LIMIT + 1))).status_code == 413
    assert bodies() == [padded(LIMIT)]


def test_much_too_large_body_gets_its_answer_and_keeps_the_connection(http):
    answers = [http.post(f"/dlr/{PLAIN}/", content=b"x" * 5 * LIMIT) for _ in range(5)]
    assert [(a.status_code, a.headers.get("connection")) for a in answers] == [(413, None)] * 5
    assert bodies() == []


def test_declared_length_over_the_limit_is_413_before_the_body(server):
    assert answer_to(server, b"content-length: 5000000000", b"{}") == b"HTTP/1.1 413 Payload Too Large"
    assert bodies() == []


def test_length_that_declares_less_than_is_sent_counts(server):
    assert answer_to(server, b"content-length: 2", b"{}" + b"x" * 100) == b"HTTP/1.1 200 OK"
    assert bodies() == [b"{}"]


def test_body_that_breaks_off_stores_nothing(server, http):
    with raw(server, b"content-length: 100", b'{"id":"half"') as half:
        half.shutdown(socket.SHUT_WR)
        half.recv(1000)
    assert received(http.post(f"/dlr/{PLAIN}/", content=ONE)) == 1
    assert bodies() == [ONE]


def raw(server, header: bytes, body: bytes) -> socket.socket:
    """Return a socket on which a request was sent word for word."""
    connection = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10)
    connection.sendall(b"POST /dlr/%s/ HTTP/1.1\r\nhost: localhost\r\n%s\r\n\r\n%s" % (PLAIN.encode(), header, body))
    return connection


def answer_to(server, header: bytes, body: bytes) -> bytes:
    """Return the status line of the answer to a request that is sent word for word."""
    with raw(server, header, body) as connection:
        return connection.recv(10_000).partition(b"\r\n")[0]

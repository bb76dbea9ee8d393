"""Redaction of log texts and records: secrets and numbers are removed, useful data stay."""

import json
import logging

import pytest
from django.test import RequestFactory

from portal.common.logs import LineFormatter, RedactingJsonFormatter, RouteFilter
from portal.common.redaction import redact

TOKEN = "kR3_f0-xYz9QpLmN7aBcD2eFgH5iJkLmNoPqRsTuVw"


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"Not Found: //dlr/{TOKEN}/", "Not Found: //dlr/[secret]"),
        ("POST /DLR/plain-token/?id=1&to=x 404", "POST /DLR/[secret] 404"),
        ("/x/../dlr/plain-token/", "/x/../dlr/[secret]"),
        ("/dlr%2Fplain-token", "/dlr%2F[secret]"),
        ("http://h/accounts/invitation/abc/ opened", "http://h/accounts/invitation/[secret] opened"),
        ("/accounts/password/reset/key/3-cxyz1-0a1b/", "/accounts/password/reset/key/[secret]"),
        ("/accounts/confirm-email/MQ:1tA:x/", "/accounts/confirm-email/[secret]"),
        (f"key srk_aB3dE5fG_{TOKEN}", "key [secret]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("authorization: basic bGluazpwYXNz", "authorization: basic [secret]"),
        ("redis://:hunter22@cache:6379/0", "redis://:[secret]@cache:6379/0"),
        ("sessionid=0a1b2c; path=/", "sessionid=[secret]; path=/"),
        (f"a {TOKEN} in a text", "a [secret] in a text"),
        ("session 0123456789abcdefghijklmnopqrstuv ended", "session [secret] ended"),
        ("DETAIL:  Key (destination)=(+358401234567) exists", "DETAIL:  Key (destination)=([number]) exists"),
        ('syntax for type integer: "358401234567"', 'syntax for type integer: "[number]"'),
        ("?to=%2B358401234567&x", "?to=[number]&x"),
        ("+358 40 123 4567, 040 123 4567", "[number], [number]"),
        ("destination=0401234567", "destination=[number]"),
    ],
)
def test_secret_or_number_is_taken_out(text, redacted):
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-28 19:50:00,123 INFO portal.requests: GET /t/<slug:tenant_slug>/messages/ 200",
        "task 12345678-0123-4567-89ab-123456789012 succeeded in 0.123456789s",
        "inbox_20261128 not dropped now",
        "error id a1234567b9876543",
        "1,234,567 rows from 192.0.2.17, process 654321",
        "/srv/portal/.venv/lib/python3.13/site-packages/django/core/handlers/base.py",
        "relation deliveries_0006_handed_over_partner_ids_and_their_days does not exist",
    ],
)
def test_what_logs_are_read_for_stays(text):
    assert redact(text) == text


def record_of(message: str, *args, **extra) -> logging.LogRecord:
    return logging.getLogger("test").makeRecord("test", logging.ERROR, __file__, 1, message, args, None, extra=extra)


def test_traceback_in_a_line_is_redacted():
    record = record_of("a batch failed")
    try:
        raise ValueError("no such number: +358401234567")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    line = LineFormatter("{message}", style="{").format(record)
    assert line.splitlines()[0] == "a batch failed"
    assert line.splitlines()[-1] == "ValueError: no such number: [number]"


def test_json_is_redacted_in_all_texts_and_keeps_its_numbers():
    record = record_of(
        "number %s", "+358401234567", milliseconds=12345678.9, request_id="a" * 16, given={"to": "0401234567"}
    )
    assert json.loads(RedactingJsonFormatter("{message}", style="{").format(record)) == {
        "message": "number [number]",
        "milliseconds": 12345678.9,
        "request_id": "a" * 16,
        "given": {"to": "[number]"},
    }


def test_what_a_refused_request_sent_is_not_quoted():
    logger = logging.getLogger("django.security.DisallowedHost")
    record = logger.makeRecord(logger.name, logging.ERROR, __file__, 1, "Invalid HTTP_HOST header: 'a-token'", (), None)
    RouteFilter().filter(record)
    assert LineFormatter("{levelname} {message}", style="{").format(record) == "ERROR DisallowedHost, refused"


def test_path_of_a_request_is_never_logged():
    request = RequestFactory().get("/anything/plain-token/", {"to": "x"})
    record = record_of("%s: %s", "Not Found", request.path, request=request, status_code=404)
    RouteFilter().filter(record)
    assert record.getMessage() == "Not Found: (no route)"
    document = json.loads(RedactingJsonFormatter("{message}", style="{").format(record))
    assert document == {"message": "Not Found: (no route)", "status_code": 404}

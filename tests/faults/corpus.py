"""Bodies that are no delivery reports, each with the reason that it must be found under in quarantine."""

from __future__ import annotations

import gzip
import zlib
from typing import NamedTuple


class Poison(NamedTuple):
    """One body and its reason; it is one row, byte for byte (`row` where an array's brackets are taken off)."""

    body: bytes
    reason: str
    row: bytes = b""

    @property
    def stored(self) -> bytes:
        return self.row or self.body


def _with(field: bytes) -> bytes:
    """Return a good report with one more field, which spoils it."""
    return b'{"id":"poison","resultCode":1001,%s}' % field


_BOMB = gzip.compress(b"[" + b"0" * 20_000_000 + b"]")
_DEEP = 100_000

POISON: dict[str, Poison] = {
    # no JSON at all
    "text": Poison(b"hello", "not JSON"),
    "form": Poison(b"id=poison&resultCode=delivered", "wrong type"),
    "xml": Poison(b'<?xml version="1.0"?><dlr id="poison"/>', "not an object"),
    "html": Poison(b"<script>alert(1)</script>", "not an object"),
    "cut XML": Poison(b"<dlr><id>poison</id><resultCode>1001</resultCode>", "not XML"),
    "XML bomb": Poison(
        b'<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><dlr><id>&b;</id></dlr>', "not XML"
    ),
    "XML of a file": Poison(
        b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><dlr><id>&f;</id></dlr>', "not XML"
    ),
    "10^5 elements deep": Poison(b"<a>" * _DEEP + b"</a>" * _DEEP, "too deep"),
    "blank": Poison(b" \r\n\t ", "not JSON"),
    "one NUL": Poison(b"\0", "not JSON"),
    "NUL bytes between": Poison(b'{"id":"poi\0son","resultCode":1001}', "not JSON"),
    "random bytes": Poison(bytes(range(128, 256)) * 8, "not JSON"),
    "UTF-16": Poison('{"id":"poison","resultCode":1001}'.encode("utf-16"), "not JSON"),
    "UTF-32": Poison('{"id":"poison","resultCode":1001}'.encode("utf-32"), "not JSON"),
    "Latin-1": Poison(_with(b'"refId":"j\xe4tski"'), "not JSON"),
    "overlong UTF-8": Poison(_with(b'"refId":"\xc0\xaf"'), "not JSON"),
    "cut UTF-8": Poison(_with(b'"refId":"\xe2\x82"'), "not JSON"),
    "surrogate in UTF-8": Poison(_with(b'"refId":"\xed\xa0\x80"'), "not JSON"),
    "lone high surrogate": Poison(_with(rb'"refId":"\ud800"'), "not JSON"),
    "lone low surrogate": Poison(_with(rb'"refId":"\udc00"'), "not JSON"),
    "surrogates in the wrong order": Poison(_with(rb'"refId":"\udc00\ud800"'), "not JSON"),
    "bad escape": Poison(_with(rb'"refId":"\x41"'), "not JSON"),
    "control character": Poison(_with(b'"refId":"a\x01b"'), "not JSON"),
    "not a number": Poison(_with(b'"segments":NaN'), "not JSON"),
    "infinity": Poison(_with(b'"segments":-Infinity'), "not JSON"),
    "1e999": Poison(_with(b'"segments":1e999'), "not JSON"),
    "leading zero": Poison(_with(b'"segments":01'), "not JSON"),
    "single quotes": Poison(b"{'id':'poison','resultCode':1001}", "not JSON"),
    "comment": Poison(b'{"id":"poison",/* x */"resultCode":1001}', "not JSON"),
    "last comma": Poison(b'{"id":"poison","resultCode":1001,}', "not JSON"),
    "cut": Poison(b'{"id":"poison","resultCode":10', "not JSON"),
    "two objects in a line": Poison(b'{"id":"poison"}{"id":"poison"}', "not JSON"),
    "brackets without an end": Poison(b"[" * 5000, "not JSON"),
    "10^5 arrays deep": Poison(b"[" * _DEEP + b"]" * _DEEP, "not JSON", b"[" * (_DEEP - 1) + b"]" * (_DEEP - 1)),
    "10^5 objects deep": Poison(b'{"a":' * _DEEP + b"1" + b"}" * _DEEP, "not JSON"),
    "10^5 deep in a parameter": Poison(
        _with(b'"customParameters":{"a":' + b"[" * _DEEP + b"]" * _DEEP + b"}"), "not JSON"
    ),
    "gzip bomb": Poison(_BOMB, "not JSON"),
    "deflate": Poison(zlib.compress(b'{"id":"poison","resultCode":1001}'), "not JSON"),
    # JSON, but no report
    "empty array": Poison(b"[]", "empty array"),
    "empty array with blanks": Poison(b"\n[ \t]\n", "empty array"),
    "null": Poison(b"null", "not an object"),
    "true": Poison(b"true", "not an object"),
    "number": Poison(b"1001", "not an object"),
    "text in quotes": Poison(b'"poison"', "not an object"),
    "array in an array": Poison(
        b'[[{"id":"poison","resultCode":1001}]]', "not an object", b'[{"id":"poison","resultCode":1001}]'
    ),
    "million zeros": Poison(b"[" + b"0," * 400_000 + b"0]", "not an object"),
    "empty object": Poison(b"{}", "missing field"),
    "wrapped": Poison(b'{"reports":[{"id":"poison","resultCode":1001}]}', "missing field"),
    # fields
    "no id": Poison(b'{"resultCode":1001}', "missing field"),
    "null id": Poison(b'{"id":null,"resultCode":1001}', "missing field"),
    "empty id": Poison(b'{"id":"","resultCode":1001}', "missing field"),
    "number as id": Poison(b'{"id":17,"resultCode":1001}', "wrong type"),
    "object as id": Poison(b'{"id":{"a":1},"resultCode":1001}', "wrong type"),
    "long id": Poison(b'{"id":"' + b"x" * 201 + b'","resultCode":1001}', "too long"),
    "megabyte of id": Poison(b'{"id":"' + b"x" * 1_000_000 + b'","resultCode":1001}', "too long"),
    "part 255": Poison(b'{"id":"poison$255","resultCode":1001}', "out of range"),
    "part of 100 digits": Poison(b'{"id":"poison$' + b"9" * 100 + b'","resultCode":1001}', "out of range"),
    "no code": Poison(b'{"id":"poison"}', "missing field"),
    "code as text": Poison(b'{"id":"poison","resultCode":"delivered"}', "wrong type"),
    "code as truth": Poison(b'{"id":"poison","resultCode":true}', "wrong type"),
    "code as fraction": Poison(b'{"id":"poison","resultCode":1001.5}', "wrong type"),
    "code over 32 bits": Poison(b'{"id":"poison","resultCode":2147483648}', "out of range"),
    "code of 4,300 digits": Poison(b'{"id":"poison","resultCode":' + b"9" * 4300 + b"}", "not JSON"),
    "the same key twice": Poison(b'{"id":"poison","resultCode":1001,"resultCode":"delivered"}', "wrong type"),
    "NUL in a text": Poison(_with(rb'"refId":"a\u0000b"'), "NUL character"),
    "NUL in a key": Poison(_with(rb'"customParameters":{"\u0000":"x"}'), "NUL character"),
    "number as refId": Poison(_with(b'"refId":5'), "wrong type"),
    "array as operator": Poison(_with(b'"operator":["fi.elisa"]'), "wrong type"),
    "long operator": Poison(_with(b'"operator":"' + b"x" * 101 + b'"'), "too long"),
    "number as operatorResultCode": Poison(_with(b'"operatorResultCode":2'), "wrong type"),
    "time as number": Poison(_with(b'"timestamp":1447925855'), "wrong type"),
    "time without a zone": Poison(_with(b'"timestamp":"2026-11-19T09:37:35"'), "unreadable time"),
    "time in words": Poison(_with(b'"sentTimestamp":"yesterday"'), "unreadable time"),
    "30 February": Poison(_with(b'"sentTimestamp":"2026-02-30T00:00:00Z"'), "unreadable time"),
    "hour 25": Poison(_with(b'"timestamp":"2026-11-19T25:00:00Z"'), "unreadable time"),
    "year 10000": Poison(_with(b'"timestamp":"10000-01-01T00:00:00Z"'), "unreadable time"),
    "segments as text": Poison(_with(b'"segments":"one"'), "wrong type"),
    "segments below 0": Poison(_with(b'"segments":-1'), "out of range"),
    "256 segments": Poison(_with(b'"segments":256'), "out of range"),
    "array as parameters": Poison(_with(b'"customParameters":[1]'), "wrong type"),
    "text as gate parameters": Poison(_with(b'"gateCustomParameters":"x"'), "wrong type"),
    "101 parameters": Poison(
        _with(b'"customParameters":{' + b",".join(b'"k%d":"v"' % n for n in range(101)) + b"}"), "too many"
    ),
    "500 deep in a parameter": Poison(_with(b'"customParameters":{"a":' + b"[" * 500 + b"]" * 500 + b"}"), "too deep"),
    "long PPID": Poison(_with(b'"gateCustomParameters":{"platformPartnerId":"' + b"x" * 257 + b'"}'), "too long"),
    "PPID as a number that loses digits": Poison(
        _with(b'"gateCustomParameters":{"platformPartnerId":99999999999999999999}'), "out of range"
    ),
    "long destination": Poison(_with(b'"customParameters":{"destination":"' + b"9" * 101 + b'"}'), "too long"),
    "long source": Poison(_with(b'"customParameters":{"source":"' + b"x" * 101 + b'"}'), "too long"),
}

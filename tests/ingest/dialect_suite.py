"""Tests that every dialect passes; a subclass writes reports as its gateway does (docs/dialects.md)."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, permutations

import httpx
import orjson
import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deliveries.applying.apply import apply_waiting
from deliveries.dialects.registry import DIALECTS
from deliveries.dialects.report import NoMessage, Report, Unreadable
from deliveries.messages import fold
from deliveries.models import DeliveryReport, IngestCount, Message, QuarantinedRow
from portal.common.database import connection_string
from portal.tenants import tokens
from portal.tenants.models import Feed
from tests.deliveries.helpers import NOW, put
from tests.running import until

T0 = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
NUMBER = "+358401234567"
_NUMBERS = count()
_KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2)]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
# Bodies that are no report in any dialect
POISON = [
    b"", b" ", b"{", b"[", b"[]", b"{}", b"null", b"5", b'"text"', b"[[]]", b"\xff\xfe{}", b"\x00", b"a=b", b"<a",
    b'{"events":[]}', b'{"events":{}}', b'{"status":null}', b"[" * 5000 + b"]" * 5000,
    b'{"a":' * 2000 + b"1" + b"}" * 2000,
]  # fmt: skip


def text_of(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Yield the path of every value in a report."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        yield (*path, key)
        yield from places(inner, (*path, key))


def changed(report: dict, path: tuple, value: object) -> dict:
    """Return the report with another value at a path."""
    copy = json.loads(json.dumps(report))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


class DialectSuite:
    """Tests of one dialect, by the words below and `report`."""

    dialect: str
    queued: object
    sent: object
    delivered: object
    failed: object
    retried: object = None  # where the gateway tells it
    unknown: object
    code_of: dict  # the portal's code of each of these words, where they differ
    time_path: tuple  # of the time of an event
    id_path: tuple

    def report(self, message_id: str, word: object, *, at: datetime | None = T0, number: str = NUMBER, **more) -> dict:
        """Return one report as the gateway writes it; `ref_id` and `operator` may follow."""
        raise NotImplementedError

    def body(self, *reports: dict) -> bytes:
        """Return a request with several reports."""
        return orjson.dumps(list(reports))

    # --- helpers

    @property
    def known(self):
        return DIALECTS[self.dialect]

    @property
    def feed_name(self) -> str:
        return f"suite-{self.dialect}".replace("_", "-")

    def code(self, word: object) -> int:
        return self.code_of.get(word, word)

    def parse(self, report: dict | bytes, **request) -> Report | NoMessage:
        body = report if isinstance(report, bytes) else json.dumps(report).encode()
        return self.known.parse(body, received_at=NOW, **request)

    @pytest.fixture
    def feed(self, account) -> Feed:
        return Feed.objects.create(account=account, name="main", dialect=self.dialect, default_partner_id="nr-fi")

    def apply(self, feed, *bodies: bytes, query: str = ""):
        put(feed, *bodies, received_at=NOW, query=query)
        return apply_waiting(now=NOW)

    def row(self, message_id: str = "m1") -> dict:
        """Return a message without what depends on the order of the inbox."""
        (row,) = Message.objects.filter(message_id=message_id).values()
        return row

    # --- duplicates

    @pytest.mark.django_db
    def test_repeated_report_changes_nothing(self, feed, tenant):
        one, two = self.report("m1", self.sent), self.report("m1", self.delivered, at=T0 + timedelta(seconds=3))
        first = self.apply(feed, self.body(one, two, one), orjson.dumps(two))
        before = self.row()

        again = self.apply(feed, self.body(one, two), orjson.dumps(one))

        assert (first.reports, first.duplicates, again.reports, again.duplicates) == (2, 2, 0, 3)
        assert self.row() == before
        assert DeliveryReport.objects.count() == 2
        assert before["tenant_id"] == tenant.id
        (counts,) = IngestCount.objects.values()
        assert counts["received"] == counts["reports"] + counts["duplicates"] == 7

    # --- order

    @pytest.mark.django_db
    def test_order_of_reports_does_not_matter(self, feed, account, tenant):
        words = [self.queued, self.sent, self.delivered] + ([self.retried] if self.retried else [])
        ids = [f"m{n}" for n, _order in enumerate(permutations(words))]
        rounds = list(permutations(range(len(words))))
        for step in range(len(words)):
            bodies = [
                self.report(id_, words[order[step]], at=T0 + timedelta(seconds=order[step]), ref_id="sale|A")
                for id_, order in zip(ids, rounds, strict=True)
            ]
            self.apply(feed, self.body(*bodies))

        rows = list(Message.objects.values())
        assert len(rows) == len(ids)
        assert len({str(row | {"message_id": "", "pk": "", "received_at": "", "updated_at": ""}) for row in rows}) == 1
        assert (rows[0]["status"], rows[0]["final"], rows[0]["ref_id"]) == ("delivered", True, "sale|A")
        assert rows[0]["flags"] == 0

    @pytest.mark.django_db
    def test_failure_is_final_and_a_retry_is_none(self, feed, tenant):
        self.apply(feed, orjson.dumps(self.report("m1", self.failed)))
        assert (self.row()["status"], self.row()["final"]) == ("failed", True)
        if self.retried is not None:
            self.apply(feed, orjson.dumps(self.report("m2", self.retried)))
            assert (self.row("m2")["status"], self.row("m2")["final"]) == ("sent", False)
            assert self.known.codes[self.code(self.retried)].reason == ""

    # --- codes

    @pytest.mark.django_db
    def test_unknown_code_is_stored_and_replaces_nothing(self, feed, tenant):
        self.apply(feed, orjson.dumps(self.report("m1", self.unknown)))
        assert (self.row()["status"], self.row()["final"]) == ("unknown", False)
        assert self.row()["result_code"] == self.code(self.unknown)
        assert self.code(self.unknown) not in self.known.codes

        self.apply(feed, orjson.dumps(self.report("m1", self.sent, at=T0 - timedelta(hours=1))))
        self.apply(feed, orjson.dumps(self.report("m1", self.unknown, at=T0 + timedelta(hours=1))))
        assert (self.row()["status"], DeliveryReport.objects.count()) == ("sent", 3)

    def test_codes_are_as_the_suite_says(self):
        table = self.known.codes
        words = {"queued": self.queued, "sent": self.sent, "delivered": self.delivered, "failed": self.failed}
        assert {status: table[self.code(word)].status for status, word in words.items()} == {s: s for s in words}
        assert [code.code for code in table.values() if not (code.text_en.strip() and code.text_fi.strip())] == []
        assert len({code.text_fi for code in table.values()}) == len(table)
        assert {code.code for code in table.values() if code.final != (code.status not in ("queued", "sent"))} <= {1007}
        assert all((code.reason == "") == (code.status in ("queued", "sent", "delivered")) for code in table.values())
        assert self.known.billed <= table.keys()

    # --- times

    @pytest.mark.parametrize(
        ("text", "at"),
        [
            ("2026-11-20T12:00:00+02:00", T0), ("2026-11-20T10:00:00.000Z", T0), ("2026-11-20T10:00:00z", T0),
            ("2026-11-20T09:59:60Z", T0 - timedelta(seconds=1)), ("0001-01-01T00:00:00", None), (None, None),
        ],
    )  # fmt: skip
    def test_times_of_any_zone_are_read(self, text, at):
        found = self.parse(changed(self.report("m1", self.delivered, at=None), self.time_path, text))
        assert (found.at, found.clock_oddity) == (at, False)

    @pytest.mark.parametrize("text", ["2019-08-24T14:15:22Z", "2026-11-23T10:00:00Z", "9999-12-31T23:59:59-23:59"])
    def test_time_far_away_is_taken_as_missing(self, text):
        found = self.parse(changed(self.report("m1", self.delivered, at=None), self.time_path, text))
        assert (found.at, found.clock_oddity) == (None, True)

    @pytest.mark.parametrize(
        "value", ["", "yesterday", "2026-11-20", "2026-11-20T10:00:00", "2026-13-01T00:00:00Z", 5, {}]
    )
    def test_unreadable_time_is_refused_by_its_name(self, value):
        with pytest.raises(Unreadable) as caught:
            self.parse(changed(self.report("m1", self.delivered), self.time_path, value))
        assert self.time_path[-1] in caught.value.detail

    # --- poison

    @pytest.mark.django_db
    def test_poison_goes_to_quarantine_whole_and_its_neighbours_are_applied(self, feed, tenant):
        good = [orjson.dumps(self.report(f"m{n}", self.delivered)) for n in range(2)]
        nul = orjson.dumps(self.report("m9", self.delivered, ref_id="a\0b"))
        result = self.apply(feed, good[0], *POISON, nul, good[1])

        rows = list(QuarantinedRow.objects.order_by("id"))
        assert (result.reports, result.quarantined) == (2, len(rows))
        assert {bytes(row.body) for row in rows} >= {b"{", b"null", nul, POISON[-1]}
        assert all(row.reason and row.detail for row in rows)
        assert set(Message.objects.values_list("message_id", flat=True)) == {"m0", "m1"}

    @pytest.mark.django_db
    def test_broken_report_of_a_request_leaves_the_others(self, feed, tenant):
        broken = changed(self.report("m1", self.delivered), self.time_path, "yesterday")
        result = self.apply(feed, self.body(self.report("m0", self.delivered), broken, self.report("m2", self.sent)))
        assert (result.reports, result.quarantined) == (2, 1)
        assert QuarantinedRow.objects.get().reason == "unreadable time"

    def test_every_value_of_every_type_is_read_or_refused(self):
        report = self.report("m1", self.delivered, ref_id="sale|A", operator="fi.elisa")
        for path in places(report):
            for value in (None, "", "x", 5, 1.5, True, [], ["x"], {}, {"a": 1}, "x" * 5000, -1, 10**30):
                try:
                    found = self.parse(changed(report, path, value))
                except Unreadable as error:
                    assert error.reason and error.detail
                else:
                    assert isinstance(found, Report | NoMessage)

    @settings(settings.default, suppress_health_check=[HealthCheck.differing_executors, HealthCheck.too_slow])
    @given(data=st.data())
    def test_no_body_is_anything_but_read_or_refused(self, data):
        report = self.report("m1", self.delivered, ref_id="sale|A")
        body = data.draw(st.binary(max_size=50))
        if data.draw(st.booleans()):
            path = data.draw(st.sampled_from(list(places(report))))
            body = json.dumps(changed(report, path, data.draw(_JSON))).encode()
        try:
            self.parse(body)
        except Unreadable as error:
            assert error.reason and error.detail

    @pytest.mark.parametrize("packed", [False, True])
    def test_limits_are_named(self, packed):
        long = changed(self.report("m1", self.delivered), self.id_path, "x" * 201)
        with pytest.raises(Unreadable) as caught:
            self.parse(long)
        assert (caught.value.reason, self.id_path[-1] in caught.value.detail) == ("too long", True)
        with pytest.raises(Unreadable) as caught:
            self.parse(gzip.compress(b"{}"), content_encoding="br" if packed else "gzip")
        assert caught.value.reason == "cannot be unpacked"

    @pytest.mark.django_db
    def test_long_ref_id_is_cut_and_flagged(self, feed, tenant):
        self.apply(feed, orjson.dumps(self.report("m1", self.delivered, ref_id="ä" * 250)))
        assert (self.row()["ref_id"], self.row()["flags"]) == ("ä" * 128, fold.REF_ID_CUT)

    # --- recipients and partner IDs

    @pytest.mark.django_db
    @pytest.mark.parametrize("number", ["+35840*****67", "Obfuscated", "3f9a0c", "+358 XX XXX"])
    def test_recipient_that_is_no_number_has_the_operators_country(self, feed, tenant, number):
        self.apply(feed, orjson.dumps(self.report("m1", self.delivered, number=number, operator="no.telenor")))
        row = self.row()
        assert (row["destination"], row["country"], row["recipient_key"]) == (number, "NO", None)

    @pytest.mark.django_db
    def test_partner_id_is_of_the_address_or_the_feed(self, feed, tenant, other_tenant):
        name = "platformPartnerId" if self.dialect == "link" else "partner_id"
        self.apply(feed, orjson.dumps(self.report("m1", self.delivered)))
        self.apply(feed, orjson.dumps(self.report("m2", self.delivered)), query=f"{name}=baltic-ee&other=5")
        assert [self.row(id_)["tenant_id"] for id_ in ("m1", "m2")] == [tenant.id, other_tenant.id]

    # --- authentication, by a server

    @pytest.fixture
    def door(self, server, world) -> Iterator[str]:
        """The path of a feed of this dialect that requires Basic credentials, and a signature if there can be one."""
        token = f"token-of-the-suite-{next(_NUMBERS)}"  # the server knows an earlier feed's for a second
        jwks = [jwk("first", _KEYS[0]), jwk("second", _KEYS[1])] if self.known.signature else []
        with psycopg.connect(connection_string(), autocommit=True) as connection:
            (feed_id,) = connection.execute(
                "INSERT INTO tenants_feed (account_id, name, kind, dialect, default_partner_id, basic_user,"
                " basic_password_digest, header_name, header_value_digest, networks, signing_keys, active)"
                " VALUES (%s, %s, 'reports', %s, '', 'gw', %s, '', '', '[]', %s, true) RETURNING id",
                [world.account.id, self.feed_name, self.dialect,
                 tokens.digest("a password", purpose="feed-basic"), json.dumps(jwks)],
            ).fetchone()  # fmt: skip
            connection.execute(
                "INSERT INTO tenants_feedtoken (feed_id, digest, hint) VALUES (%s, %s, 'test')",
                [feed_id, tokens.digest(token, purpose="feed-token")],
            )
            with httpx.Client(base_url=server.url, timeout=10) as client:
                until(lambda: self._post(client, f"/dlr/{token}/", b"{}").status_code == 200, "the feed is known")
            yield f"/dlr/{token}/"
            connection.execute("DELETE FROM tenants_feedtoken WHERE feed_id = %s", [feed_id])
            connection.execute("DELETE FROM tenants_feed WHERE id = %s", [feed_id])
            connection.execute("DELETE FROM inbox_todo")
            connection.execute("DELETE FROM inbox WHERE feed_id = %s", [feed_id])

    def _post(self, http, path: str, body: bytes, *, signed: bytes | None = None, **headers) -> httpx.Response:
        """Send a body with credentials and the signature of `signed` (by default of itself)."""
        given = {"authorization": "Basic " + base64.b64encode(b"gw:a password").decode()}
        if names := self.known.signature:
            at = b"1795168800"
            signature = _KEYS[0].sign(at + b"." + (body if signed is None else signed))
            given |= {names.timestamp: at, names.signature: base64.b64encode(signature), names.key_id: b"first"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return http.post(
            path, content=body, headers={name: value for name, value in given.items() if value is not None}
        )

    @pytest.mark.django_db
    def test_requests_without_their_credentials_are_refused_and_counted(self, door, http, outside):
        body = self.body(self.report("m1", self.delivered))
        wrong = [{"authorization": "Basic Z3c6d3Jvbmc="}, {"authorization": None}]
        reasons = {"wrong credentials": 2}
        if names := self.known.signature:
            other = base64.b64encode(_KEYS[1].sign(b"1795168800." + body))
            wrong += [
                {names.signature: None}, {names.timestamp: None}, {names.key_id: ""},
                {names.key_id: b"third"},
                {names.signature: other}, {names.key_id: b"second"}, {names.timestamp: b"1795168801"},
                {names.signature: b"no base64"}, {names.signature: b"AAAA"},
            ]  # fmt: skip
            reasons |= {"no signature": 3, "unknown signing key": 1, "wrong signature": 5}
        assert [self._post(http, door, body, **headers).status_code for headers in wrong] == [401] * len(wrong)
        assert self._post(http, door, body).json() == {"received": 1}

        def counted() -> dict:
            of_feed = "SELECT reason, sum(refusals)::int FROM refusal_count JOIN tenants_feed f ON f.id = feed_id"
            return dict(outside.execute(f"{of_feed} WHERE f.name = %s GROUP BY 1", [self.feed_name]).fetchall())

        until(lambda: sum(counted().values()) >= len(wrong), "the refusals are counted", within=20)
        assert counted() == reasons

    @pytest.mark.django_db
    def test_packed_body_is_split_and_its_signature_is_of_the_unpacked_one(self, door, http, outside):
        body = self.body(self.report("m1", self.sent), self.report("m2", self.delivered))
        outside.execute("DELETE FROM inbox_todo")
        outside.execute("DELETE FROM inbox")
        packed = gzip.compress(body)
        answer = self._post(http, door, packed, signed=body, content_encoding="gzip")
        assert (answer.status_code, answer.json()) == (200, {"received": 2})
        if self.known.signature:
            assert self._post(http, door, packed, signed=packed, content_encoding="gzip").status_code == 401
        stored = outside.execute("SELECT body FROM inbox ORDER BY id").fetchall()
        assert [self.known.key(orjson.loads(row[0])) for row in stored] == ["m1", "m2"]
        assert all(row[0] in body for row in stored)


def jwk(name: str, key: Ed25519PrivateKey) -> dict:
    """Return a public key as a JWKS has it."""
    x = base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "kid": name, "x": x}

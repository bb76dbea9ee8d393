"""Signing keys of a feed: read from a JWKS, entered by staff, provisioned, and fetched by a command."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from portal.accounts.models import AuditEntry
from portal.provisioning.apply import provision
from portal.tenants import signing_keys
from portal.tenants.models import Feed
from tests.conftest import NOW
from tests.ingest.dialect_suite import jwk

KEYS = [jwk(name, Ed25519PrivateKey.from_private_bytes(bytes([n] * 32))) for n, name in enumerate(("a", "b"), 1)]
JWKS = json.dumps({"keys": [KEYS[0] | {"use": "sig"}, {"kty": "RSA", "kid": "r", "n": "x", "e": "AQAB"}]})
FEED = "{name: main, dialect: %s, token: a-token-of-16-characters-or-more%s}"


@pytest.fixture
def mylink(account) -> Feed:
    return Feed.objects.create(account=account, name="mylink", dialect="mylink_multichannel")


def test_keys_of_a_jwks_are_read_and_loaded():
    assert signing_keys.read(JWKS) == [KEYS[0]]
    assert signing_keys.read(" ") == []
    assert list(signing_keys.load(signing_keys.read(json.dumps({"keys": KEYS})))) == ["a", "b"]
    assert signing_keys.read(signing_keys.as_jwks(KEYS)) == KEYS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "No JSON"), ("[]", "object with a list"), ('{"keys": [5]}', "object with a list"),
        ('{"keys": []}', "no Ed25519 key"), ('{"keys": [{"kty": "RSA"}]}', "no Ed25519 key"),
        (json.dumps({"keys": [KEYS[0], KEYS[0]]}), "same id"),
        (json.dumps({"keys": [KEYS[0] | {"kid": ""}]}), "needs an id"),
        (json.dumps({"keys": [KEYS[0] | {"x": "AAAA"}]}), "a: x is no"),
        (json.dumps({"keys": [KEYS[0] | {"x": 5}]}), "a: x is no"),
        (json.dumps({"keys": [KEYS[0] | {"d": "secret"}]}), "private key"),
        (json.dumps({"keys": [KEYS[0] | {"kid": str(n)} for n in range(21)]}), "limit is 20"),
        (" " * 65_536 + "{}", "At most 65536 bytes"),
    ],
)  # fmt: skip
def test_text_that_holds_no_keys_is_refused(text, words):
    with pytest.raises(ValidationError) as caught:
        signing_keys.read(text)
    assert words in caught.value.messages[0]


@pytest.mark.django_db
def test_keys_are_fetched_from_a_file_and_recorded(mylink, tmp_path, capsys):
    file = tmp_path / "jwks.json"
    file.write_text(JWKS)
    for _run in range(2):
        call_command("fetch_signing_keys", str(file), feed="mylink")
    file.write_text(json.dumps({"keys": KEYS[1:]}))
    call_command("fetch_signing_keys", str(file), feed="link-main/mylink")

    mylink.refresh_from_db()
    assert mylink.signing_keys == KEYS[1:]
    assert capsys.readouterr().out.splitlines() == [
        "link-main/mylink: 1 keys: a", "link-main/mylink: unchanged, 1 keys", "link-main/mylink: 1 keys: b",
    ]  # fmt: skip
    entries = AuditEntry.objects.filter(action="feed.signing_keys").order_by("id")
    assert [(entry.subject, entry.details) for entry in entries] == [
        ("link-main/mylink", {"added": 1, "removed": 0}),
        ("link-main/mylink", {"added": 1, "removed": 1}),
    ]


@pytest.mark.django_db
def test_what_cannot_be_fetched_leaves_the_keys(mylink, feed, tmp_path):
    Feed.objects.filter(pk=mylink.pk).update(signing_keys=KEYS)
    (tmp_path / "empty").write_text("")
    (tmp_path / "long").write_text("x" * 65_537)
    for name, source, words in (
        ("mylink", str(tmp_path / "missing"), "No such file"), ("mylink", str(tmp_path / "empty"), "it is empty"),
        ("mylink", str(tmp_path / "long"), "at most 65536"), ("mylink", "http://192.0.2.1/jwks.json", "https only"),
        ("mylink", "https://127.0.0.1:1/jwks.json", "keeps its keys"), ("main", "x", "does not sign"),
    ):  # fmt: skip
        with pytest.raises(CommandError, match=words):
            call_command("fetch_signing_keys", source, feed=name)
    mylink.refresh_from_db()
    assert mylink.signing_keys == KEYS


@pytest.mark.django_db
def test_keys_are_fetched_from_their_address(mylink, publisher):
    call_command("fetch_signing_keys", f"{publisher}/jwks.json", feed="mylink")
    mylink.refresh_from_db()
    assert mylink.signing_keys == [KEYS[0]]
    for path, words in (("gone", "the answer is 404"), ("endless", "more than 65536 bytes")):
        with pytest.raises(CommandError, match=words):
            call_command("fetch_signing_keys", f"{publisher}/{path}", feed="mylink")


@pytest.fixture
def publisher(tmp_path, monkeypatch) -> Iterator[str]:
    """An https server with a certificate of its own that this process trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = tmp_path / "server.pem"
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = http.server.HTTPServer(("127.0.0.1", 0), _Publisher)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    try:
        yield f"https://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Publisher(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = {"/jwks.json": JWKS.encode(), "/endless": b" " * 70_000}.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.mark.django_db
def test_keys_are_provisioned_and_removed():
    text = "gateway_accounts:\n- {name: m, platform_id: A, timezone: UTC, feeds: [%s]}\n"

    def stored() -> list:
        return Feed.objects.get(account__name="m").signing_keys

    def run(dialect: str, more: str = "") -> list[str]:
        outcome = provision(text % (FEED % (dialect, more)), "f.yaml", now=NOW)
        return [change for change in outcome.changes if change.startswith("feed")]

    keys = f", signing_keys: '{JWKS}'"
    assert run("mylink_multichannel", keys)[0] == "feed m/main: created"
    assert stored() == [KEYS[0]]
    assert run("mylink_multichannel", keys) == run("mylink_multichannel") == []
    assert run("mylink_multichannel", ", signing_keys: null") == ["feed m/main: changed signing_keys"]
    assert stored() == []
    with pytest.raises(Exception, match="No JSON"):
        run("mylink_multichannel", ", signing_keys: '{'")
    with pytest.raises(Exception, match="does not sign"):
        run("link", keys)

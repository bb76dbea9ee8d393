"""Second factors as a person's devices have them: an authenticator app after RFC 6238, and a passkey after WebAuthn."""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2 import cbor

from tests.conftest import PASSWORD

ORIGIN = "http://localhost"
HOST = {"HTTP_HOST": "localhost"}


def code_of(secret: str, *, step: int = 0) -> str:
    """Return the code that an app shows now, or so many half minutes later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def reauthenticate(client: Client, url: str, **extra):
    """Open a page that asks for the password first; return its answer after that."""
    asked = client.get(url, **extra)
    return client.post(asked.url, {"password": PASSWORD}, follow=True, **extra)


def set_up_app(client: Client) -> str:
    """Set up an authenticator app by the pages and return its secret."""
    page = reauthenticate(client, "/accounts/2fa/totp/activate/")
    secret = re.search(r'id="totp-secret">(\w+)<', page.content.decode())[1]
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert (answer.status_code, answer.url) == (302, "/accounts/2fa/recovery-codes/")
    return secret


def data_in(page) -> dict:
    """Return what the server hands to the browser for a ceremony."""
    text = re.search(r'<script id="js_data" type="application/json">(.*?)</script>', page.content.decode(), re.DOTALL)[
        1
    ]
    return json.loads(text)


class Passkey:
    """A key in a person's device that asks for a finger (user verification)."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(16)
        self.uses = 0
        self.owner = b""

    def create(self, options: dict, *, origin: str = ORIGIN) -> str:
        """Answer the browser's `create()` with a credential, as the form posts it."""
        wanted = options["creation_options"]["publicKey"]
        self.owner = _decode(wanted["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor.encode(public)
        data = self._data(wanted["rp"]["id"], 0x45) + attested
        return self._credential(
            clientDataJSON=_client_data("webauthn.create", wanted["challenge"], origin),
            attestationObject=_encode(cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})),
        )

    def get(self, options: dict, *, origin: str = ORIGIN) -> str:
        """Answer the browser's `get()` with a signature, as the form posts it."""
        wanted = options["request_options"]["publicKey"]
        self.uses += 1
        data = self._data(wanted["rpId"], 0x05)
        client_data = _client_data("webauthn.get", wanted["challenge"], origin)
        signed = data + hashlib.sha256(_decode(client_data)).digest()
        return self._credential(
            clientDataJSON=client_data,
            authenticatorData=_encode(data),
            signature=_encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            userHandle=_encode(self.owner),
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.uses)

    def _credential(self, **response: str) -> str:
        name = _encode(self.id)
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}
        )


def _client_data(kind: str, challenge: str, origin: str) -> str:
    return _encode(json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode())


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

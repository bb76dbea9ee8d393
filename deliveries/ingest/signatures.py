"""Signatures of requests: Ed25519 over `{timestamp}.{unpacked body}` by one of the feed's keys (docs/mylink.md).

The timestamp is part of what is signed, but its age is not limited: a gateway tries again for hours, and a repeated
request changes nothing.
"""

import base64
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deliveries.dialects.dialect import Signature


def problem(keys: Mapping[str, Ed25519PublicKey], names: Signature, headers: Mapping[bytes, bytes], body: bytes) -> str:
    """Return why a request is not signed by one of the keys, '' for one that is."""
    timestamp, given, key_id = (headers.get(name.encode(), b"").strip() for name in names)
    if not timestamp or not given or not key_id:
        return "no signature"
    key = keys.get(key_id.decode("latin-1"))
    if key is None:
        return "unknown signing key"
    try:
        key.verify(base64.b64decode(given, validate=True), timestamp + b"." + body)
    except (ValueError, InvalidSignature):
        return "wrong signature"
    return ""

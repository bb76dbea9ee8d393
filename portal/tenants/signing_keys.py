"""Public keys by which a gateway signs its requests: read from a JWKS, kept with the feed."""

import base64
import json

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_KEYS = 20
MAX_BYTES = 64 * 1024  # of a JWKS
MAX_ID_LENGTH = 200


def read(text: str) -> list[dict[str, str]]:
    """Return the Ed25519 keys of a JWKS as they are stored. Raises ValidationError.

    A JWKS may hold keys of other kinds, which sign nothing here. An empty text holds no keys.
    """
    if not text.strip():
        return []
    if len(text.encode()) > MAX_BYTES:
        raise ValidationError(_("At most %(limit)s bytes."), params={"limit": MAX_BYTES})
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValidationError(_("No JSON: %(error)s"), params={"error": error}) from None
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ValidationError(_('A JWKS is an object with a list of keys, such as {"keys": […]}.'))
    kept = [_kept(key) for key in keys if key.get("kty") == "OKP" and key.get("crv") == "Ed25519"]
    if not kept:
        raise ValidationError(_("There is no Ed25519 key (kty OKP, crv Ed25519) in it."))
    if len(kept) > MAX_KEYS:
        raise ValidationError(
            _("%(count)s keys, the limit is %(limit)s."), params={"count": len(kept), "limit": MAX_KEYS}
        )
    if len({key["kid"] for key in kept}) < len(kept):
        raise ValidationError(_("Two keys have the same id (kid)."))
    return kept


def as_jwks(keys: list[dict[str, str]]) -> str:
    """Return stored keys as a JWKS for people, '' for none."""
    return json.dumps({"keys": keys}, indent=1) if keys else ""


def load(keys: list[dict[str, str]]) -> dict[str, Ed25519PublicKey]:
    """Return stored keys by their ids. Raises ValueError, KeyError or TypeError for what was not stored by `read`."""
    return {key["kid"]: _public_key(key["x"]) for key in keys}


def _kept(key: dict) -> dict[str, str]:
    name, x = key.get("kid"), key.get("x")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_ID_LENGTH:
        raise ValidationError(
            _("Each key needs an id (kid) of at most %(limit)s characters."), params={"limit": MAX_ID_LENGTH}
        )
    if "d" in key:
        raise ValidationError(_("%(kid)s is a private key. Enter the public one."), params={"kid": name})
    no_key = ValidationError(_("%(kid)s: x is no Ed25519 public key of 32 bytes."), params={"kid": name})
    if not isinstance(x, str):
        raise no_key
    try:
        _public_key(x)
    except ValueError:
        raise no_key from None
    return {"kty": "OKP", "crv": "Ed25519", "kid": name, "x": x}


def _public_key(x: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(x + "=" * (-len(x) % 4), altchars=b"-_", validate=True))

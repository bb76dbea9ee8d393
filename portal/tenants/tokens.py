"""Secrets that others present to us: made, hashed with a key, compared in constant time; and texts that are sealed."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from django.conf import settings

MIN_TOKEN_LENGTH = 16


def make_token() -> str:
    """Return a new secret of 32 random bytes, safe in a URL."""
    return secrets.token_urlsafe(32)


def digest(secret: str | bytes, *, purpose: str, key: str | None = None) -> str:
    """Return the hex HMAC-SHA-256 of `secret`; the key is SECRET_KEY, so a stolen table alone is no use."""
    if isinstance(secret, str):
        secret = secret.encode()
    return hmac.digest(_key(purpose, key or settings.SECRET_KEY), secret, "sha256").hex()


def digests(secret: str | bytes, *, purpose: str) -> list[str]:
    """Return the digests under the current key and, while SECRET_KEY is being changed, under the old ones."""
    return [digest(secret, purpose=purpose, key=key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def seal(text: str, *, purpose: str) -> str:
    """Return the text encrypted and authenticated, safe in a URL; the same text always gives the same one."""
    sealed = AESSIV(_key(purpose, settings.SECRET_KEY)).encrypt(text.encode("utf-8", "surrogatepass"), None)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(sealed: str, *, purpose: str) -> str | None:
    """Return the text of `seal`, None for anything else. Older keys are tried while SECRET_KEY is being changed."""
    try:
        raw = base64.b64decode(sealed + "=" * (-len(sealed) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return AESSIV(_key(purpose, key)).decrypt(raw, None).decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError):
            continue
    return None


@lru_cache(maxsize=64)  # called twice for each request of the ingest
def _key(purpose: str, key: str) -> bytes:
    return hashlib.sha256(f"portal.{purpose}:{key}".encode()).digest()

"""Secrets that others present to us: made, hashed with a key, compared in constant time."""

import hashlib
import hmac
import secrets
from functools import lru_cache

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


@lru_cache(maxsize=64)  # asked twice for each request of the ingest
def _key(purpose: str, key: str) -> bytes:
    return hashlib.sha256(f"portal.{purpose}:{key}".encode()).digest()

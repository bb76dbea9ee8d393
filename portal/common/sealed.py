"""Encryption by keys from SECRET_KEY: what is stored so is of no use without it."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """A text was sealed with a SECRET_KEY that is not set any more, for another purpose, or it was changed."""

    def __init__(self, purpose: str) -> None:
        super().__init__(
            f"a stored secret ({purpose}) cannot be decrypted: add the earlier SECRET_KEY to SECRET_KEY_FALLBACKS"
            " (docs/operations.md)"
        )


def fernet(purpose: str) -> MultiFernet:
    """Return the cipher of one purpose; it also reads what SECRET_KEY_FALLBACKS have written."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_cipher(key, purpose) for key in keys])


def seal(text: str, *, purpose: str) -> str:
    """Encrypt a text; only the same purpose reads it again."""
    return fernet(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Decrypt what `seal` returned. Raises Unreadable."""
    try:
        return fernet(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable(purpose) from None


def reseal(sealed: str, *, purpose: str) -> str:
    """Encrypt with the newest key what an older one has sealed. Raises Unreadable."""
    try:
        return fernet(purpose).rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable(purpose) from None


def is_newest(sealed: str, *, purpose: str) -> bool:
    """Return whether the present SECRET_KEY alone reads it."""
    try:
        _cipher(settings.SECRET_KEY, purpose).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _cipher(key: str, purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"portal.{purpose}:{key}".encode()).digest()))

"""Passwords of the logins that answer requests, derived from one secret instead of stored."""

import hashlib
import hmac

from django.conf import settings


def login_password(login: str) -> str:
    """Return the password of a login. Changing DATABASE_LOGINS_SECRET wants `migrate`, which sets all of them."""
    secret = settings.DATABASE_LOGINS_SECRET.encode()
    return hmac.new(secret, f"portal.database-login:{login}".encode(), hashlib.sha256).hexdigest()

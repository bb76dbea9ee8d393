"""A secret that the page after a form shows once. Until then it is kept in the session, encrypted, for five minutes."""

from cryptography.fernet import InvalidToken
from django.http import HttpRequest

from portal.common.sealed import fernet

PURPOSE = "shown-once"
SECONDS = 300


def keep(request: HttpRequest, name: str, secret: str) -> None:
    """Keep a secret for the next page; one of the same name that was not shown is dropped."""
    request.session[f"{PURPOSE}:{name}"] = fernet(PURPOSE).encrypt(secret.encode()).decode()


def take(request: HttpRequest, name: str) -> str:
    """Return the secret and forget it; "" where there is none, or it is older than five minutes."""
    kept = request.session.pop(f"{PURPOSE}:{name}", "")
    try:
        return fernet(PURPOSE).decrypt(kept.encode(), ttl=SECONDS).decode() if kept else ""
    except InvalidToken:
        return ""

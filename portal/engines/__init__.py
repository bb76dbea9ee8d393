"""The engines below the portal, PostgreSQL and Redis: given by URL, else embedded under PORTAL_HOME.

Any process may ask for a URL; the first one starts what is not running, and the last one out stops it
(PORTAL_KEEP_ENGINES=1 leaves it running).
"""

from __future__ import annotations

import os
from urllib.parse import parse_qs, quote, urlsplit

from portal.engines import postgres, redis, users
from portal.engines.home import EnginesError, close_to_others, engines_lock, portal_home, run_dir
from portal.engines.secret import secret_file, secret_key

__all__ = [
    "EnginesError",
    "broker_url",
    "close_to_others",
    "database_url",
    "is_embedded",
    "portal_home",
    "redis_url",
    "run_dir",
    "secret_key",
]


def database_url() -> str:
    """Return DATABASE_URL, else the embedded PostgreSQL's, which then runs. Raises EnginesError.

    A DATABASE_URL without a password gets the content of the file DATABASE_PASSWORD_FILE, where that is set.
    """
    url = os.environ.get("DATABASE_URL")
    if not url:
        return _embedded(postgres)
    return _with_password(url, secret_file("DATABASE_PASSWORD_FILE"))


def redis_url() -> str:
    """Return REDIS_URL, else the embedded Redis's (`unix://…`), which then runs. Raises EnginesError.

    A REDIS_URL without a password gets the content of the file REDIS_PASSWORD_FILE, where that is set.
    """
    url = os.environ.get("REDIS_URL")
    return _with_password(url, secret_file("REDIS_PASSWORD_FILE")) if url else _embedded(redis)


def broker_url(url: str) -> str:
    """Return a Redis URL in Celery's words: `unix:///path?db=1` is `redis+socket:///path?virtual_host=1`."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.netloc}{parts.path}?virtual_host={database}"


def is_embedded() -> bool:
    """Return whether at least one engine is an embedded one."""
    return not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def _with_password(url: str, password: str | None) -> str:
    """Return `url` with `password` in it; a PostgreSQL URL needs a user for that, a Redis one does not."""
    parts = urlsplit(url)
    user, _at, server = parts.netloc.rpartition("@")
    if password is None or ":" in user or not (user or parts.scheme in ("redis", "rediss")):
        return url
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{server}").geturl()


def _embedded(engine) -> str:
    users.hold()
    if not engine.is_up():
        with engines_lock():
            if not engine.is_up():
                engine.ensure()
    return engine.url()

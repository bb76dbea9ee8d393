"""Secrets: read from files that the environment names; SECRET_KEY is made once in PORTAL_HOME when not given."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from portal.engines.home import EnginesError, engines_lock, portal_home


def secret_key() -> str:
    """Return SECRET_KEY, the content of the file SECRET_KEY_FILE, or the key of PORTAL_HOME (made once)."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    if key := secret_file("SECRET_KEY_FILE"):
        return key
    path = portal_home() / "secret_key"
    if not path.exists():
        with engines_lock():
            if not path.exists():
                _write(path, secrets.token_urlsafe(64))
    return path.read_text().strip()


def secret_file(variable: str, *, may_be_empty: bool = False) -> str | None:
    """Return the content of the file an environment variable names, None where it is not set.

    Raises EnginesError when the file cannot be read, or is empty though it may not be.
    """
    name = os.environ.get(variable)
    if not name:
        return None
    try:
        secret = Path(name).read_text().strip()
    except OSError as error:
        raise EnginesError(f"{variable}={name} cannot be read: {error.strerror}.") from error
    if not secret and not may_be_empty:
        raise EnginesError(f"{variable}={name} is empty.")
    return secret


def _write(path: Path, key: str) -> None:
    new = path.with_name("secret_key.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    new.rename(path)

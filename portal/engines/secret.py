"""Django's SECRET_KEY: given, or made once and kept in PORTAL_HOME."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from portal.engines.home import EnginesError, engines_lock, portal_home


def secret_key() -> str:
    """Return SECRET_KEY, the content of the file SECRET_KEY_FILE, or the key of PORTAL_HOME (made once)."""
    if key := os.environ.get("SECRET_KEY"):
        return key
    if name := os.environ.get("SECRET_KEY_FILE"):
        try:
            key = Path(name).read_text().strip()
        except OSError as error:
            raise EnginesError(f"SECRET_KEY_FILE={name} cannot be read: {error.strerror}.") from error
        if not key:
            raise EnginesError(f"SECRET_KEY_FILE={name} is empty.")
        return key
    path = portal_home() / "secret_key"
    if not path.exists():
        with engines_lock():
            if not path.exists():
                _write(path, secrets.token_urlsafe(64))
    return path.read_text().strip()


def _write(path: Path, key: str) -> None:
    new = path.with_name("secret_key.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    new.rename(path)

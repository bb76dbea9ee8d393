"""Address and key of the portal: from options, the environment or a file that its owner alone can read."""

from __future__ import annotations

import os
import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

FILE_VARIABLE, KEY_VARIABLE, URL_VARIABLE = "SMS_PORTAL_CONFIG", "SMS_PORTAL_KEY", "SMS_PORTAL_URL"
NAMES = {"url", "key", "allow_http"}


class SettingsError(click.ClickException):
    """Settings that are missing or cannot be used."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """Address of the portal and the key for it."""

    url: str
    key: str
    allow_http: bool = False


def config_path() -> Path:
    """Return where the file is looked for."""
    return Path(os.environ.get(FILE_VARIABLE) or Path(click.get_app_dir("sms-portal")) / "config.toml")


def read(url: str | None, allow_http: bool) -> Settings:
    """Return the settings; an option goes before the environment, and that before the file. Raises SettingsError."""
    path = config_path()
    stored = _stored(path)
    found = url or os.environ.get(URL_VARIABLE) or stored.get("url")
    key = os.environ.get(KEY_VARIABLE) or stored.get("key")
    if not found:
        raise SettingsError(f"No address. Give --url, set {URL_VARIABLE}, or run: sms-portal configure")
    if not key:
        raise SettingsError(f"No key. Set {KEY_VARIABLE}, or run: sms-portal configure")
    return Settings(str(found), str(key).strip(), allow_http or stored.get("allow_http") is True)


def write(settings: Settings) -> Path:
    """Store settings in the file, for its owner alone, and return its path."""
    path = config_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lines = [f"{name} = {msgspec.json.encode(getattr(settings, name)).decode()}" for name in ("url", "key")]
    lines += ["allow_http = true"] if settings.allow_http else []
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(path)
    return path


def _stored(path: Path) -> dict[str, object]:
    try:
        mode = path.stat().st_mode
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise SettingsError(f"{path} holds a key and can be read by others. Run: chmod 600 {path}")
    try:
        stored = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML: {error}") from error
    if unknown := sorted(stored.keys() - NAMES):
        raise SettingsError(f"{path}: unknown name {unknown[0]!r}; there are: {', '.join(sorted(NAMES))}")
    return stored

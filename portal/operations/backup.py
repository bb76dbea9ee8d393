"""Backups: the database, created files, the secret key, and a manifest with checksums."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction

from deliveries.exports.files import FOLDER as EXPORTS
from deliveries.messages import event_log
from portal.engines import postgres
from portal.operations.unpack import BadArchiveError, unpack
from portal.operations.versions import describe_unknown, unknown_migrations
from portal.tenants.wall import raise_roles, raise_wall

DUMP, FILES, KEY, MANIFEST = "database.dump", "files.tar", "secret_key", "manifest.json"
FORMAT = 1
_ASIDE = "public_before_restore"


class BackupError(Exception):
    """The backup cannot be made or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Contents of a backup."""

    made_at: str
    bytes: int
    messages: int
    migrations: str


def make_backup(folder: Path, *, now: datetime) -> Summary:
    """Write a backup into `folder`, which must be new or empty. Raises BackupError.

    The dump is one snapshot; the portal may run meanwhile. Exports are left out. Other files are only ever added, so a
    copy made after the dump has all files that the dump names. Only its owner can read the folder: it contains the
    secret key.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupError(f"{folder} is not empty")
    folder.chmod(0o700)
    # Under forced row-level security even the owner reads through its policy, which lets everything pass; a partition
    # without one would be dumped empty, in silence.
    raise_wall()
    _run("pg_dump", "--format=custom", "--compress=gzip:6", "--no-owner", "--no-privileges", "--enable-row-security",
         f"--file={folder / DUMP}")  # fmt: skip
    with tarfile.open(folder / FILES, "w") as archive:
        root = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
        if root.exists():
            archive.add(root, arcname=".", filter=_without_exports)
    key = folder / KEY
    key.touch(mode=0o600)
    key.write_text(settings.SECRET_KEY)
    manifest = {
        "format": FORMAT,
        "made_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "messages": _count_messages(),
        "migrations": _migrations(),
        "sha256": {name: _sha256(folder / name) for name in (DUMP, FILES, KEY)},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    for path in folder.iterdir():
        path.chmod(0o600)
    return _summary(folder, manifest)


def restore_backup(folder: Path, *, replace: bool = False) -> Summary:
    """Make database and files what the backup holds, then migrate. Raises BackupError before anything is touched.

    A database that holds messages is only overwritten with `replace`. No other process may be at work.
    """
    manifest = _checked_manifest(folder)
    if (folder / KEY).read_text() != settings.SECRET_KEY:
        raise BackupError(
            "the backup has another secret key than this portal: feed tokens, API keys and sessions would be"
            f" invalid. Set SECRET_KEY_FILE={folder / KEY}, or copy it to {settings.PORTAL_HOME / 'secret_key'},"
            " and repeat"
        )
    if not replace and _has_messages():
        raise BackupError("the database holds messages; use --replace to delete them")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {_ASIDE} CASCADE")
        cursor.execute(f"ALTER SCHEMA public RENAME TO {_ASIDE}")
        cursor.execute("CREATE SCHEMA public")
        raise_roles()  # the dump's policies name them
    try:
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
             f"--dbname={connection.settings_dict['NAME']}", str(folder / DUMP))  # fmt: skip
        if unknown := unknown_migrations():
            raise BackupError(f"{folder} was made by another version: {describe_unknown(unknown)}")
        _restore_files(folder / FILES)
    except Exception:
        with transaction.atomic(), connection.cursor() as cursor:  # what was there before comes back
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute(f"ALTER SCHEMA {_ASIDE} RENAME TO public")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {_ASIDE} CASCADE")
    call_command("migrate", interactive=False, verbosity=0)  # grants, and what came after the backup
    event_log.empty()  # if this does not happen, the next process that applies notices it
    return _summary(folder, manifest)


def _checked_manifest(folder: Path) -> dict:
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError as error:
        raise BackupError(f"{folder} is not a backup: it has no {MANIFEST}") from error
    except ValueError as error:
        raise BackupError(f"{folder / MANIFEST} is broken: {error}") from error
    if manifest.get("format") != FORMAT:
        raise BackupError(f"{folder / MANIFEST}: format {manifest.get('format')}, this portal reads {FORMAT}")
    for name, digest in manifest["sha256"].items():
        if not (folder / name).exists() or _sha256(folder / name) != digest:
            raise BackupError(f"{folder / name} is missing or was changed")
    return manifest


def _restore_files(archive: Path) -> None:
    """Unpack the files next to their place first, so that a broken archive leaves the old ones."""
    root = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh, old = root.with_name(root.name + ".new"), root.with_name(root.name + ".old")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        unpack(archive, fresh)
    except BadArchiveError as error:
        raise BackupError(f"{archive}: {error}") from error
    shutil.rmtree(old, ignore_errors=True)
    if root.exists():
        root.rename(old)
    fresh.rename(root)
    shutil.rmtree(old, ignore_errors=True)


def _without_exports(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out exports: they are large, deleted within days, and can be asked for again."""
    return None if member.name == f"./{EXPORTS}" else member


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [_find(program), *arguments], env=os.environ | _libpq(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{program}: {done.stderr.strip()[-2000:] or done.returncode}")


def _libpq() -> dict[str, str]:
    """Return the connection in libpq's variables: a password on a command line could be read by others."""
    database, options = connection.settings_dict, connection.settings_dict["OPTIONS"]
    values = {
        "PGDATABASE": database["NAME"],
        "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"],
        "PGHOST": database["HOST"] or options.get("host", ""),
        "PGPORT": str(database["PORT"] or options.get("port", "")),
        "PGSSLMODE": options.get("sslmode", ""),
    }
    return {name: value for name, value in values.items() if value}


def _find(program: str) -> str:
    """Return the program of the embedded engine's wheel, PostgreSQL 18's, else the PATH's."""
    path = postgres.program(program)
    if os.access(path, os.X_OK):
        return str(path)
    if found := shutil.which(program):
        return found
    raise BackupError(f"{program} is not installed")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _count_messages() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(sum(messages), 0)::bigint FROM daily_count")
        return cursor.fetchone()[0]


def _has_messages() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('message') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return False
        cursor.execute("SELECT EXISTS (SELECT 1 FROM message)")
        return cursor.fetchone()[0]


def _migrations() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id DESC LIMIT 1")
        return cursor.fetchone()[0]


def _summary(folder: Path, manifest: dict) -> Summary:
    size = sum(path.stat().st_size for path in folder.iterdir())
    return Summary(manifest["made_at"], size, manifest["messages"], manifest["migrations"])

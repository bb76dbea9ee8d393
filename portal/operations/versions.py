"""Migrations of the portal's apps that a database has and this version does not know."""

from django.apps import apps
from django.core.checks import Error, Tags, register
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

OURS = {"portal", "campaigns", "deliveries", "reports"}  # packages whose apps are the portal's own


def unknown_migrations() -> list[str]:
    """Return the applied migrations that this version does not have, as "app.name"."""
    labels = {app.label for app in apps.get_app_configs() if app.name.partition(".")[0] in OURS}
    applied = MigrationRecorder(connection).applied_migrations()
    known = MigrationLoader(None).disk_migrations
    return sorted(f"{app}.{name}" for app, name in applied if app in labels and (app, name) not in known)


def describe_unknown(names: list[str]) -> str:
    """Return a clause that counts them and names the first."""
    return f"the database has migrations that this version does not know ({len(names)}, such as {names[0]})"


@register(Tags.database)
def database_is_of_this_version(app_configs, databases, **kwargs) -> list[Error]:
    """Refuse a database of an unreleased version from before the migrations were combined, or of a newer version."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or not (unknown := unknown_migrations()):
        return []
    sentence = describe_unknown(unknown)
    return [
        Error(
            f"{sentence[0].upper()}{sentence[1:]}.",
            hint="The database was made by a newer version, or by an earlier one that was never released. Start the"
            " newer version, or an empty database (docs/operations.md, Upgrades).",
            id="portal.E001",
        )
    ]

"""A system check of what only the database's superuser can set."""

from django.core.checks import Tags, Warning, register
from django.db import DEFAULT_DB_ALIAS, connection

_OPEN = """
SELECT count(*) FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND proname ~ '^lo(_|read|write)'
AND has_function_privilege('public', oid, 'EXECUTE')
"""


@register(Tags.database)
def large_objects_are_closed(app_configs, databases, **kwargs) -> list[Warning]:
    """Warn where every login may store large objects, which belong to no table and know no tenant."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        (open_ones,) = cursor.fetchone()
    if not open_ones:
        return []
    return [
        Warning(
            f"{open_ones} functions for large objects can be called by every database login.",
            hint="Run portal/engines/no_large_objects.sql as the database's superuser (docs/operations.md).",
            id="portal.W001",
        )
    ]

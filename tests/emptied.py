"""The database after a test that commits, emptied where something is: Django's flush takes ten times as long."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from deliveries.messages.code_tables import add_known_codes
from deliveries.models import RecipientSecret

# What migrating made, and no test changes; the known codes, which tests do change, come back below.
KEPT = {ContentType._meta.db_table, Permission._meta.db_table, RecipientSecret._meta.db_table}
PARTITIONS = """
SELECT c.oid::regclass::text, pg_relation_size(c.oid) > 0 FROM pg_class c WHERE c.relkind = 'r' AND c.relispartition
"""
TABLES = """
SELECT c.relname FROM pg_class c
WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relname = ANY (%s)
"""

_PLANNED = """
SELECT c.relname, c.relkind = 'r' AND pg_relation_size(c.oid) > 0
    AND NOT EXISTS (SELECT FROM pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f')
FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
"""
_FORGET = """
SELECT pg_clear_attribute_stats('public', s.tablename, s.attname, s.inherited)
FROM pg_stats s WHERE s.schemaname = 'public'
"""
_migrated: set[str] = set()


def remember_partitions() -> None:
    """Take the partitions that are there now for those that every migrated database has."""
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        _migrated.update(name for name, _ in cursor.fetchall())


def commit_without_waiting() -> None:
    """Let no commit to the tests' database wait for the disk; tests that kill an engine have homes of their own."""
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    connection.close()  # the next one has it


def empty_tables(_case: object = None) -> None:
    """Leave what Django's flush leaves: the models' tables empty, but for what every migrated database has.

    Foreign keys are looked at where the transaction ends, so the order of the tables does not matter. Partitions are
    truncated, as one that had rows is another thing than one that never had; those that the test has made are dropped.
    """
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PARTITIONS)
        found = dict(cursor.fetchall())
        if used := [name for name, is_used in found.items() if is_used and name in _migrated]:
            cursor.execute(f"TRUNCATE {', '.join(used)}")
        if made := sorted(found.keys() - _migrated):
            cursor.execute(f"DROP TABLE {', '.join(made)}")
        cursor.execute(TABLES, [sorted(set(names) - KEPT)])
        tables = [connection.ops.quote_name(name) for (name,) in cursor.fetchall()]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")
        add_known_codes()


def forget_the_past() -> None:
    """Have PostgreSQL plan as for a database that was just migrated, until the transaction ends.

    A test that was rolled back leaves its dead rows, and ANALYZE's count of them, which no transaction undoes: plans
    would depend on which tests were before. Tables without rows get new files, but for those that others refer to, and
    all statistics are cleared.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PLANNED)
        found = cursor.fetchall()
        used = [f'"{name}"' for name, is_used in found if is_used and name not in KEPT]
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}' WHERE NOT EXISTS (SELECT FROM {name})" for name in used))
        if dead := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"TRUNCATE {', '.join(dead)}")
        cursor.execute(_FORGET)
        names = [name for name, _ in found]
        cursor.execute("SELECT pg_clear_relation_stats('public', name) FROM unnest(%s::text[]) AS name", [names])

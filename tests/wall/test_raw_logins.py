"""Each login over a plain connection, as a hostile SQL text would use it: every table, and ways past the tables."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege, IntegrityError
from psycopg.sql import SQL, Identifier, Literal

from portal.common.database import connection_string
from portal.tenants.wall import INGEST, METRICS, METRICS_TABLES, ROLES, SIGNIN, SIGNIN_TABLES, STAFF, WEB, grants
from tests.wall.rows import row, rows

# Each table with a column of it, and those that a login may read and change.
_TABLES = """
SELECT c.relname, c.relispartition, min(a.attname::text),
    array_agg(a.attname::text ORDER BY attnum) FILTER (WHERE has_column_privilege(%(login)s, c.oid, attnum, 'SELECT')),
    min(a.attname::text) FILTER (WHERE has_column_privilege(%(login)s, c.oid, attnum, 'UPDATE'))
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.oid ORDER BY 1
"""
_TABLES_AND_VIEWS = _TABLES.replace("('r', 'p')", "('r', 'p', 'v')")
# What each login reads with nothing set. Staff read what they are granted: of all tenants.
READ_WITH_NOTHING_SET = {
    WEB: {
        "accounts_unsentmail",  # ids
        "accounts_user_groups", "accounts_user_user_permissions", "auth_group", "auth_group_permissions",
        "auth_permission", "django_content_type", "event_log_state", "inbox_todo", "result_code",
        "recipient_secret",  # encrypted with SECRET_KEY: the door of conversion events derives keys by it
    },
    SIGNIN: {*SIGNIN_TABLES} - {"accounts_auditentry"},
    INGEST: {"applier_stop", "inbox", "refusal_count", "tenants_feed", "tenants_feedtoken"},
    METRICS: {*METRICS_TABLES},
    STAFF: {table for table, of_roles in grants().items() if "SELECT" in of_roles.get(STAFF, "")},
}  # fmt: skip
PAST_THE_TABLES = [
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY inbox FROM PROGRAM 'true'",
    "COPY (SELECT 1) TO '/tmp/of-a-test'",
    "COPY inbox FROM '/etc/passwd'",
    "SELECT pg_read_file('postgresql.conf')",
    "SELECT pg_read_binary_file('postgresql.conf')",
    "SELECT pg_stat_file('postgresql.conf')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '/tmp/of-a-test')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_shadow",
    "SELECT pg_reload_conf()",
    "ALTER SYSTEM SET work_mem = '1GB'",
    "SET session_replication_role = 'replica'",
    "SET log_min_messages = 'debug5'",
    "CREATE TABLE public.of_a_test ()",
    "CREATE VIEW public.of_a_test AS SELECT 1",
    "CREATE FUNCTION public.of_a_test() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE FUNCTION pg_temp.of_a_test() RETURNS int LANGUAGE c AS 'libc', 'system'",
    "CREATE SCHEMA of_a_test",
    "CREATE DATABASE of_a_test",
    "CREATE ROLE of_a_test",
    "CREATE EVENT TRIGGER of_a_test ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE PUBLICATION of_a_test FOR ALL TABLES",
    "ALTER TABLE message NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE message DISABLE ROW LEVEL SECURITY",
    "CREATE POLICY of_a_test ON message USING (true)",
    "DROP POLICY wall_web ON message",
    "TRUNCATE message",
    "DO LANGUAGE plpgsql $$ BEGIN PERFORM pg_read_file('PG_VERSION'); END $$",
]
_FUNCTIONS = """
SELECT oid::regprocedure::text FROM pg_proc
WHERE (proname ~ '^(lo_|loread$|lowrite$|pg_read_|pg_ls_|pg_file_|pg_logdir_)' OR proname IN (
    'pg_stat_file', 'pg_current_logfile', 'pg_reload_conf', 'pg_rotate_logfile', 'pg_promote', 'pg_switch_wal',
    'pg_create_restore_point', 'pg_backup_start', 'pg_log_backend_memory_contexts'
)) AND has_function_privilege(%s, oid, 'EXECUTE') ORDER BY 1
"""


def connect(login: str) -> psycopg.Connection:
    return psycopg.connect(connection_string(login), autocommit=True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("login", ROLES)
def test_login_with_nothing_set_reads_what_it_needs_of_all_tables(login, row_in_every_table):
    seen, partitions = set(), set()
    with connect(login) as connection:
        for table, is_partition, column, readable, _changeable in rows(_TABLES_AND_VIEWS, {"login": login}):
            columns = SQL(", ").join(map(Identifier, readable or [column]))
            query = SQL("SELECT {} FROM {}").format(columns, Identifier(table))
            if not readable:
                for refused in (query, SQL("COPY {} TO STDOUT").format(Identifier(table))):
                    with pytest.raises(InsufficientPrivilege):
                        connection.execute(refused)
            elif connection.execute(query).fetchone():
                (partitions if is_partition else seen).add(table)

    assert (seen, partitions) == (READ_WITH_NOTHING_SET[login], set())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("login", "added", "changed"),
    [
        (WEB, {"accounts_unsentmail"}, set()),
        (INGEST, {"inbox", "inbox_todo", "refusal_count"}, {"refusal_count"}),
        (METRICS, set(), set()),
    ],
)
def test_login_with_nothing_set_writes_little(login, added, changed, row_in_every_table, two):
    found = {"added": set(), "changed": set()}
    with connect(login) as connection:
        for table, is_partition, column, _readable, changeable in rows(_TABLES, {"login": login}):
            name, values = Identifier(table), row(table, two.other) if not is_partition else {column: None}
            columns = SQL(", ").join(map(Identifier, values))
            adding = SQL("INSERT INTO {} ({}) VALUES ({})").format(
                name, columns, SQL(", ").join(map(Literal, values.values()))
            )
            changing = SQL("UPDATE {} SET {column} = {column}").format(name, column=Identifier(changeable or column))
            for what, statement in (
                ("added", adding), ("changed", changing), ("changed", SQL("DELETE FROM {}").format(name))
            ):  # fmt: skip
                try:
                    with connection.transaction(force_rollback=True):
                        if not connection.execute(statement).rowcount:
                            continue
                except InsufficientPrivilege:
                    continue
                except IntegrityError:
                    pass  # it may; the same row is there
                found[what].add(table)

    assert found == {"added": added, "changed": changed}


@pytest.mark.django_db
@pytest.mark.parametrize("login", ROLES)
@pytest.mark.parametrize("statement", PAST_THE_TABLES, ids=lambda text: text[:40])
def test_login_has_no_way_past_the_tables(login, statement):
    with connect(login) as connection, pytest.raises(InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize("login", ROLES)
def test_login_may_call_no_function_for_files_and_large_objects(login):
    assert rows(_FUNCTIONS, [login]) == []
    assert len(rows(_FUNCTIONS, ["postgres"])) > 30


@pytest.mark.django_db
@pytest.mark.parametrize("login", ROLES)
def test_login_gets_no_power_and_no_other_role(login):
    logins = {*ROLES, "portal", "postgres"} - {login}
    statements = [
        SQL("ALTER ROLE {} {}").format(Identifier(login), SQL(power))
        for power in ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION")
    ]
    for role in sorted(logins | {"pg_read_all_data", "pg_execute_server_program"}):
        becoming = ("GRANT {} TO CURRENT_USER", "SET ROLE {}", "SET LOCAL ROLE {}", "SET SESSION AUTHORIZATION {}")
        statements += [SQL(text).format(Identifier(role)) for text in becoming]
    statements += [SQL("ALTER ROLE {} PASSWORD 'x'").format(Identifier(role)) for role in sorted(logins)]
    with connect(login) as connection:
        for statement in statements:
            with pytest.raises(InsufficientPrivilege), connection.transaction():
                connection.execute(statement)
        assert connection.execute("SELECT session_user, current_user").fetchone() == (login, login)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("login", [WEB, INGEST, METRICS, SIGNIN])
def test_row_security_switched_off_is_an_error_and_no_rows(login, row_in_every_table):
    table = "tenants_feed" if login in (INGEST, METRICS) else "tenants_tenant"
    with connect(login) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(InsufficientPrivilege, match="row-level security"):
            connection.execute(f"SELECT id FROM {table}")

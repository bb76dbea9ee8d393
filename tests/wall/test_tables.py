"""Every table of the database stands behind the wall, and the roles are no more than they should be."""

import re

import pytest

from portal.tenants.wall import (
    BILLING_TABLES,
    GUARDED_TABLES,
    PEOPLE_TABLES,
    PRICE_TABLES,
    PRIVATE_TABLES,
    ROLES,
    SIGNIN,
    TENANT_TABLES,
    VIEWS,
    grants,
    policies,
    raise_wall,
)
from tests.wall.rows import change, rows

pytestmark = pytest.mark.django_db

_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v')
AND c.relispartition = %s ORDER BY 1
"""
_WITH_TENANT = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, array_agg(p.polname::text ORDER BY p.polname)
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
LEFT JOIN pg_policy p ON p.polrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.oid ORDER BY c.relname
"""
_PARTITIONS = """
SELECT c.relname, parent.relname, c.relrowsecurity AND c.relforcerowsecurity,
    (SELECT string_agg(polname, ' ') FROM pg_policy p WHERE p.polrelid = c.oid), c.relacl IS NULL
FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class parent ON parent.oid = i.inhparent
WHERE c.relkind = 'r' ORDER BY 1
"""
_TERMS = """
SELECT tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies ORDER BY 1, 2
"""
_OIDS = "SELECT polname, polrelid::regclass::text, oid FROM pg_policy ORDER BY 1, 2"
_PRIVILEGES = """
SELECT c.relname, acl.grantee::regrole::text, string_agg(acl.privilege_type, ' ' ORDER BY acl.privilege_type)
FROM pg_class c, aclexplode(c.relacl) acl
WHERE c.relnamespace = 'public'::regnamespace AND acl.grantee <> c.relowner GROUP BY 1, 2 ORDER BY 1, 2
"""

_OF_THE_TABLE = re.compile(r"[A-Z]+(?! \()\b")  # not of some columns alone


def names(query: str, *parameters) -> set[str]:
    return {name for (name,) in rows(query, list(parameters))}


def test_every_table_stands_in_the_wall():
    assert sorted(names(_TABLES, False)) == sorted(grants())


def test_every_table_with_a_tenant_is_forced_and_has_its_policies():
    found = rows(_WITH_TENANT)
    assert {"message", "delivery_report", "daily_count", "report_run"} <= {table for table, *_ in found}
    assert found == [(table, True, True, sorted(policies()[table][1])) for table, *_ in found]
    assert all({"wall_owner", "wall_staff"} <= set(names) for *_, names in found)
    assert {table for table, *_ in found} == {*TENANT_TABLES, *PRIVATE_TABLES, *GUARDED_TABLES} - {"tenants_tenant"}


def test_partitions_of_facts_are_forced_and_closed_to_all_but_by_their_parent(two):
    found = rows(_PARTITIONS)
    of_facts = {
        name: (forced, policies, closed) for name, parent, forced, policies, closed in found if parent != "inbox"
    }
    assert {"delivery_report_2026_11", "message_2026_11", "message_parameter_2026_11"} <= of_facts.keys()
    assert set(of_facts.values()) == {(True, "wall_owner", True)}  # the policy is what a dump needs
    assert {closed for *_, closed in found} == {True}


def test_grants_are_those_of_the_tables_and_nobody_else_has_any():
    expected = {
        (table, role, " ".join(sorted(_OF_THE_TABLE.findall(privileges))))
        for table, of_roles in grants().items()
        for role, privileges in of_roles.items()
        if _OF_THE_TABLE.search(privileges)
    }
    assert set(rows(_PRIVILEGES)) == expected


def test_web_reads_few_columns_of_feeds_and_accounts():
    by_column = (
        "SELECT table_name || '.' || column_name FROM information_schema.column_privileges"
        " WHERE grantee = 'portal_web' AND table_name IN ('tenants_feed', 'tenants_gatewayaccount')"
    )
    assert names(by_column) == {
        "tenants_feed.account_id",
        "tenants_feed.dialect",
        "tenants_gatewayaccount.id",
        "tenants_gatewayaccount.name",
        "tenants_gatewayaccount.owner_id",
        "tenants_gatewayaccount.owner_since",
        "tenants_gatewayaccount.platform_id",
        "tenants_gatewayaccount.pool_id",
        "tenants_gatewayaccount.timezone",
    }


@pytest.mark.parametrize(
    ("role", "privilege", "readable"),
    [
        ("portal_ingest", "SELECT", ["refusal_count", "tenants_feed", "tenants_feedtoken"]),
        ("portal_ingest", "INSERT", ["inbox", "inbox_todo", "refusal_count", "tenants_feed"]),
        ("portal_ingest", "UPDATE", []),
        ("portal_ingest", "DELETE", []),
        ("portal_web", "TRUNCATE", []),
        ("portal_staff", "TRUNCATE", []),
        ("portal_web", "TRIGGER", []),
    ],
)
def test_role_holds_a_privilege_for_few_tables_alone(role, privilege, readable):
    held = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace = 'public'::regnamespace"
    )
    assert sorted(names(held + " AND has_table_privilege(%s, oid, %s)", role, privilege)) == readable


@pytest.mark.parametrize("privilege", ["UPDATE", "DELETE"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "table", ["accounts_auditentry", "message", "delivery_report", "message_parameter", "daily_count"]
)
def test_audit_log_and_facts_can_be_changed_by_no_role(table, role, privilege):
    assert rows("SELECT has_table_privilege(%s, %s, %s)", [role, table, privilege]) == [(False,)]


def test_nothing_else_stands_in_the_schema_that_would_see_past_the_wall():
    """A view without `security_invoker` reads its tables as the owner."""
    views = "SELECT relname, relkind::text, reloptions FROM pg_class WHERE relkind IN ('v', 'm')"
    assert sorted(rows(f"{views} AND relnamespace = 'public'::regnamespace")) == [
        (view, "v", ["security_invoker=true"]) for view in sorted(VIEWS)
    ]
    assert names("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef") == set()


def test_roles_log_in_and_have_no_powers():
    query = """
        SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit
        FROM pg_roles WHERE rolname = ANY (%s) ORDER BY 1
    """
    assert rows(query, [list(ROLES)]) == [(role, True, False, False, False, False, False) for role in sorted(ROLES)]
    memberships = "SELECT count(*) FROM pg_auth_members WHERE member::regrole::text = ANY (%s)"
    assert rows(memberships, [list(ROLES)]) == [(0,)]


def test_owner_is_no_superuser_and_the_wall_holds_it_too():
    assert rows("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user") == [(False, False)]
    inherits = """
        SELECT roleid::regrole::text, bool_or(inherit_option) FROM pg_auth_members
        WHERE member = current_user::regrole AND roleid::regrole::text = ANY (%s) AND set_option GROUP BY 1 ORDER BY 1
    """
    assert rows(inherits, [list(ROLES)]) == [(role, False) for role in sorted(ROLES)]


def test_wall_raised_again_changes_nothing():
    before = rows(_PRIVILEGES), rows(_WITH_TENANT), rows(_OIDS)
    raise_wall()
    assert (rows(_PRIVILEGES), rows(_WITH_TENANT), rows(_OIDS)) == before  # no policy was so much as made anew


def test_wall_raised_again_mends_what_was_loosened():
    before = rows(_PRIVILEGES), rows(_WITH_TENANT), rows(_TERMS)
    for statement in (
        "GRANT SELECT ON inbox TO portal_web",
        "GRANT SELECT (body) ON inbox TO portal_ingest",
        "REVOKE SELECT ON message FROM portal_web",
        "ALTER TABLE message NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY wall_web ON daily_count",
        "ALTER POLICY wall_web ON message USING (true)",
        "ALTER POLICY wall_web ON accounts_user TO PUBLIC",
        "CREATE POLICY another ON report_run USING (true)",
    ):
        change(statement, [])
    raise_wall()
    assert (rows(_PRIVILEGES), rows(_WITH_TENANT), rows(_TERMS)) == before
    assert rows("SELECT has_column_privilege('portal_ingest', 'inbox', 'body', 'SELECT')") == [(False,)]


def test_partition_from_before_the_owners_policy_gets_it(two):
    change("DROP POLICY wall_owner ON message_2026_11", [])
    assert rows("SELECT 1 FROM message_2026_11") == []  # so a dump would hold none of its rows

    raise_wall()

    assert len(rows("SELECT 1 FROM message_2026_11")) > 0


def test_owners_policy_follows_the_table_to_another_owner():
    """A restored table may belong to another login than the one that made it."""
    change("CREATE ROLE another_owner NOLOGIN", [])
    change("GRANT another_owner TO CURRENT_USER", [])
    change("GRANT CREATE ON SCHEMA public TO another_owner", [])
    change("ALTER TABLE daily_count OWNER TO another_owner", [])

    raise_wall()

    query = "SELECT roles::text[] FROM pg_policies WHERE tablename = 'daily_count' AND policyname = 'wall_owner'"
    assert rows(query) == [(["another_owner"],)]


def test_people_and_prices_are_forced_and_have_their_policies():
    query = """
        SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, array_agg(p.polname::text ORDER BY p.polname)
        FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid WHERE c.relname = ANY (%s) GROUP BY c.oid ORDER BY 1
    """
    tables = sorted([*PEOPLE_TABLES, *PRICE_TABLES, *BILLING_TABLES])
    assert rows(query, [tables]) == [(table, True, sorted(policies()[table][1])) for table in tables]


def test_signing_in_reaches_no_facts():
    held = names(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND (has_any_column_privilege(%s, oid, 'SELECT') OR has_table_privilege(%s, oid, 'DELETE'))",
        SIGNIN,
        SIGNIN,
    )
    # The ids and times of what it adds itself, the shared links that somebody opens, what brands look like, and who
    # wants mails about alerts.
    own = {"accounts_auditentry", "alert_mail_choice", "share_link", "tenant_brand"}
    assert held & {*TENANT_TABLES, *PRIVATE_TABLES, *PRICE_TABLES, *BILLING_TABLES} == own
    assert not held & {"inbox", "quarantine", "tenants_feed", "tenants_feedtoken"}

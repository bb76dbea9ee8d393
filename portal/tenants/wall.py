"""The wall between tenants: roles, grants and row-level policies, all of them from one list (wall_tables.py).

The application's own login owns the tables and is no superuser. People, API keys and senders are answered by roles with
a login of their own in the process that serves them (portal/common/postgres); where the owner runs, it takes them on
inside a transaction (portal/tenants/scope.py):

- `portal_web`: sees the tenants in `portal.tenant_ids` and the person in `portal.person`, by policies of the database;
  nothing set, nothing seen;
- `portal_staff`: sees all tenants; for verified staff alone;
- `portal_signin`: finds out who asks, and answers below /accounts/: people, sessions, invitations, keys; no facts;
- `portal_ingest`: writes to the inbox and reads the feeds; adds the feed of an account's submissions; nothing else;
- `portal_metrics`: counts for /metrics what waits and what failed, of all tenants; no facts, no people.

A table that stands in no mapping of that list is granted to none of them (a test lists every table of the database).
"""

import re

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from portal.tenants.logins import make_login
from portal.tenants.policies import make_policies
from portal.tenants.wall_billing import BILLING_POLICIES
from portal.tenants.wall_prices import PRICE_POLICIES
from portal.tenants.wall_tables import (
    BILLING_TABLES,
    GLOBAL_TABLES,
    GUARDED_TABLES,
    INGEST,
    METRICS,
    METRICS_TABLES,
    PEOPLE_TABLES,
    PRICE_TABLES,
    PRIVATE_TABLES,
    ROLES,
    SEEN_TABLES,
    SIGNIN,
    SIGNIN_TABLES,
    STAFF,
    TENANT_TABLES,
    VIEWS,
    WEB,
)

_OWN_TENANTS = "{column} = ANY (nullif(current_setting('portal.tenant_ids', true), '')::int[])"
_EVERYBODY = {
    "wall_staff": f"TO {STAFF} USING (true) WITH CHECK (true)",
    # A forced table hides its rows from a non-superuser owner too.
    "wall_owner": "TO {owner} USING (true) WITH CHECK (true)",
}
_OWN = {"wall_web": f"TO {WEB} USING ({_OWN_TENANTS}) WITH CHECK ({_OWN_TENANTS})"}
_FOR_A_TENANT = "nullif(current_setting('portal.tenant_ids', true), '') IS NOT NULL"
_PERSON = "nullif(current_setting('portal.person', true), '')::bigint"
_ONESELF = f"{{column}} = {_PERSON}"
# Also of a person who is for no tenant at the moment: pages list what one may switch to.
_MEMBER = f"EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = {_PERSON})"  # noqa: S608  a policy's terms, constants alone
# Rows of the guarded tables that pages read. People who declare a partner ID learn if it is taken, and by whom.
_SEEN = {
    "accounts_membership": f"{_OWN_TENANTS} OR user_id = {_PERSON}",
    "tenants_earlierowner": _FOR_A_TENANT,
    "tenants_partnerid": _FOR_A_TENANT,
    "tenants_tenant": f"{_FOR_A_TENANT} OR {_MEMBER}",
}
_OWN_WRITES = {
    "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK ({_OWN_TENANTS})",
    "wall_web_change": f"FOR UPDATE TO {WEB} USING ({_OWN_TENANTS}) WITH CHECK ({_OWN_TENANTS})",
    "wall_web_delete": f"FOR DELETE TO {WEB} USING ({_OWN_TENANTS})",
}
# A customer that the API adds is below one of its own; what it is itself is not known yet.
_ADDS = {
    "tenants_tenant": {
        "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK"
        f" (kind = 'customer' AND {_OWN_TENANTS.format(column='parent_id')})"
    }
}
_OWN_PERSON = {"wall_web": f"TO {WEB} USING ({_ONESELF}) WITH CHECK ({_ONESELF})"}
_MEMBERS = (
    "EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = {table}.id AND m."  # noqa: S608  a policy's terms, constants alone
    + _OWN_TENANTS.format(column="tenant_id")
    + ")"
)
_OF_PERSON = f"{_OWN_TENANTS} AND user_id = {_PERSON}"
# A role for a tenant holds for those below it.
_MANAGES = f"""EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = {_PERSON}
AND m.role IN ('owner', 'manager') AND m.tenant_id IN (WITH RECURSIVE above AS (
    SELECT t.id, t.parent_id FROM tenants_tenant t WHERE t.id = {{table}}.tenant_id
    UNION SELECT t.id, t.parent_id FROM above JOIN tenants_tenant t ON t.id = above.parent_id
) SELECT above.id FROM above))"""  # noqa: S608  a policy's terms, constants alone
_CHANGED = f"{_OWN_TENANTS} AND (user_id = {_PERSON} OR (is_shared AND {_MANAGES}))"
_PRIVATE = {
    "wall_web_read": f"FOR SELECT TO {WEB} USING ({_OWN_TENANTS} AND (user_id = {_PERSON}"
    f" OR (is_shared AND {_PERSON} IS NOT NULL)))",
    "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK ({_OF_PERSON})",
    "wall_web_change": f"FOR UPDATE TO {WEB} USING ({_CHANGED}) WITH CHECK ({_CHANGED})",
    "wall_web_delete": f"FOR DELETE TO {WEB} USING ({_CHANGED})",
}
_PEOPLE = {"wall_web": f"FOR SELECT TO {WEB} USING ({_ONESELF} OR {_MEMBERS})"}

# Which rows the role for signing in reaches: it reads all that it may read at all, and writes as follows.
_SIGNIN_READS = {"wall_signin_read": f"FOR SELECT TO {SIGNIN} USING (true)"}
_SIGNIN_WRITES_OWN = {
    "wall_signin_add": f"FOR INSERT TO {SIGNIN} WITH CHECK ({_OWN_TENANTS})",
    "wall_signin_change": f"FOR UPDATE TO {SIGNIN} USING ({_OWN_TENANTS}) WITH CHECK ({_OWN_TENANTS})",
}
_NO_STAFF = "NOT is_staff AND NOT is_superuser"
_OWN_OR_NOBODYS = f"tenant_id IS NULL OR {_OWN_TENANTS}"
_SIGNIN: dict[str, dict[str, str]] = {
    "account_emailaddress": {"wall_signin": f"TO {SIGNIN} USING (true) WITH CHECK (true)"},
    "alert_mail_choice": _SIGNIN_READS | _SIGNIN_WRITES_OWN,
    "accounts_auditentry": {"wall_signin": f"TO {SIGNIN} USING ({_OWN_OR_NOBODYS}) WITH CHECK ({_OWN_OR_NOBODYS})"},
    "accounts_invitation": _SIGNIN_READS | _SIGNIN_WRITES_OWN,  # of the tenant that the link leads to
    "accounts_membership": _SIGNIN_READS | _SIGNIN_WRITES_OWN,
    "accounts_user": _SIGNIN_READS
    | {
        "wall_signin_add": f"FOR INSERT TO {SIGNIN} WITH CHECK ({_NO_STAFF})",
        "wall_signin_change": f"FOR UPDATE TO {SIGNIN} USING (true) WITH CHECK (true)",
    },
    "mfa_authenticator": {"wall_signin": f"TO {SIGNIN} USING (true) WITH CHECK (true)"},
    "share_link": _SIGNIN_READS | {"wall_signin_change": _SIGNIN_WRITES_OWN["wall_signin_change"]},
    "tenant_brand": _SIGNIN_READS,
    "tenants_apikey": _SIGNIN_READS,
    "tenants_earlierowner": _SIGNIN_READS,
    "tenants_gatewayaccount": _SIGNIN_READS,
    "tenants_partnerid": _SIGNIN_READS,
    "tenants_tenant": _SIGNIN_READS,
    "usersessions_usersession": {"wall_signin": f"TO {SIGNIN} USING (true) WITH CHECK (true)"},
}
# Submissions by the API come in by a feed that the first of them adds; feeds with tokens are for staff to make.
_INGEST = {"tenants_feed": {"wall_ingest_add": f"FOR INSERT TO {INGEST} WITH CHECK (kind = 'submissions')"}}
_METRICS = {"wall_metrics": f"FOR SELECT TO {METRICS} USING (true)"}


def raise_wall(using: str = DEFAULT_DB_ALIAS, **_signal) -> None:
    """Synchronise roles, grants and policies with the list; safe to repeat and beside traffic."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        raise_roles(using)
        existing = set(connection.introspection.table_names(cursor, include_views=True))
        for table, of_roles in grants().items():
            if table in existing:
                _grant(cursor, table, of_roles)
        for table, (column, wanted) in policies().items():
            if table in existing:
                force_row_security(cursor, table)
                make_policies(cursor, table, wanted, column=column)
        for table in TENANT_TABLES:
            if table in existing:
                for partition in _partitions(cursor, table):
                    guard_partition(cursor, partition)


def grants() -> dict[str, dict[str, str]]:
    """Return the privileges of each table by role."""
    named: dict[str, dict[str, str]] = {}
    of_both = TENANT_TABLES | VIEWS | PRIVATE_TABLES | PRICE_TABLES | BILLING_TABLES | GUARDED_TABLES | PEOPLE_TABLES
    for table, (web, staff, *_) in of_both.items():
        named[table] = {WEB: web, STAFF: staff}
    for table, (web, staff, ingest) in (SEEN_TABLES | GLOBAL_TABLES).items():
        named[table] = {WEB: web, STAFF: staff, INGEST: ingest}
    for role, tables in ((SIGNIN, SIGNIN_TABLES), (METRICS, METRICS_TABLES)):
        for table, privileges in tables.items():
            named[table][role] = privileges
    return named


def policies() -> dict[str, tuple[str, dict[str, str]]]:
    """Return, for each table with policies, the column that they are about and their terms."""
    found: dict[str, tuple[str, dict[str, str]]] = dict.fromkeys(TENANT_TABLES, ("tenant_id", _OWN))
    found |= dict.fromkeys(PRIVATE_TABLES, ("tenant_id", _PRIVATE))
    found |= {table: ("", PRICE_POLICIES[table]) for table in PRICE_TABLES}
    found |= {table: ("", BILLING_POLICIES[table]) for table in BILLING_TABLES}
    for table, (_web, _staff, column) in GUARDED_TABLES.items():
        reads = {"wall_web_read": f"FOR SELECT TO {WEB} USING ({_SEEN.get(table, _OWN_TENANTS)})"}
        found[table] = column, reads | _OWN_WRITES | _ADDS.get(table, {})
    for table, (_web, _staff, column) in PEOPLE_TABLES.items():
        found[table] = column, _PEOPLE if column == "id" else _OWN_PERSON
    for table, (_web, _staff, ingest) in SEEN_TABLES.items():
        reads = {"wall_web": f"FOR SELECT TO {WEB} USING ({_FOR_A_TENANT})"}
        if ingest:
            reads["wall_ingest"] = f"FOR SELECT TO {INGEST} USING (true)"
        found[table] = "", reads
    for table, (column, wanted) in found.items():
        metrics = _METRICS if table in METRICS_TABLES else {}
        of_others = _SIGNIN.get(table, {}) | _INGEST.get(table, {}) | metrics | _EVERYBODY
        found[table] = column, wanted | of_others
    return found


def _partitions(cursor, table: str) -> list[str]:
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
    return [row[0] for row in cursor.fetchall()]


def raise_roles(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the roles, which are the cluster's, and let them into the database's schema."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        # Two databases being set up at once would collide.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.wall'))")
        for role in ROLES:
            make_login(cursor, role)


def guard_partition(cursor, table: str) -> None:
    """Close a partition to everybody but by its parent, and to the owner, who dumps and restores each by itself."""
    force_row_security(cursor, table)
    make_policies(cursor, table, {"wall_owner": _EVERYBODY["wall_owner"]}, column="tenant_id")


def force_row_security(cursor, table: str) -> None:
    """Force row-level security on `table`."""
    cursor.execute("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table])
    if not cursor.fetchone()[0]:
        cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')


def _grant(cursor, table: str, wanted: dict[str, str]) -> None:
    for role in ROLES:
        privileges = wanted.get(role, "")
        if _granted(cursor, table, role) != set(_PRIVILEGE.findall(privileges)):
            cursor.execute(f'REVOKE ALL ON "{table}" FROM {role}')
            if privileges:
                cursor.execute(f'GRANT {privileges} ON "{table}" TO {role}')


_PRIVILEGE = re.compile(r"[A-Z]+(?: \([a-z_, ]+\))?")  # SELECT, or SELECT (column, column) in the table's order
_GRANTED = """
SELECT acl.privilege_type FROM pg_class c, aclexplode(c.relacl) acl
WHERE c.oid = %(table)s::regclass AND acl.grantee = %(role)s::regrole
UNION
SELECT format('%%s (%%s)', acl.privilege_type, string_agg(a.attname, ', ' ORDER BY a.attnum))
FROM pg_attribute a, aclexplode(a.attacl) acl
WHERE a.attrelid = %(table)s::regclass AND acl.grantee = %(role)s::regrole
GROUP BY acl.privilege_type
"""


def _granted(cursor, table: str, role: str) -> set[str]:
    cursor.execute(_GRANTED, {"table": f'"{table}"', "role": role})
    return {privilege for (privilege,) in cursor.fetchall()}

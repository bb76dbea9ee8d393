"""The wall between tenants: roles, grants and row-level policies, all of them in one table.

The application's own login owns the tables and is no superuser. It answers people and API keys as one of three roles
without a login, which it takes on inside a transaction (portal/tenants/scope.py):

- `portal_web`: sees the tenants in `portal.tenant_ids` and the person in `portal.person`, by policies of the database;
  nothing set, nothing seen;
- `portal_staff`: sees all tenants; for verified staff alone;
- `portal_ingest`: writes to the inbox and reads the feeds; nothing else.

A table that stands in no mapping below is granted to none of them (a test lists every table of the database).
"""

import re

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from portal.tenants.policies import make_policies

WEB, STAFF, INGEST = "portal_web", "portal_staff", "portal_ingest"
ROLES = (WEB, STAFF, INGEST)

READ, ADD, CHANGE, ALL = (
    "SELECT",
    "SELECT, INSERT",
    "SELECT, INSERT, UPDATE",
    "SELECT, INSERT, UPDATE, DELETE",
)

# Tables with a tenant_id: forced row-level security. table: (web, staff)
TENANT_TABLES: dict[str, tuple[str, str]] = {
    "accounts_auditentry": (ADD, ADD),
    "campaigns_campaign": (READ, READ),
    "campaigns_refidscheme": (ALL, ALL),
    "campaigns_segmentkey": (CHANGE, CHANGE),
    "campaign_count": (READ, READ),
    "condensed_campaign": (READ, READ),
    "condensed_campaign_count": (READ, READ),
    "condensed_latency_count": (READ, READ),
    "condensed_span": (READ, READ),
    "daily_count": (READ, READ),
    "delivery_report": (READ, READ),
    "erased_month": (READ, READ),
    "hour_count": (READ, READ),
    "latency_count": (READ, READ),
    "message": (READ, READ),
    "message_parameter": (READ, READ),
    "partner_move": (ADD, CHANGE),
    "partner_request": (CHANGE, CHANGE),
    "report_run": (CHANGE, CHANGE),
    "retention_mark": (READ, READ),
    "submission_count": (READ, READ),
    "tenant_recount": ("SELECT, INSERT, DELETE", ALL),
}

# Global tables that pages write too: reading is by grant alone, the web role writes its own tenants' rows only.
# table: (web, staff, the column that holds the tenant)
GUARDED_TABLES: dict[str, tuple[str, str, str]] = {
    "accounts_invitation": (CHANGE, ALL, "tenant_id"),
    "accounts_membership": (ALL, ALL, "tenant_id"),
    "tenants_apikey": (CHANGE, ALL, "tenant_id"),
    "tenants_earlierowner": (ALL, ALL, "tenant_id"),
    "tenants_partnerid": (CHANGE, ALL, "tenant_id"),
    "tenants_tenant": ("SELECT, UPDATE", ALL, "id"),
}

# People and what is theirs: a page sees the person who is signed in and (of people alone) the members of its tenants.
# Pages below /accounts/ sign in and take in people whom nobody knows yet, so they reach everybody; who is staff no page
# decides. table: (web, staff, the column that holds the person)
PEOPLE_TABLES: dict[str, tuple[str, str, str]] = {
    "accounts_user": ("SELECT, INSERT, UPDATE (password, last_login, email, name)", ALL, "id"),
    "account_emailaddress": (ALL, ALL, "user_id"),
    "mfa_authenticator": (ALL, ALL, "user_id"),
    "usersessions_usersession": (ALL, ALL, "user_id"),
}

# Tables without a policy: least grants. table: (web, staff, ingest)
GLOBAL_TABLES: dict[str, tuple[str, str, str]] = {
    "account_emailconfirmation": (ALL, ALL, ""),
    "accounts_unsentmail": ("INSERT, SELECT (id)", "SELECT, UPDATE (sealed, shown_at, shown_by)", ""),
    "accounts_user_groups": (READ, ALL, ""),
    "accounts_user_user_permissions": (READ, ALL, ""),
    "auth_group": (READ, ALL, ""),
    "auth_group_permissions": (READ, ALL, ""),
    "auth_permission": (READ, READ, ""),
    "applier_stop": ("", READ, "SELECT (since, cause, code)"),  # what /readyz tells
    "axes_accessattempt": (ALL, ALL, ""),
    "axes_accessattemptexpiration": (ALL, ALL, ""),  # empty; deleting an attempt looks there
    "axes_accessfailurelog": ("", "", ""),
    "axes_accesslog": ("", "", ""),
    "django_admin_log": ("", ALL, ""),
    "django_content_type": (READ, READ, ""),
    "django_migrations": ("", "", ""),
    "django_session": (ALL, ALL, ""),
    "identity_filter": ("", "", ""),
    "import_count": ("", CHANGE, ""),
    "import_run": ("", READ, ""),
    "inbox": (
        "",
        "SELECT, INSERT, UPDATE (slice)",
        "INSERT, SELECT (id, received_at, slice)",
    ),  # what it wrote, it need not read
    "inbox_todo": (READ, ADD, "INSERT"),  # ids and times, which pages tell in sum
    "ingest_count": ("", CHANGE, ""),
    "quarantine": ("", "SELECT, UPDATE", ""),
    "refusal_count": ("", READ, "SELECT, INSERT, UPDATE (refusals, first_at, last_at)"),
    "result_code": (READ, CHANGE, ""),
    "rule_refold": ("", CHANGE, ""),
    "standing_check": ("", READ, ""),
    "tenants_feed": ("SELECT (account_id, dialect)", ALL, READ),  # what an account's result codes mean
    "tenants_feedtoken": ("", ALL, READ),
    "tenants_gatewayaccount": ("SELECT (id, name, timezone, pool_id, owner_id, owner_since)", ALL, ""),
}

_OWN_TENANTS = "{column} = ANY (nullif(current_setting('portal.tenant_ids', true), '')::int[])"
_EVERYBODY = {
    "wall_staff": f"TO {STAFF} USING (true) WITH CHECK (true)",
    # A forced table hides its rows from a non-superuser owner too.
    "wall_owner": "TO {owner} USING (true) WITH CHECK (true)",
}
_OWN = {"wall_web": f"TO {WEB} USING ({_OWN_TENANTS}) WITH CHECK ({_OWN_TENANTS})"}
_OWN_WRITES = {
    "wall_web_read": f"FOR SELECT TO {WEB} USING (true)",
    "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK ({_OWN_TENANTS})",
    "wall_web_change": f"FOR UPDATE TO {WEB} USING ({_OWN_TENANTS}) WITH CHECK ({_OWN_TENANTS})",
    "wall_web_delete": f"FOR DELETE TO {WEB} USING ({_OWN_TENANTS})",
}
_EVERYONE = "current_setting('portal.person', true) = 'any'"
_ONESELF = f"{{column}} = nullif(nullif(current_setting('portal.person', true), ''), 'any')::bigint OR {_EVERYONE}"
_OWN_PERSON = {"wall_web": f"TO {WEB} USING ({_ONESELF}) WITH CHECK ({_ONESELF})"}
_MEMBERS = (
    "EXISTS (SELECT 1 FROM accounts_membership m WHERE m.user_id = {table}.id AND m."
    + _OWN_TENANTS.format(column="tenant_id")
    + ")"
)
_PEOPLE = {
    "wall_web_read": f"FOR SELECT TO {WEB} USING ({_ONESELF} OR {_MEMBERS})",
    "wall_web_add": f"FOR INSERT TO {WEB} WITH CHECK ({_EVERYONE} AND NOT is_staff AND NOT is_superuser)",
    "wall_web_change": f"FOR UPDATE TO {WEB} USING ({_ONESELF}) WITH CHECK ({_ONESELF})",
}


def raise_wall(using: str = DEFAULT_DB_ALIAS, **_signal) -> None:
    """Make roles, grants and policies what the tables above say; safe to run again and beside traffic."""
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        raise_roles(using)
        existing = set(connection.introspection.table_names(cursor))
        for table, (web, staff) in TENANT_TABLES.items():
            if table in existing:
                _grant(cursor, table, {WEB: web, STAFF: staff})
                force_row_security(cursor, table)
                make_policies(cursor, table, _OWN | _EVERYBODY, column="tenant_id")
                for partition in _partitions(cursor, table):
                    guard_partition(cursor, partition)
        for table, (web, staff, column) in GUARDED_TABLES.items():
            if table in existing:
                _grant(cursor, table, {WEB: web, STAFF: staff})
                force_row_security(cursor, table)
                make_policies(cursor, table, _OWN_WRITES | _EVERYBODY, column=column)
        for table, (web, staff, column) in PEOPLE_TABLES.items():
            if table in existing:
                _grant(cursor, table, {WEB: web, STAFF: staff})
                force_row_security(cursor, table)
                own = _PEOPLE if column == "id" else _OWN_PERSON
                make_policies(cursor, table, own | _EVERYBODY, column=column)
        for table, (web, staff, ingest) in GLOBAL_TABLES.items():
            if table in existing:
                _grant(cursor, table, {WEB: web, STAFF: staff, INGEST: ingest})


def _partitions(cursor, table: str) -> list[str]:
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [table])
    return [row[0] for row in cursor.fetchall()]


def raise_roles(using: str = DEFAULT_DB_ALIAS) -> None:
    """Make the roles, which are the cluster's, and let them into the database's schema."""
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        # Two databases being set up at once would collide.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.wall'))")
        for role in ROLES:
            _make_role(cursor, role)


def guard_partition(cursor, table: str) -> None:
    """Close a partition to everybody but by its parent, and to the owner, who dumps and restores each by itself."""
    force_row_security(cursor, table)
    make_policies(cursor, table, {"wall_owner": _EVERYBODY["wall_owner"]}, column="tenant_id")


def force_row_security(cursor, table: str) -> None:
    """Force row-level security on `table`."""
    cursor.execute("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", [table])
    if not cursor.fetchone()[0]:
        cursor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')


def _make_role(cursor, role: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE ROLE {role} NOLOGIN NOINHERIT")
    cursor.execute(
        "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_auth_members WHERE roleid = %s::regrole AND member = r.oid"
        " AND set_option) FROM pg_roles r WHERE rolname = CURRENT_USER",
        [role],
    )
    if not cursor.fetchone()[0]:
        # To take the role on, never to inherit its policies.
        cursor.execute(f"GRANT {role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE")
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


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

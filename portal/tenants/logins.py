"""Roles of the wall with a login of their own, which can take on no other role."""

from django.conf import settings
from psycopg import sql

from portal.common.postgres.passwords import login_password


def make_login(cursor, role: str) -> None:
    """Make a role, let it log in and into the schema, and let the owner take it on; safe to run again.

    An embedded server knows its logins by the user of the system, so passwords are set on other servers alone.
    """
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is None:
        cursor.execute(f"CREATE ROLE {role} LOGIN NOINHERIT")
    cursor.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone()[0]:
        cursor.execute(f"ALTER ROLE {role} LOGIN")
    if settings.DATABASES["default"].get("PASSWORD"):
        _set_password(cursor, role)
    cursor.execute(
        "SELECT rolsuper OR EXISTS (SELECT 1 FROM pg_auth_members WHERE roleid = %s::regrole AND member = r.oid"
        " AND set_option) FROM pg_roles r WHERE rolname = CURRENT_USER",
        [role],
    )
    if not cursor.fetchone()[0]:
        # To take the role on, never to inherit its policies.
        cursor.execute(f"GRANT {role} TO CURRENT_USER WITH SET TRUE, INHERIT FALSE")
    cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def _set_password(cursor, role: str) -> None:
    """Send the verifier instead of the password, which the server would log with the statement."""
    server = cursor.connection.pgconn
    password = login_password(role).encode()
    verifier = server.encrypt_password(password, role.encode(), b"scram-sha-256").decode()
    cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier)))

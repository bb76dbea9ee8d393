"""Logins of the processes that answer requests become nobody else, over plain connections and from inside a page."""

from collections.abc import Iterator

import httpx
import psycopg
import pytest
from django.core import checks
from django.test import Client
from psycopg.conninfo import make_conninfo
from psycopg.errors import InsufficientPrivilege

from portal.common.database import connection_string
from portal.tenants.wall import ROLES, SIGNIN, STAFF, WEB
from tests.servers import Server, running_server

OTHERS = {login: [role for role in (*ROLES, "portal", "postgres") if role != login] for login in ROLES}
WAYS = ("SELECT set_config('role', %s, true)", "SELECT set_config('session_authorization', %s, true)")


def connect(login: str) -> psycopg.Connection:
    return psycopg.connect(connection_string(login), autocommit=True)


@pytest.mark.django_db
@pytest.mark.parametrize("login", ROLES)
def test_login_becomes_nobody_else(login):
    with connect(login) as connection:
        for other in OTHERS[login]:
            for way in WAYS:
                with pytest.raises(InsufficientPrivilege):
                    connection.execute(way, [other])
        for statement in ("RESET ROLE", "RESET SESSION AUTHORIZATION", "SET ROLE none"):
            connection.execute(statement)
            assert connection.execute("SELECT session_user, current_user").fetchall() == [(login, login)]


@pytest.mark.django_db
@pytest.mark.parametrize("login", ROLES)
def test_no_login_stores_large_objects(login):
    with connect(login) as connection:
        for call in ("lo_create(0)", "lo_creat(-1)", "lo_from_bytea(0, 'x')", "lo_open(1, 131072)", "loread(0, 1)"):
            with pytest.raises(InsufficientPrivilege):
                connection.execute(f"SELECT {call}")


@pytest.mark.django_db(transaction=True)
def test_check_warns_where_large_objects_are_open_to_all():
    conninfo = make_conninfo(connection_string(), user="postgres")
    before = checks.run_checks(databases=["default"], tags=["database"])
    with psycopg.connect(conninfo, autocommit=True) as superuser:
        superuser.execute("GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC")
        try:
            warned = checks.run_checks(databases=["default"], tags=["database"])
        finally:
            superuser.execute("REVOKE EXECUTE ON FUNCTION lo_create(oid) FROM PUBLIC")

    assert (before, [warning.id for warning in warned]) == ([], ["portal.W001"])


@pytest.fixture
def server(db, tmp_path) -> Iterator[Server]:
    with running_server({"DJANGO_SETTINGS_MODULE": "tests.wall.server_settings"}, folder=tmp_path) as server:
        yield server


@pytest.mark.django_db(transaction=True)
def test_connection_of_a_request_becomes_nobody_else(owner, staff_user, server):
    """First attempts of a hostile SQL text, from inside of each kind of page, over real HTTP."""
    clients = {}
    for name, user in (("owner", owner), ("staff", staff_user)):
        clients[name] = Client()
        clients[name].force_login(user)

    def become(path: str, name: str) -> dict:
        cookies = {"sessionid": clients[name].cookies["sessionid"].value}
        return httpx.get(server.url + path, cookies=cookies, timeout=10).json()

    def nobody_but(login: str) -> dict:
        return {"login": login, "became": [], "after reset": login}

    assert become("/become/", "owner") == nobody_but(WEB)
    assert become("/t/nordic-retail/become/", "owner") == nobody_but(WEB)
    assert become("/admin/become/", "owner") == nobody_but(WEB)
    assert become("/admin/become/", "staff") == nobody_but(STAFF)
    assert become("/accounts/become/", "owner") == nobody_but(SIGNIN)

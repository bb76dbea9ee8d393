"""Logins with passwords: a server that asks for them, and a web process that does not know the owner's."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.tenants.wall import ROLES
from tests.engines.conftest import told
from tests.running import Running, until

OWNER_PASSWORD = "password-of-the-owner"
# The server's own settings win over those of each start.
ASK = """
from portal.engines import account, database_url, postgres
database_url()
with postgres._connect("portal", timeout=10) as connection:
    connection.execute("ALTER ROLE portal PASSWORD '%s'")
rules, user = postgres._data() / "own_hba.conf", account.engine_user()
postgres._write(user, rules, "local all postgres peer map=portal\\nlocal all all scram-sha-256\\n")
postgres._write(user, postgres._data() / "custom.conf", f"hba_file = '{rules}'\\n")
"""
PASSWORD = """
import django; django.setup()
from portal.common.postgres.passwords import login_password
print(login_password("%s"))
"""


@pytest.fixture
def portal(tmp_path, fill_home) -> Iterator[Running]:
    path = Path(tempfile.mkdtemp(prefix="portal-test-"))
    path.chmod(0o755)
    fill_home(path)
    portal = Running(path, logs=tmp_path)
    try:
        yield portal
    finally:
        portal.remove()
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def asking_server(portal: Running) -> Iterator[dict[str, str]]:
    """Run a server that asks the owner and all logins for passwords, as an own server does; yield its words."""
    portal.code(ASK % OWNER_PASSWORD)
    with portal.user_process() as holder:
        urls = told(holder)
        yield conninfo_to_dict(urls["database"])
        holder.stdin.close()


def refuses(words: dict[str, str], user: str, password: str) -> bool:
    try:
        psycopg.connect(make_conninfo(**words | {"user": user, "password": password})).close()
    except psycopg.OperationalError as error:
        return "password" in str(error)
    return False


@pytest.mark.any_python
def test_web_works_by_passwords_made_from_a_secret_and_without_the_owners(portal: Running):
    with asking_server(portal) as words:
        where = f"/portal?host={words['host']}&port={words['port']}"
        portal.variables["DJANGO_SETTINGS_MODULE"] = "portal.settings"
        portal.variables["DATABASE_LOGINS_SECRET"] = "one secret"
        portal.variables["DATABASE_URL"] = f"postgresql://portal:{OWNER_PASSWORD}@{where}"
        portal.command("migrate", "--noinput")
        portal.variables["DATABASE_URL"] = f"postgresql://portal@{where}"

        portal.start("web")
        until(portal.answers, "the portal is ready")
        answer = httpx.get(f"{portal.url}/api/v1/key/", headers={"Authorization": "Bearer srk_nobodys_key"})
        assert (answer.status_code, answer.json()["type"]) == (401, "/api/v1/docs/#invalid-key")  # it was looked for
        portal.end("web")

        assert {login: refuses(words, login, "") for login in ("portal", *ROLES)} == dict.fromkeys(
            ("portal", *ROLES), True
        )
        ours = portal.code(PASSWORD % "portal_web")
        assert (refuses(words, "portal_web", ours), refuses(words, "portal_staff", ours)) == (False, True)

        portal.variables["DATABASE_LOGINS_SECRET"] = "another secret"
        portal.variables["DATABASE_URL"] = f"postgresql://portal:{OWNER_PASSWORD}@{where}"
        portal.command("migrate", "--noinput")
        assert refuses(words, "portal_web", ours)
        assert not refuses(words, "portal_web", portal.code(PASSWORD % "portal_web"))
        portal.variables.clear()

"""One real portal for all browser tests: the web server on a database of its own, beside the tests' one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from portal import serve
from portal.common.database import connection_string
from tests.browser import seed
from tests.people.factors import code_of
from tests.servers import REPOSITORY, Server, database_url, environment, running_server

DATABASE = "test_browser"
LATELY = 200  # seconds; what changes how an account is protected asks again after 300
REDIS_DATABASE = 5  # rates and tasks of other tests lie in 0


@dataclass
class Portal:
    """A running portal; `rows` are the ids and secrets that the seed made."""

    server: Server
    variables: dict[str, str]
    rows: dict
    _sessions: dict[str, tuple[float, str]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Passkeys are bound to a name, so it is this one and not an address."""
        return self.server.url.replace("127.0.0.1", "localhost")

    def session(self, person: str) -> str:
        """Return the key of a person's session, whose password was asked for lately."""
        begun, key = self._sessions.get(person, (-LATELY, ""))
        if time.monotonic() - begun >= LATELY:
            begun, key = self._sessions[person] = time.monotonic(), self.sign_in(person)
        return key

    def sign_in(self, person: str) -> str:
        """Sign in by the forms, with the second factor if there is one, and return the session's key."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=30) as http:
            page = _post(http, http.get("/accounts/login/"), login=person, password=seed.PASSWORD)
            if secret := self.rows["secrets"].get(person):
                _post(http, page, code=code_of(secret))
                # The same code is not taken twice; the clocks of phones may be half a minute ahead.
                _post(http, http.get("/accounts/2fa/reauthenticate/"), code=code_of(secret, step=1))
            else:
                _post(http, http.get("/accounts/reauthenticate/"), password=seed.PASSWORD)
            return http.cookies["sessionid"]

    @contextmanager
    def worker(self, folder: Path, name: str = "worker") -> Iterator[None]:
        """Run what bin/serve runs as `worker`, or as `exporter`."""
        words = serve.commands(self.variables | {"PORT": "0", "BIND": ""})[name]
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=REPOSITORY, env=os.environ | self.variables | {"TMPDIR": str(folder)},
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


@contextmanager
def running_portal(folder: Path) -> Iterator[Portal]:
    """Fill the copy of the tests' database that was made while it was fresh, and serve it."""
    variables = environment() | {
        "DATABASE_URL": urlsplit(database_url())._replace(path=f"/{DATABASE}").geturl(),
        "REDIS_URL": f"{settings.REDIS_URL.partition('?')[0]}?db={REDIS_DATABASE}",
        "PORTAL_FILES": str(folder / "files"),
    }
    rows = _fill(variables)
    with running_server(variables, folder=folder) as server:
        variables["PUBLIC_URL"] = f"http://localhost:{urlsplit(server.url).port}"
        yield Portal(server, variables, rows)


def make_database() -> None:
    """Copy the tests' database while nothing is in it but what the migrations made; where no test needs one, the seed
    migrates an empty database."""
    connection.close()  # a database in use is not copied
    name = conninfo_to_dict(connection_string())["dbname"]
    drop_database()
    _administer("CREATE DATABASE {} TEMPLATE {}", DATABASE, name if name.startswith("test_") else "template1")
    _administer("ALTER DATABASE {} SET synchronous_commit = off", DATABASE)


def drop_database() -> None:
    """Take the browser's database away, whoever uses it."""
    _administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", DATABASE)


def _administer(statement: str, *names: str) -> None:
    with psycopg.connect(connection_string(), dbname="postgres", autocommit=True) as database:
        database.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _fill(variables: dict[str, str]) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.browser.seed"], cwd=REPOSITORY,
        env=os.environ | variables | {"DJANGO_SETTINGS_MODULE": "portal.settings"},
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def _post(http: httpx.Client, page: httpx.Response, **values: str) -> httpx.Response:
    secret = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    answer = http.post(page.url, data={"csrfmiddlewaretoken": secret, **values})
    return answer.raise_for_status()

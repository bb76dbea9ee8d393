"""Database connections of one alias under several logins, each with its own pool.

`OPTIONS["login"]` names the login of a process that answers requests; its connections can take on no other role.
`logged_in(name)` uses another login's connection inside a `with`. Without that option everything runs as the owner of
the tables, who takes on roles instead (portal/tenants/scope.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql import base

from portal.common.postgres.passwords import login_password


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection as `login`; '' is the user of the settings, the owner of the tables."""

    _login_pools: dict[str, dict[str, object]] = {}  # by login, then by alias as in Django

    def __init__(self, settings_dict: dict, alias: str = DEFAULT_DB_ALIAS, login: str | None = None) -> None:
        super().__init__(settings_dict, alias)
        self.login = settings_dict.get("OPTIONS", {}).get("login", "") if login is None else login
        self.role = ""  # what the open transaction took on (portal/tenants/scope.py)

    @property
    def _connection_pools(self) -> dict[str, object]:
        """The pools of the alias, one for each login."""
        return self._login_pools.setdefault(self.login, {})

    def get_connection_params(self) -> dict:
        params = super().get_connection_params()
        params.pop("login", None)
        return as_login(params, self.login)


def as_login(params: dict, login: str) -> dict:
    """Return connection parameters with the user and password of `login`; '' leaves them as they are."""
    return params | {"user": login, "password": login_password(login)} if login else params


def pools() -> Iterator[tuple[str, dict[str, int]]]:
    """Return each login of this process that has opened a pool, with what psycopg_pool counts of it."""
    for login, by_alias in sorted(DatabaseWrapper._login_pools.items()):
        if (pool := by_alias.get(DEFAULT_DB_ALIAS)) is not None:
            yield login, pool.get_stats()


@contextmanager
def logged_in(login: str) -> Iterator[None]:
    """Let the default alias be a connection of `login`, independent of any open transaction.

    Does nothing if the alias is that login already, or the owner, who has a single connection for all roles.
    """
    outer = connections[DEFAULT_DB_ALIAS]
    if outer.login in ("", login):
        yield
        return
    inner = connections[DEFAULT_DB_ALIAS] = DatabaseWrapper(outer.settings_dict, outer.alias, login)
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = outer
        inner.close()

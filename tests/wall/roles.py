"""The database's roles that a request takes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def roles_taken() -> Iterator[set[str]]:
    """Collect the roles that transactions take on."""
    taken: set[str] = set()

    def listen(execute, sql, params, many, context):
        if "set_config('role'" in sql:
            taken.add(params[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(listen):
        yield taken

"""Actual work of PostgreSQL for the statements of a test, whatever its statistics of table sizes say."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection

BELIEFS = ("never looked at", "believed empty", "known")
_EXPLAINED = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b")
_LEFT_OUT = re.compile(r"; |\bpg_")  # several statements at once; locks


def believe(belief: str, *tables: str) -> None:
    """Have PostgreSQL believe so of these tables, until the transaction ends."""
    pages, rows = (10, 0) if belief == "believed empty" else (0, -1)  # as after ANALYZE beside uncommitted rows
    with connection.cursor() as cursor:
        for table in tables:
            if belief == "known":
                cursor.execute(f"ANALYZE {table}")
                continue
            cursor.execute(
                "SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', %s::text, 'relpages', %s::int,"
                " 'reltuples', %s::real)",
                [table, pages, rows],
            )


@contextmanager
def watched(monkeypatch, *, most: int) -> Iterator[list[str]]:
    """Run each statement twice, first explained and taken back, and yield the statements that were looked at.

    At the end no step of a plan may have touched more than `most` rows: with n of everything, comparing all with all
    is n * n.
    """
    statements: list[str] = []
    too_much: list[tuple] = []
    execute = psycopg.Cursor.execute

    def explain(cursor, query, params=None, **kwargs):
        if isinstance(query, str) and _EXPLAINED.match(query) and not _LEFT_OUT.search(query):
            execute(cursor, "SAVEPOINT explained")
            execute(cursor, f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", params)
            ((found,),) = cursor.fetchall()
            execute(cursor, "ROLLBACK TO explained")
            statements.append(query)
            too_much.extend((query, *step) for step in _steps(found[0]["Plan"]) if step[0] > most)
        return execute(cursor, query, params, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", explain)
        yield statements
    assert too_much == []


def _steps(node: dict) -> Iterator[tuple[int, str, str | None]]:
    """Yield (rows touched in all, kind, index or table) of a plan's steps."""
    rows = sum(value for name, value in node.items() if name == "Actual Rows" or name.startswith("Rows Removed by"))
    yield round(node["Actual Loops"] * rows), node["Node Type"], node.get("Index Name") or node.get("Relation Name")
    for below in node.get("Plans", ()):
        yield from _steps(below)

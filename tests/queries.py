"""Counts of SQL statements: a test that meets another number than it expects lists what was run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

_VALUE = re.compile(r"'(?:[^']|'')*'|\b\d+(?:\.\d+)?\b")


@contextmanager
def assert_queries(number: int) -> Iterator[CaptureQueriesContext]:
    """Fail, with each statement and how often it ran, unless exactly `number` statements are run inside."""
    __tracebackhide__ = True
    with CaptureQueriesContext(connection) as captured:
        yield captured
    if len(captured) != number:
        statements = [query["sql"] for query in captured.captured_queries]
        pytest.fail(f"{len(statements)} queries instead of {number}:\n{list_statements(statements)}")


def list_statements(statements: Iterable[str]) -> str:
    """Return a line for each statement in the order of their first runs; those that differ in values alone are one."""
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for sql in statements:
        line = " ".join(sql.split())
        shape = _VALUE.sub("?", line)
        counts[shape] += 1
        first.setdefault(shape, line)
    return "\n".join(f"{counts[shape]:>4} × {sql}" for shape, sql in first.items())

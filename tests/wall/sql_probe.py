"""A probe for SQL texts that are made of a request's data: what is asked holds a mark, which no statement may hold.

Values reach the database beside the text of a statement, so the text of an innocent one never shows the mark. The
parameters that a page has are those that it looks for, its fields, and those of its links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import unescape
from urllib.parse import parse_qsl

import psycopg
import pytest
from django.db import transaction
from django.http import QueryDict
from psycopg.sql import Composable

MARK = "zq7mark"
# What ends a literal, an identifier, a bracket or a statement, and what psycopg takes for a place of a value; and a
# condition, as a number would be followed by.
PAYLOADS = (f"{MARK}'\"\\);--/*%s%(x)s$$", f"1 OR '{MARK}'='{MARK}")
_FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([^\"]+)\"[^>]*>")
_VALUE = re.compile(r"\bvalue=\"([^\"]*)\"")
_LINK = re.compile(r"(?:href|action|hx-get|hx-post)=\"[^\"]*\?([^\"#]*)")


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect the statements that hold the mark in their text, by whichever cursor they are sent."""
    found: list[str] = []

    def looking(method):
        def look(self, query, *args, **kwargs):
            text = query.as_string(self.connection) if isinstance(query, Composable) else str(query)
            if MARK in text:
                found.append(text)
            return method(self, query, *args, **kwargs)

        return look

    with pytest.MonkeyPatch.context() as patch:
        for method in ("execute", "executemany"):
            patch.setattr(psycopg.Cursor, method, looking(getattr(psycopg.Cursor, method)))
        yield found


@contextmanager
def undone() -> Iterator[None]:
    """Undo what a request writes, so that the next one finds the same."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def names_asked_for() -> Iterator[set[str]]:
    """Collect the names of parameters that are looked for in a query or a form."""
    names: set[str] = set()

    def noting(method):
        def ask(self, key, *args, **kwargs):
            if isinstance(key, str):
                names.add(key)
            return method(self, key, *args, **kwargs)

        return ask

    with pytest.MonkeyPatch.context() as patch:
        for method in ("get", "getlist", "__getitem__", "__contains__"):
            patch.setattr(QueryDict, method, noting(getattr(QueryDict, method)))
        yield names


def fields_of(html: str) -> dict[str, str]:
    """Return the fields of a page's forms with their values."""
    found = {}
    for field in _FIELD.finditer(html):
        value = _VALUE.search(field[0])
        found[unescape(field[1])] = unescape(value[1]) if value else ""
    return found


def names_of_links(html: str) -> set[str]:
    """Return the names of parameters in a page's links."""
    return {
        name for query in _LINK.findall(html) for name, _value in parse_qsl(unescape(query), keep_blank_values=True)
    }


def cases(names: Iterable[str], given: dict[str, str], payloads: Iterable[str] = PAYLOADS) -> Iterator[dict[str, str]]:
    """Return what is given with one parameter after the other replaced by each payload, and a name that is one."""
    for payload in payloads:
        for name in sorted(names):
            yield given | {name: payload}
        yield given | {payload: "1"}


def all_at_once(
    names: Iterable[str], given: dict[str, str], payloads: Iterable[str] = PAYLOADS
) -> Iterator[dict[str, str]]:
    """Return what is given with all parameters replaced by each payload."""
    for payload in payloads:
        yield given | dict.fromkeys(names, payload)

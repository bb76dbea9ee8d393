"""A probe for SQL texts that are made of a request's data: what is asked holds a mark, which no statement may hold.

Values reach the database beside the text of a statement, so the text of an innocent one never shows the mark. The
parameters of a page are those that its code looks for when it is given the names of its fields and links.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import unescape
from urllib.parse import parse_qsl

import psycopg
import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import QueryDict
from psycopg.sql import Composable

MARK = "zq7mark"
# What ends a literal, an identifier, a bracket or a statement, and what psycopg takes for a place of a value; and a
# condition, as a number would be followed by.
PAYLOADS = (f"{MARK}'\"\\);--/*%s%(x)s$$", f"1 OR '{MARK}'='{MARK}")
ODD_NAME = {PAYLOADS[0]: "1"}  # a parameter whose name is a payload
_FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([^\"]+)\"[^>]*>")
_VALUE = re.compile(r"\bvalue=\"([^\"]*)\"")
_POSTING_FORM = re.compile(r"<form\b[^>]*\bmethod=\"post\".*?</form>", re.DOTALL | re.IGNORECASE)
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
    """Undo what a request writes and counts, so that the next one finds the same and no limit is reached."""
    cache.clear()
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


def posted_fields(html: str) -> dict[str, str]:
    """Return the fields of the forms that a page posts, with their values."""
    return _fields("".join(_POSTING_FORM.findall(html)))


def options_of(html: str, name: str) -> set[str]:
    """Return the values that a list of choices has."""
    choices = re.search(rf"<select\b[^>]*\bname=\"{name}\".*?</select>", html, re.DOTALL)
    return {unescape(value) for value in _VALUE.findall(choices[0]) if value} if choices else set()


def names_in_addresses(html: str) -> set[str]:
    """Return the names of parameters in a page's links, and of the fields that its forms do not post."""
    names = {
        name for query in _LINK.findall(html) for name, _value in parse_qsl(unescape(query), keep_blank_values=True)
    }
    return names | _fields(_POSTING_FORM.sub("", html)).keys()


def _fields(html: str) -> dict[str, str]:
    found = {}
    for field in _FIELD.finditer(html):
        value = _VALUE.search(field[0])
        found[unescape(field[1])] = unescape(value[1]) if value else ""
    return found


def cases(names: Iterable[str], given: dict[str, str], payloads: Iterable[str] = PAYLOADS) -> Iterator[dict[str, str]]:
    """Return what is given with one parameter after the other replaced by each payload."""
    for payload in payloads:
        for name in sorted(names):
            yield given | {name: payload}

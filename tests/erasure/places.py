"""Every place where a phone number may lie: columns by introspection, files; and a search of its own for digits."""

import gzip
import html
import json
import re
import unicodedata
import zipfile
import zlib
from pathlib import Path
from urllib.parse import unquote_plus

from django.db import connection

DIGITS = "401234567"  # the planted number without its calling code
Place = tuple[str, str]  # table, column
_TYPES = "'^(text|character varying|character|bytea|json|jsonb|.*\\[\\])$'"
SHORT = 9  # a column for fewer characters holds no such number


def columns() -> dict[Place, str]:
    """Return the type of every column that can hold a text of SHORT characters or more, partitions aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, a.attname, a.atttypid::regtype::text FROM pg_class c JOIN pg_attribute a"
            " ON a.attrelid = c.oid WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0"
            " AND NOT a.attisdropped AND c.relnamespace = 'public'::regnamespace"
            f" AND a.atttypid::regtype::text ~ {_TYPES} AND NOT (a.atttypmod BETWEEN 5 AND %s)",
            [4 + SHORT - 1],
        )
        return {(table, column): type_ for table, column, type_ in cursor.fetchall()}


def places_with_number() -> set[Place]:
    """Return the columns in which the planted number is."""
    found = set()
    for (table, column), type_ in columns().items():
        with connection.cursor() as cursor:
            read = f'"{column}"' if type_ == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT {read} FROM "{table}" WHERE "{column}" IS NOT NULL')
            if any(has_number(bytes(value) if type_ == "bytea" else value) for (value,) in cursor):
                found.add((table, column))
    return found


def files_with_number(root: Path) -> list[str]:
    """Return the files below a folder in which the planted number is, looking into workbooks and packed files."""
    return sorted(
        path.name for path in root.rglob("*") if path.is_file() and any(has_number(part) for part in _parts(path))
    )


def has_number(value: bytes | str) -> bool:
    """Tell whether the digits are in a value, whatever stands between them and however they are escaped."""
    return any(DIGITS in _digits(text) for text in _readings(value))


def _readings(value: bytes | str) -> list[str]:
    if isinstance(value, bytes):
        bodies = [value]
        for wbits in (47, -15):
            try:
                bodies.append(zlib.decompressobj(wbits).decompress(value))
            except zlib.error:
                continue
        texts = [body.decode(charset, "replace") for body in bodies for charset in ("utf-8", "utf-16-le", "utf-16-be")]
    else:
        texts = [value]
    plain = []
    for text in texts:
        unescaped = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
        plain += [text, unescaped, html.unescape(text), unquote_plus(text), html.unescape(unquote_plus(unescaped))]
    return plain


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdigit())


def _parts(path: Path) -> list[bytes]:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            # Text by text: figures of cells beside each other are no number.
            return [part for name in book.namelist() for part in re.split(rb"<[^>]*>", book.read(name))]
    content = path.read_bytes()
    return [gzip.decompress(content)] if content[:2] == b"\x1f\x8b" else content.splitlines()


def as_json(value: object) -> str:
    """Return what jsonb takes."""
    return json.dumps(value, ensure_ascii=False)

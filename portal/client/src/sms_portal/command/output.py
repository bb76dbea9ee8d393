"""Output for people and programs: tables, JSON, and texts that cannot steer a terminal."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sms_portal.shapes import Shape

NOTHING = "–"
_UNSAFE = frozenset({"Cc", "Cf", "Zl", "Zp"})  # control, formatting (as of direction), line and paragraph breaks


def clean(value: object) -> str:
    """Return a value as a text of one line; a sign that would steer the terminal becomes its code."""
    text = NOTHING if value is None else shown(value)
    return "".join(f"\\u{ord(sign):04x}" if unicodedata.category(sign) in _UNSAFE else sign for sign in text)


def shown(value: object) -> str:
    """Return a value as text: times in seconds with their zone, lists with commas."""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(shown, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}={shown(each)}" for key, each in value.items())
    return str(value)


def percent(share: float | None) -> str:
    """Return a share as a percentage with two decimals."""
    return NOTHING if share is None else f"{share * 100:.2f} %"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[str] = ()) -> None:
    """Print a table; the columns named in `right` are numbers."""
    numbers = set(right)
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        drawn.add_column(column.replace("_", " "), justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(clean(value)) for value in row))
    console().print(drawn)


def console() -> Console:
    """Return where tables are printed; as wide as needed where nobody looks."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False)


def fresh() -> None:
    """Begin at the top of an empty terminal; nothing where the output goes elsewhere."""
    console().clear()


def line(text: str) -> None:
    """Print one line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def json(value: Shape | dict[str, Any] | list[Any]) -> None:
    """Print a value as one line of JSON."""
    line(msgspec.json.encode(value).decode())


def raw(data: bytes) -> None:
    """Print bytes as they are."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()

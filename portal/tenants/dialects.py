"""Dialects of gateways, as far as feeds need them; the app that reads delivery reports registers them at start."""

from collections.abc import Callable
from typing import Any, NamedTuple


class Setup(NamedTuple):
    """Values that people enter at the gateway. In them {url} and {partner_id} stand for the feed's own.

    `sample` returns a report of a delivery for a test, by a message id and a time.
    """

    rows: tuple[tuple[str, str], ...]
    sample: Callable[[str, str], dict[str, Any]]


class Known(NamedTuple):
    """One dialect: its title, whether its gateway can sign requests, and what to enter there (None: LINK's gates)."""

    title: str
    signs: bool
    setup: Setup | None


_known: dict[str, Known] = {}


def register(name: str, dialect: Known) -> None:
    """Make a dialect known under its name."""
    _known[name] = dialect


def find(name: str) -> Known:
    """Return the dialect of a name. Raises KeyError for an unknown one."""
    return _known[name]


def names() -> list[str]:
    """Return the names of all dialects."""
    return list(_known)


def choices() -> list[tuple[str, str]]:
    """Return names and titles, for fields and forms."""
    return [(name, dialect.title) for name, dialect in _known.items()]

"""Lists of phone numbers that a person pastes to search by.

A list is kept encrypted in the cache for twelve hours, for this person on this tenant's pages. Addresses hold only its
id, so that the numbers are in no address, log, table or backup.
"""

import json
import re
import secrets
from dataclasses import asdict, dataclass

from cryptography.fernet import InvalidToken
from django.core.cache import cache
from django.http import HttpRequest

from portal.common.msisdn import is_readable, read_number
from portal.common.sealed import fernet

MAX_NUMBERS = 1000
KEPT_HOURS = 12
_PURPOSE = "number-list"
_LINE_END = re.compile(r"\r\n|\r|\n")
_BETWEEN = re.compile(r"[,;\t]")
_is_id = re.compile(r"[A-Za-z0-9_-]{16}").fullmatch


@dataclass(frozen=True, slots=True)
class Unread:
    """An entry of a list that is no phone number, and its line (from 1)."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """An entry that is the same number as one before it, with the lines of both."""

    line: int
    text: str
    first: int


@dataclass(frozen=True, slots=True)
class NumberList:
    """The numbers of a list as they were typed, each once, and the entries that add none."""

    numbers: tuple[str, ...]
    unread: tuple[Unread, ...] = ()
    repeated: tuple[Repeated, ...] = ()


class TooManyNumbers(ValueError):
    """A list is over the limit: how many numbers it has, and the line of the first one too many."""

    def __init__(self, count: int, line: int) -> None:
        super().__init__(f"{count} numbers, at most {MAX_NUMBERS}; line {line}")
        self.count, self.line = count, line


def parse(text: str, *, country: str) -> NumberList:
    """Read a list: one number a line, or several with commas, semicolons or tabs between. Raises TooManyNumbers.

    National numbers are read in `country`.
    """
    numbers: dict[str, tuple[str, int]] = {}  # the number as it is read: as it was typed, and its line
    unread, repeated = [], []
    for line, entries in enumerate(_LINE_END.split(text), 1):
        for entry in _BETWEEN.split(entries):
            typed = entry.strip().strip("\"'").strip()
            if not typed:
                continue
            read = read_number(typed, country).text
            if not is_readable(read):
                unread.append(Unread(line, typed))
            elif read in numbers:
                repeated.append(Repeated(line, typed, numbers[read][1]))
            else:
                numbers[read] = typed, line
    if len(numbers) > MAX_NUMBERS:
        raise TooManyNumbers(len(numbers), list(numbers.values())[MAX_NUMBERS][1])
    return NumberList(tuple(typed for typed, _line in numbers.values()), tuple(unread), tuple(repeated))


def keep(request: HttpRequest, found: NumberList) -> str:
    """Keep a list for the request's person and tenant, and return its id."""
    id_ = secrets.token_urlsafe(12)
    text = json.dumps(asdict(found))
    cache.set(_place(request, id_), fernet(_PURPOSE).encrypt(text.encode()), timeout=KEPT_HOURS * 3600)
    return id_


def kept(request: HttpRequest, id_: str) -> NumberList | None:
    """Return the person's list of this id, None where it is not kept (any more)."""
    sealed = cache.get(_place(request, id_)) if _is_id(id_) else None
    try:
        found = json.loads(fernet(_PURPOSE).decrypt(sealed)) if sealed else None
    except InvalidToken:  # SECRET_KEY was changed
        return None
    if found is None:
        return None
    return NumberList(
        tuple(found["numbers"]),
        tuple(Unread(**one) for one in found["unread"]),
        tuple(Repeated(**one) for one in found["repeated"]),
    )


def _place(request: HttpRequest, id_: str) -> str:
    return f"{_PURPOSE}:{request.access.tenant.id}:{request.user.id}:{id_}"

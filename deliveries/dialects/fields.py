"""Fields of a delivery report as every dialect reads them: texts within limits, whole numbers, maps, times."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec
import orjson
from msgspec import Meta

from deliveries.dialects.report import Unreadable

MAX_SEGMENTS = 255
MAX_PARAMETERS = 100
MAX_PARTNER_ID = 256
MAX_PAIRS = 1000
ACCEPT_DAYS = 400  # how old a gateway's time may be at receipt, and
ACCEPT_AHEAD = timedelta(days=2)  # how far ahead (docs/link.md section 5.6)
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)  # whatever an import accepts: months begin with 1970
INT32 = 2**31

Time = Annotated[datetime, Meta(tz=True)]
_year_1 = re.compile(r"0001-\d\d-\d\d(?:[Tt ].*)?", re.DOTALL).fullmatch  # .NET's empty date, with or without a zone


def check_length(name: str, value: str, limit: int) -> None:
    """Raise Unreadable for a text of more than `limit` bytes."""
    if len(value) * 4 > limit and len(value.encode()) > limit:
        raise Unreadable("too long", f"{name}: at most {limit} bytes")


def text(value: Any, name: str, *, limit: int = 0) -> str | None:
    """Return a text or None; `limit` is in bytes of UTF-8, 0 for none."""
    if value is None:
        return None
    if type(value) is not str:
        raise Unreadable("wrong type", f"{name}: a text or null")
    if limit:
        check_length(name, value, limit)
    return value


def required_text(value: Any, name: str, *, limit: int) -> str:
    """Return a text that may not be missing or empty."""
    if type(value) is not str or not value:
        raise Unreadable("missing field" if value in (None, "") else "wrong type", f"{name}: a text is required")
    check_length(name, value, limit)
    return value


def whole_number(value: Any) -> Any:
    """Return the integer of a text of digits; anything else as it is."""
    return int(value) if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20 else value


def code(value: Any, name: str) -> int:
    """Return a result code."""
    number = whole_number(value)
    if type(number) is not int:
        raise Unreadable("missing field" if number is None else "wrong type", f"{name}: an integer is required")
    if not -INT32 < number < INT32:
        raise Unreadable("out of range", f"{name}: at most 2147483647")
    return number


def segments(value: Any, name: str = "segments") -> int:
    """Return a number of segments, 0 where it is missing."""
    if value is None:
        return 0
    value = whole_number(value)
    if type(value) is not int:
        raise Unreadable("wrong type", f"{name}: an integer")
    if not 0 <= value <= MAX_SEGMENTS:
        raise Unreadable("out of range", f"{name}: from 0 to {MAX_SEGMENTS}")
    return value


def object_of(value: Any, name: str) -> dict[str, Any]:
    """Return an object, an empty one where it is missing."""
    if value is None or value == []:  # PHP's empty object
        return {}
    if type(value) is not dict:
        raise Unreadable("wrong type", f"{name}: an object")
    return value


def map_of_texts(value: Any, name: str) -> dict[str, str]:
    """Return a map of texts; numbers and truth values become their JSON text, nulls are absent."""
    found = object_of(value, name)
    if len(found) > MAX_PARAMETERS:
        raise Unreadable("too many", f"{name}: at most {MAX_PARAMETERS} keys")
    try:
        "".join(found.values())  # the fastest way to see that all of them are texts
    except TypeError:
        pass
    else:
        return found
    try:
        return {
            key: item if type(item) is str else orjson.dumps(item).decode()
            for key, item in found.items()
            if item is not None
        }
    except orjson.JSONEncodeError:  # it reads four times as deep as it writes
        raise Unreadable("too deep", f"{name}: a value is nested too deeply") from None


def time(value: Any, name: str) -> datetime | None:
    """Return a time in UTC; None for a missing one and for one of the year 1."""
    if value is None:
        return None
    if type(value) is not str:
        raise Unreadable("wrong type", f"{name}: an RFC 3339 time as text")
    if _year_1(value):
        return None
    found = parse_time(value)
    if found is None:
        raise Unreadable("unreadable time", f"{name}: RFC 3339, such as 2015-11-19T09:37:35Z")
    return found


@lru_cache(maxsize=1024)  # the rows of one commit came in at one time
def window(received_at: datetime, accept_days: int | None) -> tuple[datetime, datetime]:
    """Return the earliest and the latest time that is accepted (docs/link.md section 5.6)."""
    return max(EARLIEST, received_at - timedelta(days=accept_days or ACCEPT_DAYS)), received_at + ACCEPT_AHEAD


def within(value: datetime | None, earliest: datetime, latest: datetime) -> tuple[datetime | None, bool]:
    """Return the time in UTC, None where it is missing or out of the window; and whether it was out of the window."""
    if value is None or value.year == 1:
        return None, False
    if value.tzinfo is not UTC:
        value = _in_utc(value)
    if earliest <= value <= latest:
        return value, False
    return None, True


def parse_time(value: str) -> datetime | None:
    """Return the time in UTC, None for what is none."""
    if value[17:19] == "60":  # a leap second; Python's clock has none
        value = f"{value[:17]}59{value[19:]}"
    try:
        return _in_utc(msgspec.convert(value, Time))
    except msgspec.ValidationError:
        return None


def partner_of_query(query: str, names: tuple[str, ...]) -> str:
    """Return the partner ID that a callback's address names, '' for none."""
    if not query:
        return ""
    try:
        pairs = parse_qsl(query, errors="surrogateescape", max_num_fields=MAX_PAIRS)
    except ValueError:
        raise Unreadable("too many", f"at most {MAX_PAIRS} pairs") from None
    found = {value for name, value in pairs if name in names}
    if len(found) > 1:
        raise Unreadable("wrong type", f"{names[0]} in the address: one value")
    value = found.pop() if found else ""
    if "\0" in value:
        raise Unreadable("NUL character", "a text holds the character U+0000")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unreadable("not UTF-8", f"{names[0]} in the address: a text in UTF-8") from None
    check_length(f"{names[0]} in the address", value, MAX_PARTNER_ID)
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:  # before the first or after the last year: out of every window
        return value

"""Parser of submissions: for the API, and for the applier from the raw row.

The names are the REST API's. The text of a message is neither accepted nor stored.
"""

from datetime import datetime
from typing import Any, NamedTuple

import orjson

from deliveries.dialects.fields import ACCEPT_DAYS
from deliveries.dialects.link import message_id_of, parse_time, window
from deliveries.dialects.report import FROM_CLAIM, FROM_SUBMISSION, Submission, Unreadable
from portal.common.msisdn import is_readable, normalize_destination

__all__ = ["FIELDS", "LIMITS", "SOURCE_TONS", "BadSubmission", "HandedIn", "parse", "raw_row", "read", "read_strictly"]

# In bytes of UTF-8, as for delivery reports (deliveries/dialects/link.py) but for the refId, which is never cut here.
LIMITS = {"message_id": 200, "partner_id": 256, "ref_id": 256, "source": 100, "destination": 100}
SOURCE_TONS = ("SHORTNUMBER", "ALPHANUMERIC", "MSISDN")
FIELDS = (
    "message_id",
    "submitted_at",
    "account",
    "partner_id",
    "ref_id",
    "source",
    "source_ton",
    "destination",
    "custom_parameters",
)
MAX_PARAMETERS = 100
MAX_PARAMETER_BYTES = 1000  # of a name, and of a value

_CLAIM = "claimed"  # in the raw row alone: a tenant's key handed it in, not the account's


class BadSubmission(Unreadable):
    """A field that cannot be taken: `field` is its name ('' for the whole), `text` says what it may be."""

    def __init__(self, reason: str, field: str, text: str) -> None:
        super().__init__(reason, f"{field}: {text}" if field else text)
        self.field, self.text = field, text


class HandedIn(NamedTuple):
    """One submission, and the message that it is about."""

    message_id: str
    submission: Submission


def raw_row(item: dict[str, Any], *, is_claim: bool) -> bytes:
    """Return the raw row of one submission that `read` takes; `is_claim`: a tenant's key said so, not the account's."""
    kept = {name: value for name, value in item.items() if name != "account" and value is not None}
    return orjson.dumps(kept | {_CLAIM: True} if is_claim else kept)


def parse(body: bytes, *, received_at: datetime, accept_days: int | None = None) -> HandedIn:
    """Read one raw row. Raises Unreadable for what is no submission."""
    item = _load(body)
    is_claim = item.pop(_CLAIM, False) is True
    return read(item, received_at=received_at, is_claim=is_claim, accept_days=accept_days)


def read_strictly(item: Any, *, received_at: datetime, accept_days: int | None = None) -> HandedIn:
    """Read one submission as it comes in. Raises BadSubmission also for a recipient that is no number."""
    handed_in = read(item, received_at=received_at, accept_days=accept_days)
    destination = handed_in.submission.destination
    if destination is not None and not is_readable(destination):
        text = "a phone number with its country code, such as +358401234567"
        raise BadSubmission("out of range", "destination", text)
    return handed_in


def message_id_of_row(body: bytes) -> str:
    """Return which message a raw row is about. Raises Unreadable."""
    return _message_id(_load(body))


def read(item: Any, *, received_at: datetime, is_claim: bool = False, accept_days: int | None = None) -> HandedIn:
    """Read one submission; `accept_days` is how old it may be, without it as old as reports.

    Raises BadSubmission for the first field that cannot be taken.
    """
    if type(item) is not dict:
        raise BadSubmission("not an object", "", "a submission is a JSON object")
    if not item.keys() <= _KNOWN:
        unknown = next(name for name in item if name not in _KNOWN)
        raise BadSubmission("unknown field", unknown, f"unknown field; allowed: {', '.join(FIELDS)}")
    message_id = _message_id(item)
    submitted_at = _time(item, received_at, accept_days)
    partner_id = _text(item, "partner_id") or ""
    parameters = _parameters(item)
    # A report's parameters hold these two where the gateway has no field for them, and they are its fields then.
    source, destination = parameters.pop("source", None), parameters.pop("destination", None)
    source, destination = _text(item, "source") or source, _text(item, "destination") or destination
    source_ton = item.get("source_ton")
    if source_ton is not None and source_ton not in SOURCE_TONS:
        raise BadSubmission("out of range", "source_ton", f"one of {', '.join(SOURCE_TONS)}")
    return HandedIn(
        message_id,
        Submission(
            submitted_at=submitted_at,
            partner_id=partner_id,
            ref_id=_text(item, "ref_id"),
            source=_limited("source", source),
            source_ton=source_ton,
            destination=normalize_destination(_limited("destination", destination)) or None,
            parameters=parameters or None,
            partner_rank=FROM_CLAIM if is_claim else FROM_SUBMISSION,
        ),
    )


_KNOWN = frozenset(FIELDS)


def _load(body: bytes) -> dict[str, Any]:
    try:
        item = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("not JSON", str(error)[:300]) from None
    if type(item) is not dict:
        raise Unreadable("not an object", f"a submission is a JSON object, not {type(item).__name__}")
    return item


def _message_id(item: dict[str, Any]) -> str:
    message_id = _text(item, "message_id")
    if not message_id:
        raise BadSubmission("missing field", "message_id", "required: the id that the gateway returned")
    if message_id_of(message_id) != message_id:
        raise BadSubmission(
            "out of range", "message_id", "the id of the whole message, without the $ and number of a part"
        )
    return message_id


def _time(item: dict[str, Any], received_at: datetime, accept_days: int | None) -> datetime:
    text = item.get("submitted_at")
    if text is None:
        raise BadSubmission("missing field", "submitted_at", "required: the time of submission")
    value = parse_time(text) if type(text) is str else None
    if value is None:
        raise BadSubmission("unreadable time", "submitted_at", "RFC 3339 with a zone, such as 2026-10-01T09:00:00Z")
    earliest, latest = window(received_at, accept_days)
    if not earliest <= value <= latest:
        raise BadSubmission(
            "out of range",
            "submitted_at",
            f"from {earliest:%Y-%m-%d} ({accept_days or ACCEPT_DAYS} days ago) to {latest:%Y-%m-%d} (in 2 days)",
        )
    return value


def _text(item: dict[str, Any], name: str) -> str | None:
    """Return the text, None for an absent or empty one."""
    value = item.get(name)
    if value is None:
        return None
    if type(value) is not str:
        raise BadSubmission("wrong type", name, "a text")
    return _limited(name, value)


def _limited(name: str, value: str | None) -> str | None:
    if not value:
        return None
    if "\0" in value:
        raise BadSubmission("NUL character", name, "a text without the character U+0000")
    if len(value.encode()) > LIMITS[name]:
        raise BadSubmission("too long", name, f"at most {LIMITS[name]} bytes of UTF-8")
    return value


def _parameters(item: dict[str, Any]) -> dict[str, str]:
    """Return a map of the caller's own."""
    value = item.get("custom_parameters")
    if value is None:
        return {}
    if type(value) is not dict:
        raise BadSubmission("wrong type", "custom_parameters", "an object of texts")
    if len(value) > MAX_PARAMETERS:
        raise BadSubmission("too many", "custom_parameters", f"at most {MAX_PARAMETERS} keys")
    for name, text in value.items():
        if type(text) is not str:
            raise BadSubmission("wrong type", "custom_parameters", f"{name[:50]}: a text")
        if "\0" in name or "\0" in text:
            raise BadSubmission("NUL character", "custom_parameters", "texts without the character U+0000")
        if len(name.encode()) > MAX_PARAMETER_BYTES or len(text.encode()) > MAX_PARAMETER_BYTES:
            raise BadSubmission(
                "too long", "custom_parameters", f"{name[:50]}: at most {MAX_PARAMETER_BYTES} bytes of UTF-8"
            )
    return dict(value)

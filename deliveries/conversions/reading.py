"""Reads one conversion event from the fields that a sender gives: strictly, with every error by its field.

The fields have the same names in the API and in the column mapping of a file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from campaigns.conversions.models import MAX_EVENT_ID, MICROS
from deliveries.conversions.places import Places
from deliveries.dialects.link import message_id_of, parse_time
from portal.common.number_notations import digits_of, national_digits

FIELDS = (
    "event_id",
    "kind",
    "occurred_at",
    "value",
    "currency",
    "message_id",
    "account",
    "destination",
    "parameter_key",
    "parameter_value",
    "campaign",
)
SUBJECTS = ("message_id", "destination", "parameter_key")
OLDEST = timedelta(days=400)
AHEAD = timedelta(days=2)
MAX_VALUE = Decimal(1_000_000_000)
MAX_MESSAGE_ID = 200
MAX_PARAMETER = 1000
MAX_NUMBER = 100

_currency = re.compile(r"[A-Z]{3}").fullmatch
_decimal = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?").fullmatch
_has_control = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]").search


@dataclass(frozen=True, slots=True)
class ReadEvent:
    """One event as it is stored, without what the portal adds."""

    event_id: str
    kind_id: int
    occurred_at: datetime
    value: int | None = None
    currency: str = ""
    account_id: int | None = None
    message_id: str | None = None
    recipient_key: bytes | None = None
    parameter_key: str | None = None
    parameter_value: str | None = None
    campaign_id: int | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """Reason why a field cannot be taken: `code` is a key of TEXTS, `detail` fills it in, without a sender's value."""

    field: str
    code: str
    detail: str = ""


# In English for the API; pages have them in their language (deliveries/conversions/error_texts.py).
TEXTS = {
    "unknown_field": "unknown field; allowed: {detail}",
    "type": "must be {detail}",
    "required": "required",
    "too_long": "at most {detail} characters",
    "control": "control characters are not allowed",
    "kind": "no kind of this name; the kinds are: {detail}",
    "time": "a time with a zone (RFC 3339), such as 2026-10-01T09:00:00Z",
    "too_old": "at most 400 days ago",
    "ahead": "at most 2 days ahead",
    "value": "a number with at most 6 decimals, from -1000000000 to 1000000000",
    "value_needed": "required with a currency",
    "currency": "three capital letters of ISO 4217, such as EUR",
    "currency_needed": "required with a value",
    "one_subject": "exactly one of message_id, destination, and parameter_key with parameter_value is required",
    "part": "the id of the whole message, without the $ and number of a part",
    "account": "no account of this name",
    "account_needed": "required: the customer has messages in several accounts",
    "account_alone": "only with message_id",
    "number": "not a phone number in any notation; without a country code it is read in {detail}",
    "number_no_country": "not a phone number with a country code",
    "parameter_needed": "parameter_key and parameter_value are required together",
    "campaign": "no campaign of this name",
    "campaign_alone": "not with message_id, which has its own campaign",
    "conflict": "another event with this event_id and other content is stored; it is kept as it was",
    "not_object": "an event must be an object",
    "not_json": "the line is not JSON",
    "columns": "the line has more columns than the first line",
    "decimals": "a number such as 1234.50 or 1234,50",
    "day": "a time such as 2026-10-31 14:05 or 31.10.2026 14:05",
}


def text_of(error: FieldError) -> str:
    """Return an error in English."""
    return TEXTS[error.code].format(detail=error.detail)


class EventErrors(Exception):
    """The event cannot be taken; `errors` are all reasons."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__("; ".join(f"{error.field}: {text_of(error)}" for error in errors))
        self.errors = errors


def read(item: object, places: Places, *, now: datetime) -> ReadEvent:
    """Read one event. Raises EventErrors with everything that is wrong with it."""
    if not isinstance(item, Mapping):
        raise EventErrors([FieldError("", "not_object")])
    reader = _Reader(item, places, now)
    event = reader.event()
    if reader.errors or event is None:
        raise EventErrors(reader.errors)
    return event


class _Reader:
    """Reads the fields of one event and collects errors."""

    def __init__(self, item: Mapping, places: Places, now: datetime) -> None:
        self.item, self.places, self.now = item, places, now
        self.errors: list[FieldError] = []

    def event(self) -> ReadEvent | None:
        unknown = [str(name) for name in self.item if name not in FIELDS]
        if unknown:  # its name is the sender's: shown to the sender alone, and cut
            self.wrong(unknown[0][:100], "unknown_field", ", ".join(FIELDS))
        event_id = self.text("event_id", MAX_EVENT_ID, required=True)
        kind = self.text("kind", 200, required=True)
        kind_id = self.places.kinds.get(kind) if kind else None
        if kind and kind_id is None:
            self.wrong("kind", "kind", ", ".join(self.places.kinds) or "–")
        at = self.time()
        value, currency = self.money()
        subject = self.subject()
        campaign_id = self.campaign()
        if self.errors or event_id is None or kind_id is None or at is None:
            return None
        return ReadEvent(event_id, kind_id, at, value, currency, campaign_id=campaign_id, **subject)

    def wrong(self, field: str, code: str, detail: str = "") -> None:
        self.errors.append(FieldError(field, code, detail))

    def text(self, field: str, limit: int, *, required: bool = False) -> str | None:
        """Return the text of a field; None where there is none, or after an error."""
        value = self.item.get(field)
        if value is None or value == "":
            if required:
                self.wrong(field, "required")
        elif not isinstance(value, str):
            self.wrong(field, "type", "a text")
        elif len(value) > limit:
            self.wrong(field, "too_long", str(limit))
        elif _has_control(value):
            self.wrong(field, "control")
        elif required and not value.strip():
            self.wrong(field, "required")
        else:
            return value
        return None

    def time(self) -> datetime | None:
        given = self.item.get("occurred_at")
        if isinstance(given, datetime):  # a file's, read by its own rules
            value: datetime | None = given
        else:
            text = self.text("occurred_at", 100, required=True)
            if text is None:
                return None
            value = parse_time(text)
        if value is None:
            self.wrong("occurred_at", "time")
        elif value < self.now - OLDEST:
            self.wrong("occurred_at", "too_old")
        elif value > self.now + AHEAD:
            self.wrong("occurred_at", "ahead")
        else:
            return value.astimezone(UTC)
        return None

    def money(self) -> tuple[int | None, str]:
        given, currency = self.item.get("value"), self.text("currency", 100)
        value = None
        if given is not None and given != "":
            value = _micros(given)
            if value is None:
                self.wrong("value", "value")
            elif currency is None and self.item.get("currency") in (None, ""):
                self.wrong("currency", "currency_needed")
        elif currency:
            self.wrong("value", "value_needed")
        if currency and not _currency(currency):
            self.wrong("currency", "currency")
        return value, currency or ""

    def subject(self) -> dict:
        """Return the columns of what the event belongs to; empty after an error."""
        given = [name for name in SUBJECTS if self.item.get(name) not in (None, "")]
        if self.item.get("parameter_value") not in (None, "") and "parameter_key" not in given:
            self.wrong("parameter_key", "parameter_needed")
            return {}
        if len(given) != 1:
            self.wrong("", "one_subject")
            return {}
        if self.item.get("account") not in (None, "") and given != ["message_id"]:
            self.wrong("account", "account_alone")
        return {"message_id": self.message, "destination": self.recipient, "parameter_key": self.parameter}[given[0]]()

    def message(self) -> dict:
        message_id = self.text("message_id", MAX_MESSAGE_ID)
        if message_id is not None and message_id_of(message_id) != message_id:
            self.wrong("message_id", "part")
        account_id, name = None, self.text("account", 200)
        if name is not None:
            account_id = self.places.accounts.get(name)
            if account_id is None:
                self.wrong("account", "account")
        elif len(self.places.accounts) == 1:
            account_id = next(iter(self.places.accounts.values()))
        elif self.item.get("account") in (None, ""):
            self.wrong("account", "account_needed" if self.places.accounts else "account")
        return {"message_id": message_id, "account_id": account_id}

    def recipient(self) -> dict:
        text = self.text("destination", MAX_NUMBER)
        if text is None:
            return {}
        country = self.places.country
        digits = (national_digits(text, country) if country else None) or digits_of(text)
        if digits is None:
            self.wrong("destination", "number" if country else "number_no_country", country)
            return {}
        return {"recipient_key": self.places.recipient_key(digits)}

    def parameter(self) -> dict:
        key, value = self.text("parameter_key", MAX_PARAMETER), self.text("parameter_value", MAX_PARAMETER)
        if self.item.get("parameter_value") in (None, ""):
            self.wrong("parameter_value", "parameter_needed")
        return {"parameter_key": key, "parameter_value": value}

    def campaign(self) -> int | None:
        name = self.text("campaign", 256)
        if name is None:
            return None
        if self.item.get("message_id") not in (None, ""):
            self.wrong("campaign", "campaign_alone")
            return None
        campaign_id = self.places.campaign_id(name)
        if campaign_id is None:
            self.wrong("campaign", "campaign")
        return campaign_id


def _micros(given: object) -> int | None:
    """Return an amount in millionths of the unit; None if it cannot be read exactly."""
    if isinstance(given, bool) or not isinstance(given, int | float | str | Decimal):
        return None
    text = format(given, "f") if isinstance(given, Decimal) else repr(given) if isinstance(given, float) else str(given)
    try:
        value = Decimal(text) if isinstance(given, float) or _decimal(text) else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or abs(value) > MAX_VALUE:
        return None
    micros = value * MICROS
    return int(micros) if micros == micros.to_integral_value() else None

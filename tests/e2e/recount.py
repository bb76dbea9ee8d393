"""The messages recounted from the raw delivery reports by the plainest reading of docs/link.md section 5.

Nothing of the portal's own fold, dialects, campaigns or phone rules is used: all reports of a message are looked at
together, again for every question, and slowness does not matter.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import phonenumbers

# Section 4, written out: code → (status, final, reason class of a failure)
STATUSES: dict[int, tuple[str, bool, str]] = {
    **dict.fromkeys((1005, 1008, 1012), ("queued", False, "")),
    **dict.fromkeys((1000, 1011, 1013), ("sent", False, "")),
    1001: ("delivered", True, ""),
    1007: ("delivered", False, ""),
    1002: ("expired", True, "subscriber"),
    **dict.fromkeys((4, 5, 1010), ("unknown", True, "other")),
    3: ("rejected", True, "routing"),
    104: ("rejected", True, "routing"),
    **dict.fromkeys((2000, 2001, 2002, 2003), ("rejected", True, "sender")),
    **dict.fromkeys((2100, 2101, 2102, 2103), ("rejected", True, "destination type")),
    **dict.fromkeys((3000, 3001, 3002), ("rejected", True, "encoding")),
    **dict.fromkeys(range(4000, 4008), ("rejected", True, "content")),
    **dict.fromkeys((0, 1, 2, 6, 105), ("failed", True, "routing")),
    1003: ("failed", True, "deleted"),
    **dict.fromkeys((1004, 1006, 2104, 2105, 2106, 2107), ("failed", True, "subscriber")),
    **dict.fromkeys((1009, *range(2200, 2208)), ("failed", True, "payment")),
}
OUTCOMES = {"delivered", "failed", "expired", "rejected"}
NOT_IN_TABLE = ("unknown", False, "other")
BILLED = (1001, 1008, 1009, 1011)
ORDER_OF_STATUSES = ["queued", "sent", "unknown", "rejected", "expired", "failed", "delivered"]
COUNTED_AS = {
    "delivered": "delivered",
    "failed": "failed",
    "expired": "failed",
    "rejected": "failed",
    "queued": "pending",
    "sent": "pending",
    "unknown": "unknown",
}
# libphonenumber's regions are ISO's assigned codes and XK, but for two that are reserved and seven without phones
COUNTRIES = (set(phonenumbers.SUPPORTED_REGIONS) - {"AC", "TA"}) | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}


@dataclass(frozen=True)
class Message:
    """A message as section 5 has it; `latency` in seconds, `code` None where what decides was not heard of."""

    id: str
    partner_id: str
    ref_id: str
    operator: str
    country: str
    parts: int
    status: str
    code: int | None
    final: bool
    sent_at: datetime
    latency: float | None

    @property
    def counts_as(self) -> str:
        return COUNTED_AS[self.status]

    @property
    def delivered_parts(self) -> int:
        return self.parts if self.counts_as == "delivered" else 0

    @property
    def billed_parts(self) -> int:
        return self.parts if self.code in BILLED else 0


@dataclass(frozen=True)
class _Dlr:
    """One report whose fields have the right types."""

    message_id: str
    part: int | None
    code: int
    at: datetime | None
    sent_at: datetime | None
    segments: int
    body: dict

    def rank(self) -> tuple:
        """Return its place in the total order of section 5.3."""
        status, final, _ = STATUSES.get(self.code, NOT_IN_TABLE)
        at = self.at or datetime(1, 1, 1, tzinfo=UTC)
        return (self.code in STATUSES, status in OUTCOMES, final, at, ORDER_OF_STATUSES.index(status), self.code)


def recount(raw: Iterable[bytes], *, received_at: datetime, default_partner_id: str = "") -> list[Message]:
    """Return the messages that `raw` (one report each, in the order of the inbox) speaks of, by id.

    `received_at` stands for the time of receipt of all, `default_partner_id` is their feed's; reports that belong
    in quarantine are left out.
    """
    of_message: dict[str, list[_Dlr]] = defaultdict(list)
    for body in raw:
        dlr = _read(body, received_at)
        if dlr is not None:
            of_message[dlr.message_id].append(dlr)
    return [_message(id_, dlrs, received_at, default_partner_id) for id_, dlrs in sorted(of_message.items())]


def _read(body: bytes, received_at: datetime) -> _Dlr | None:
    try:
        data = json.loads(body)
    except ValueError:
        return None
    if not isinstance(data, dict) or not isinstance(data.get("id"), str) or type(data.get("resultCode")) is not int:
        return None
    if not data["id"] or not isinstance(data.get("segments", 0), int):
        return None
    texts = [data.get(name) for name in ("refId", "operator", "operatorResultCode", "sentTimestamp", "timestamp")]
    objects = [data.get(name) for name in ("customParameters", "gateCustomParameters")]
    if any(not isinstance(text, str | None) for text in texts) or any(not isinstance(o, dict | None) for o in objects):
        return None
    message_id, part = data["id"], None
    if re.search(r".\$[0-9]+$", message_id):
        message_id, _, number = message_id.rpartition("$")
        part = int(number)
        if part > 254:
            return None
    try:
        at, sent_at = (_time(data.get(name), received_at) for name in ("timestamp", "sentTimestamp"))
    except ValueError:
        return None
    return _Dlr(message_id, part, data["resultCode"], at, sent_at, data.get("segments") or 0, data)


def _time(text: str | None, received_at: datetime) -> datetime | None:
    """Read a time; outside of section 5.6's window it is as good as missing."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    too_old, too_new = received_at - timedelta(days=400), received_at + timedelta(days=2)
    return moment.astimezone(UTC) if too_old <= moment <= too_new else None


def _message(id_: str, dlrs: list[_Dlr], received_at: datetime, default_partner_id: str) -> Message:
    parts = max([1, *(d.segments for d in dlrs), *(d.part + 1 for d in dlrs if d.part is not None)])
    status, code, final, delivered_at = _state(dlrs, parts)
    sent_at = min([d.sent_at for d in dlrs if d.sent_at] or [d.at for d in dlrs if d.at] or [received_at])
    operator = _first(d.body.get("operator") for d in dlrs)
    destinations = [(d.body.get("customParameters") or {}).get("destination") or "" for d in dlrs]
    destination = best_destination(destinations)
    latency = None
    if status == "delivered" and delivered_at is not None:
        latency = max(0.0, (delivered_at - sent_at).total_seconds())
    return Message(
        id=id_,
        partner_id=_partner_id(dlrs) or default_partner_id,
        ref_id=_cut(_first(d.body.get("refId") for d in dlrs)),
        operator=operator,
        country=country_of(destination, operator),
        parts=parts,
        status=status,
        code=code,
        final=final,
        sent_at=sent_at,
        latency=latency,
    )


def _state(dlrs: list[_Dlr], parts: int) -> tuple[str, int | None, bool, datetime | None]:
    """Return status, code, whether it is final, and when it was delivered (section 5.3 and 5.4)."""
    whole = max((d for d in dlrs if d.part is None), key=_Dlr.rank, default=None)
    numbers = sorted({d.part for d in dlrs if d.part is not None})
    if not numbers:
        return _status(whole), whole.code, _is_final(whole), _delivery(dlrs, None)
    by_parts = _state_of_parts(dlrs, numbers, parts)
    if whole is None or not _is_final(whole) or (_status(whole) == "unknown" and by_parts[0] in OUTCOMES):
        return by_parts
    return _status(whole), whole.code, True, _delivery(dlrs, None)


def _state_of_parts(dlrs: list[_Dlr], numbers: list[int], parts: int) -> tuple[str, int | None, bool, datetime | None]:
    winners = [max((d for d in dlrs if d.part == n), key=_Dlr.rank) for n in numbers]
    for winner in winners:
        if _is_final(winner) and _status(winner) != "delivered":
            return _status(winner), winner.code, True, None
    delivered = [winner for winner in winners if _status(winner) == "delivered"]
    if len(delivered) >= parts:
        times = [_delivery(dlrs, winner.part) for winner in delivered]
        last = None if None in times else max(times)
        code = [*(winner.code for winner in delivered if not _is_final(winner)), delivered[0].code][0]
        return "delivered", code, all(map(_is_final, delivered)), last
    heard = [(_status(w) if _status(w) in ("queued", "sent", "delivered") else "sent", w.code) for w in winners]
    not_heard = [("sent", None)] * (parts - len(winners))
    least, code = min([*heard, *not_heard], key=lambda state: ["queued", "sent", "delivered"].index(state[0]))
    return least, code, False, None


def _delivery(dlrs: list[_Dlr], part: int | None) -> datetime | None:
    """Return the earliest known time of the part's reports (None: the whole's) that say delivered (section 5.7)."""
    return min((d.at for d in dlrs if d.part == part and d.at and _status(d) == "delivered"), default=None)


def _status(dlr: _Dlr) -> str:
    return STATUSES.get(dlr.code, NOT_IN_TABLE)[0]


def _is_final(dlr: _Dlr) -> bool:
    return STATUSES.get(dlr.code, NOT_IN_TABLE)[1]


def _partner_id(dlrs: Sequence[_Dlr]) -> str:
    """Return the first that is there, the gate's parameters before the message's own (section 5.9)."""
    for source in ("gateCustomParameters", "customParameters"):
        found = _first((d.body.get(source) or {}).get("platformPartnerId") for d in dlrs)
        if found:
            return found
    return ""


def _first(values: Iterable) -> str:
    """Return the first value that says something, as text: the first one in stays (section 5.11)."""
    return next((str(value) for value in values if value not in (None, "")), "")


def _cut(text: str) -> str:
    """Return the longest beginning that has at most 256 bytes (section 5.10)."""
    while len(text.encode()) > 256:
        text = text[:-1]
    return text


def best_destination(destinations: Iterable[str]) -> str:
    """Return the first of those that tell most: a country first of all, then a number (section 5.11)."""
    said = [text for text in destinations if text]
    return max(said, key=lambda text: (country_of(text, "") != "ZZ", bool(_international(text))), default="")


def _international(destination: str) -> str:
    """Return what is written as a number with its country code, beginning with `+`; nothing for anything else."""
    text = destination.strip()
    if text.startswith("00"):
        return "+" + text[2:]
    if re.fullmatch("[1-9][0-9]{7,14}", text):
        return "+" + text
    return text if text.startswith("+") else ""


def country_of(destination: str, operator: str) -> str:
    """Return the alpha-2 country, `ZZ` where nothing tells it (section 5.8)."""
    text = destination.strip()
    if international := _international(text):
        try:
            number = phonenumbers.parse(international, None)
        except phonenumbers.NumberParseException:
            number = None
        if number is not None:
            region = phonenumbers.region_code_for_number(number)
            region = region or phonenumbers.region_code_for_country_code(number.country_code)
            if region in COUNTRIES:
                return region
    for prefix in (operator.split(".")[0].upper(), text[:2].upper() if re.match("[A-Za-z]{2}-[0-9]+$", text) else ""):
        if prefix in COUNTRIES:
            return prefix
    return "ZZ"

"""Simulated delivery reports as MyLINK's APIs write them (docs/mylink.md), from those of LINK's SMS REST API."""

from binascii import a2b_base64
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID, uuid5

import orjson

# MyLINK SMS's code by LINK's; LINK's further codes are refusals of the gateway (3010), or new there too
SMS_CODES: dict[int, int] = {
    0: 4000, 1: 4001, 2: 4002, 3: 3009, 4: 4009, 5: 4005, 6: 4005, 104: 3001, 105: 4000, 1000: 1001, 1001: 2000,
    1002: 4008, 1003: 4011, 1004: 5000, 1005: 1000, 1006: 4007, 1007: 2000, 1008: 1000, 1009: 4007, 1010: 4009,
    1011: 1001, 1012: 5000, 1013: 1001, 1099: 1099, 2000: 3002, 2001: 3003, 2002: 3003, 2003: 3003, 2100: 3005,
    2101: 3005, 2102: 3005, 2103: 4006, 2104: 4003, 2105: 4003, 2106: 3004, 2107: 4004, 3000: 3006, 3001: 3006,
    3002: 3006, 4000: 4010, 4004: 3008,
}  # fmt: skip
_REFUSED = 3010
_TYPES = {1: "accepted", 3: "rejected", 4: "failed"}  # by thousands; the others follow
_NAMED = {1000: "queued", 1001: "sent", 2000: "delivered", 5000: "retried"}
# Multichannel's status, or error of a failed delivery, by MyLINK SMS's code
_STATUSES = {1000: "QUEUED", 1001: "SENT", 2000: "DELIVERED", 5000: "DELIVERY_RETRIED", 1099: "TELEPORTED"}
_ERRORS = {
    3001: "CLIENT_CONFIGURATION_INVALID", 3004: "USER_UKNOWN", 4001: "CHANNEL_UNAVAILABLE", 4002: "CHANNEL_REJECTED",
    4003: "USER_BLOCKED", 4004: "USER_UNAVAILABLE", 4005: "CHANNEL_INTERNAL_ISSUE", 4007: "USER_UNAVAILABLE",
    4008: "CLIENT_MESSAGE_EXPIRED", 4000: "INTERNAL_OTHER_ISSUE",
}  # fmt: skip
_HIDDEN_EVERY = 16  # one recipient in so many is obfuscated


def mylink_sms(dlrs: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the events of MyLINK SMS for LINK's reports: one for a message, as its parts have no reports there."""
    for dlr, id_, code in _of_first_parts(dlrs):
        at = dlr["timestamp"]
        yield orjson.dumps({
            "eventId": str(uuid5(id_, f"{code} {at}")),
            "channel": "sms",
            "recipient": _recipient(dlr, id_),
            "timeStamp": at,
            "status": {
                "requestId": str(uuid5(id_, "request")), "messageId": str(id_), "referenceId": dlr["refId"],
                "type": _NAMED.get(code) or _TYPES.get(code // 1000, "failed"), "code": code, "details": "",
                "segments": dlr["segments"],
            },
            "provider": {
                "timestamp": at, "code": dlr["operatorResultCode"], "details": None, "operator": dlr["operator"],
            },
        })  # fmt: skip


def mylink_multichannel(dlrs: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the events of MyLINK Multichannel for LINK's reports; now and then one of another channel."""
    for number, (dlr, id_, code) in enumerate(_of_first_parts(dlrs)):
        status = _STATUSES.get(code)
        is_other = number % 50 == 49
        own = dlr["customParameters"]
        context = {name: value for name, value in own.items() if name not in ("source", "destination", "received")}
        changed: dict[str, Any] = {
            "messageId": str(uuid5(id_, "other") if is_other else id_),
            "requestId": str(uuid5(id_, "request")),
            "channelId": "whatsapp" if is_other else "sms",
            "channelOperatorId": dlr["operator"],
            "userId": _recipient(dlr, id_).removeprefix("+"),
            "status": status or "DELIVERY_FAILED",
            "channelData": {} if is_other else {
                "sms.segmentCount": dlr["segments"], "sms.originatingAddress": own["source"],
            },
            "context": context | ({"referenceId": dlr["refId"]} if dlr["refId"] else {}),
        }  # fmt: skip
        if status is None:
            changed["error"] = {"code": _ERRORS.get(code, "CLIENT_MESSAGE_INVALID"), "channelError": str(code)}
        event = {"eventId": str(uuid5(id_, f"{code} {dlr['timestamp']}")), "on": dlr["timestamp"], "accountId": "demo"}
        yield orjson.dumps(event | {"messageStatusChanged": changed})


def _of_first_parts(dlrs: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], UUID, int]]:
    """Yield each report of a first part, its message's id and MyLINK SMS's code."""
    for body in dlrs:
        dlr = orjson.loads(body)
        id_, _dollar, part = dlr["id"].partition("$")
        if part in ("", "0"):
            yield dlr, UUID(bytes=a2b_base64(id_)[2:18]), SMS_CODES.get(dlr["resultCode"], _REFUSED)


def _recipient(dlr: dict[str, Any], id_: UUID) -> str:
    number = dlr["customParameters"]["destination"]
    return f"{number[:5]}*****{number[-2:]}" if id_.int % _HIDDEN_EVERY == 0 else number


# by dialect: from LINK's reports to its own, and the shape of its requests (sender.py)
DIALECTS = {"mylink_sms": (mylink_sms, "array"), "mylink_multichannel": (mylink_multichannel, "events")}

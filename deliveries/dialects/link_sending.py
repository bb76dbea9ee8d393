"""LINK's requests and responses of sending, as a sender has them, become submissions (docs/link.md section 2). Pure.

The text of a message (`userData`) and all else that a submission does not hold are left out.
"""

from collections.abc import Mapping
from typing import Any

from deliveries.dialects.submission import BadSubmission

QUEUED = 1005  # the response's code for a message that was taken
MAX_BATCH = 1000
PAIR = frozenset({"request", "response"})
_ALLOWED = PAIR | {"submitted_at", "account"}
_MESSAGES = "sendRequestMessages"
_FIELDS = {
    "platformPartnerId": "partner_id",
    "refId": "ref_id",
    "source": "source",
    "sourceTON": "source_ton",
    "destination": "destination",
}


def is_pair(item: object) -> bool:
    """Return whether an item is a request with its response."""
    return isinstance(item, Mapping) and bool(PAIR & item.keys())


def read_pair(item: Mapping[str, Any], *, submitted_at: str) -> list[dict[str, Any] | BadSubmission]:
    """Return a submission for each message of a request to /sms/send or /sms/sendbatch, or why there is none.

    `submitted_at` is used where the item has none. The messages of a batch and of its response are in the same order.
    Shared fields stand beside `sendRequestMessages`; shared custom parameters win over a message's own. Raises
    BadSubmission where request and response do not belong together.
    """
    for name in item:
        if name not in _ALLOWED:
            raise BadSubmission("unknown field", name, f"unknown field; allowed: {', '.join(sorted(_ALLOWED))}")
    request = _object(item, "request")
    beside = {"submitted_at": item.get("submitted_at", submitted_at), "account": item.get("account")}
    if _MESSAGES not in request:
        return [_read(request, {}, _object(item, "response"), beside)]
    messages, answers = _list(request, _MESSAGES), _list(item, "response")
    if len(messages) != len(answers):
        text = f"as many as {_MESSAGES}: {len(messages)}, not {len(answers)}"
        raise BadSubmission("out of range", "response", text)
    if not 1 <= len(messages) <= MAX_BATCH:
        raise BadSubmission("out of range", _MESSAGES, f"1 to {MAX_BATCH} messages, not {len(messages)}")
    return [_read(one, request, answer, beside) for one, answer in zip(messages, answers, strict=True)]


def _read(own: Any, shared: Mapping[str, Any], answer: Any, beside: dict[str, Any]) -> dict[str, Any] | BadSubmission:
    if not isinstance(own, Mapping) or not isinstance(answer, Mapping):
        return BadSubmission("not an object", "", "a message and its response are JSON objects")
    if answer.get("resultCode") != QUEUED or not answer.get("messageId"):
        said = answer.get("description") or answer.get("message") or "no description"
        text = f"the gateway did not take this message: {answer.get('resultCode')} {said}"
        return BadSubmission("not taken", "response", text[:200])
    values = {name: own.get(link, shared.get(link)) for link, name in _FIELDS.items()}
    try:
        parameters = _parameters(own) | _parameters(shared)
    except BadSubmission as error:
        return error
    return {"message_id": answer["messageId"], **beside, **values, "custom_parameters": parameters or None}


def _parameters(of: Mapping[str, Any]) -> dict[str, Any]:
    found = of.get("customParameters") or {}
    if not isinstance(found, Mapping):
        raise BadSubmission("wrong type", "customParameters", "an object")
    return dict(found)


def _object(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(found := item.get(name), Mapping):
        raise BadSubmission("wrong type", name, "required: the JSON object of LINK's API")
    return found


def _list(item: Mapping[str, Any], name: str) -> list[Any]:
    if not isinstance(found := item.get(name), list):
        raise BadSubmission("wrong type", name, "required: the JSON array of LINK's API")
    return found

"""Rules that both MyLINK APIs share: signatures, channels and partner IDs (docs/mylink.md)."""

import re
from datetime import timedelta
from typing import Any

from deliveries.dialects import link_forms
from deliveries.dialects.dialect import Signature
from deliveries.dialects.fields import MAX_PARTNER_ID, partner_of_query, text
from deliveries.dialects.raw_text import without_bom
from deliveries.dialects.report import FROM_FEED, FROM_GATE, FROM_NOWHERE, FROM_PARAMETERS, NoMessage, Unreadable

PATIENCE = timedelta(hours=4)  # by default; at most 8 hours can be asked for
PARTNER_NAMES = ("partner_id", "platformPartnerId")  # in the callback's address
SIGNATURE = Signature("x-ocm-timestamp", "x-ocm-signature", "x-ocm-key-id")
LIMITS = {"id": 200, "operator": 100, "code": 200, "recipient": 100, "source": 100}  # in bytes of UTF-8
MAX_REF_ID = 256  # bytes; a longer one is cut (docs/link.md section 5.10)
OTHER = "(other)"

_channel = re.compile(r"[a-z][a-z_-]{0,39}").fullmatch  # so a channel's name holds no number


def load(body: bytes, *, content_encoding: str) -> dict[str, Any]:
    """Return the object of one row. Raises Unreadable."""
    try:
        return link_forms.load_json(without_bom(body))
    except Unreadable:
        if content_encoding:  # a header does not decide what a body is, but it may say why this one is no JSON
            raise Unreadable("cannot be unpacked", f"Content-Encoding: {content_encoding[:300]}") from None
        raise


def of_channel(name: str) -> NoMessage:
    """Return an event of another channel under its name, as far as that may be a channel's."""
    name = name.strip().lower()
    return NoMessage(name if _channel(name) else OTHER)


def partner(query: str, parameters: dict[str, str], default: str) -> tuple[str, int]:
    """Return the partner ID and its source: the callback's address, the message's parameters, the feed's default."""
    if value := partner_of_query(query, PARTNER_NAMES):
        return value, FROM_GATE
    if value := text(parameters.get("platformPartnerId"), "platformPartnerId", limit=MAX_PARTNER_ID) or "":
        return value, FROM_PARAMETERS
    return (default, FROM_FEED) if default else ("", FROM_NOWHERE)


def object_at(data: Any, *names: str) -> Any:
    """Return what is at the end of these keys, None where one of them is missing."""
    for name in names:
        data = data.get(name) if type(data) is dict else None
    return data

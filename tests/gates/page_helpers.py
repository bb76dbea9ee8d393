"""Helpers of the tests of the pages of gates: addresses, the form's values, words of a page, attempts and reports."""

import re
from html import unescape

from django.utils import timezone

from deliveries.models import Gate, GateAttempt
from tests.deliveries.helpers import dlr

NUMBER = "+358401234567"
LIST = "/t/nordic-retail/gates/"
NEW = f"{LIST}new/"
URL = "https://receiver.example.org/dlr"
FORM = {
    "name": "Shop", "ref_id": "", "gate_type": "ONE_ORDERED", "body": "link", "batch_size": "1", "ttl_hours": "48",
    "row": "0", "d0-url": URL, "d0-method": "POST", "d0-content_type": "application/json",
}  # fmt: skip


def text_of(response) -> str:
    """Return the words of a page, each space once."""
    body = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def of(gate: Gate, page: str = "") -> str:
    return f"{LIST}{gate.public_id}/{page}"


def add_attempt(gate: Gate, **fields) -> GateAttempt:
    values = {"at": timezone.now(), "message_id": "m1", "number": 1, "outcome": "delivered", "ms": 12, "method": "POST"}
    values |= {"url": "https://receiver.example.org/dlr", "request_headers": "content-type: application/json"}
    return GateAttempt.objects.create(tenant=gate.tenant, gate=gate, **values | fields)


def report(id_: str = "one", **fields) -> dict:
    own = {"destination": NUMBER, "store": "7"}
    return dlr(id_, 1001, gateCustomParameters={"platformPartnerId": "nr-fi"}, customParameters=own, **fields)

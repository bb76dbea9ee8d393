"""One round of a delivery: requests to the destinations that its gate's type chooses, and what came of them."""

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct

from deliveries.gates.forwarded import Endpoint, Request, Sendable, Sender
from deliveries.gates.recording import DELIVERED, MAX_ANSWER
from deliveries.gates.requests import request_of
from portal.common.egress import Egress, SendError

NOT_ACKNOWLEDGED = "not_acknowledged"
DROP = "do://drop"  # a destination that discards, as at LINK
_GONE = 410
_MASKED = "•••"


class Sent(Struct, frozen=True):
    """One request, and its answer or error."""

    endpoint_id: int
    at: datetime
    outcome: str
    ms: int
    request: Request | None = None
    answer: str = ""
    retry_after: float | None = None  # seconds

    @property
    def is_delivered(self) -> bool:
        """Tell whether the receiver has it."""
        return self.outcome == DELIVERED


class Round(Struct, frozen=True):
    """Result of a round. `done` are the destinations that have the reports, those of earlier rounds included."""

    sent: list[Sent]
    done: tuple[int, ...]
    is_success: bool

    @property
    def is_gone(self) -> bool:
        """Tell whether a receiver answered 410: nothing may be sent to it any more."""
        return any(one.outcome == f"http_{_GONE}" for one in self.sent)

    @property
    def retry_after(self) -> float | None:
        """Longest wait in seconds that a receiver asked for."""
        return max((one.retry_after for one in self.sent if one.retry_after is not None), default=None)

    @property
    def seconds(self) -> float:
        """Seconds that its slowest request took."""
        return max((one.ms for one in self.sent), default=0) / 1000


async def send_round(
    egress: Egress, gate_type: str, sender: Sender, endpoints: Sequence[Endpoint], reports: Sequence[Sendable],
    done: Sequence[int] = (),
) -> Round:  # fmt: skip
    """Send reports (several are one batch) or an event once, to all, the first that answers, or one at random.

    A gate without destinations has nothing to do: the round is a success.
    """
    if gate_type == "ALL":
        open_ = [endpoint for endpoint in endpoints if endpoint.id not in done]
        sent = list(await asyncio.gather(*(send_once(egress, sender, endpoint, reports) for endpoint in open_)))
        sent.sort(key=lambda one: not one.is_delivered)  # the last one says what came of the round
        have = (*done, *(one.endpoint_id for one in sent if one.is_delivered))
        return Round(sent, have, all(one.is_delivered for one in sent))
    chosen = [random.choice(endpoints)] if gate_type == "ONE_RANDOM" and endpoints else endpoints  # noqa: S311  no secret
    sent = []
    for endpoint in chosen:
        sent.append(await send_once(egress, sender, endpoint, reports))
        if sent[-1].is_delivered:
            break
    return Round(sent, tuple(one.endpoint_id for one in sent if one.is_delivered), not sent or sent[-1].is_delivered)


async def send_once(egress: Egress, sender: Sender, endpoint: Endpoint, reports: Sequence[Sendable]) -> Sent:
    """Send one request and return what came of it; errors of sending are outcomes."""
    at = datetime.now(UTC)
    if endpoint.url == DROP:
        return Sent(endpoint.id, at, DELIVERED, 0)
    request = request_of(sender, endpoint, reports, at=at)
    begun = time.monotonic()
    try:
        answer = await egress.send(request.method, request.url, request.headers, request.body)
    except SendError as error:
        return Sent(endpoint.id, at, error.outcome, error.ms, request)
    ms = round((time.monotonic() - begun) * 1000)
    is_success = 200 <= answer.status < 300
    if is_success and sender.acknowledge and not answer.body.strip():
        outcome = NOT_ACKNOWLEDGED
    else:
        outcome = DELIVERED if is_success else f"http_{answer.status}"
    text = answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")[:MAX_ANSWER]
    return Sent(endpoint.id, at, outcome, ms, request, text, answer.retry_after)


def shown_headers(request: Request) -> str:
    """Return a request's headers, one a line, with the credentials masked: all of unknown names are taken for such.

    The signature is shown, for developers who compare it with their own: it holds for this body and time alone.
    """
    known = ("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature", "accept")
    return "\n".join(
        f"{name}: {value if name.lower() in known else _MASKED}" for name, value in request.headers.items()
    )

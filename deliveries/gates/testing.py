"""Tests of gates: one request to each destination at once, whatever the gate's type, with the answer for people.

A test sends the newest report that the gate would forward, or a made-up one; to a gate of events alone a made-up event.
It is recorded as an attempt with the number 0, and changes neither the gate's state nor its counts.

The request of the page or the API waits for the answers, with its transaction open but without a lock: at most ten
seconds, and a few tests at once in a process.
"""

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from deliveries.gates.egress import egress, own_names
from deliveries.gates.event_examples import sample_event
from deliveries.gates.examples import SAMPLE, newest
from deliveries.gates.forwarded import Endpoint, Event, Sendable, Sender
from deliveries.gates.loading import Place
from deliveries.gates.recording import DELIVERED
from deliveries.gates.rounds import Sent, send_once, shown_headers
from deliveries.gates.settings import read_settings
from deliveries.gates_outbox.outbox import gates_of
from deliveries.models import Gate, GateAttempt
from portal.accounts.models import record
from portal.common.cache import count_up
from portal.tenants.scope import signin_login

AT_ONCE = 3  # tests of one process: each holds a database connection
TEST = 0  # `number` of a test's attempts
_MINUTE, _HOUR = 60, 3600
_slots = threading.BoundedSemaphore(AT_ONCE)


class TooManyTests(Exception):
    """The tenant's tests of this minute or hour are used up, or too many run now; its text is for people."""

    def __init__(self, text: str, *, wait: int) -> None:
        super().__init__(text)
        self.wait = wait  # seconds


@dataclass(frozen=True)
class TestedDestination:
    """One request of a test and its answer. Credentials in the headers are masked; a dropped report has no request."""

    __test__ = False

    destination_id: int
    url: str
    method: str
    headers: tuple[str, ...]  # each "name: value", the signature included
    body: str
    answer: str
    outcome: str
    ms: int

    @property
    def is_delivered(self) -> bool:
        """Tell whether the receiver took it."""
        return self.outcome == DELIVERED


@dataclass(frozen=True)
class TestResult:
    """Result of a test. `is_sample`: no message of the last days passes the filter, so the report was made up."""

    __test__ = False

    at: datetime
    is_sample: bool
    destinations: tuple[TestedDestination, ...]

    @property
    def is_delivered(self) -> bool:
        """Tell whether all destinations took it."""
        return all(one.is_delivered for one in self.destinations)


def send_test(gate: Gate, *, actor: str) -> TestResult:
    """Test a gate of any state and record it. Raises TooManyTests."""
    _count(gate.tenant_id)
    if not _slots.acquire(blocking=False):
        raise TooManyTests(_("Other tests are running. Try again in some seconds."), wait=10)
    try:
        now = timezone.now()
        place, report = _report_of(gate)
        known = read_settings([gate.pk], now=now)[gate.pk]
        sent = asyncio.run(_send_all(known.sender, known.endpoints, report, _all_own_names()))
    finally:
        _slots.release()
    tested = tuple(_tested(one, endpoint) for one, endpoint in zip(sent, known.endpoints, strict=True))
    GateAttempt.objects.bulk_create(
        [_attempt(gate, place, report, one, shown) for one, shown in zip(sent, tested, strict=True)]
    )
    details = {"gate": gate.public_id, "outcomes": ", ".join(one.outcome for one in tested)}
    record("gate.tested", actor=actor, tenant=gate.tenant, subject=gate.name, details=details)
    return TestResult(now, place is None, tested)


async def _send_all(sender: Sender, endpoints: Sequence[Endpoint], report: Sendable, names: set[str]) -> list[Sent]:
    async with egress() as out:
        await out.refuse_hosts(names)
        return list(await asyncio.gather(*(send_once(out, sender, endpoint, [report]) for endpoint in endpoints)))


def _all_own_names() -> set[str]:
    """Return the portal's host names, those of other customers' brands included, which no page sees itself."""
    with signin_login():
        return own_names()


def _report_of(gate: Gate) -> tuple[Place | None, Sendable]:
    if not gate.forwards_reports:
        return None, sample_event(gate.events[0], tenant_slug=gate.tenant.slug, tenant_name=gate.tenant.name)
    own = next(one for one in gates_of([gate.tenant_id])[gate.tenant_id] if one.id == gate.pk)
    found = newest(gate.tenant_id, own.filter, today=datetime.now(UTC).date())
    return found or (None, SAMPLE)


def _tested(sent: Sent, endpoint: Endpoint) -> TestedDestination:
    request = sent.request
    return TestedDestination(
        destination_id=sent.endpoint_id,
        url=request.url if request else endpoint.url,
        method=request.method if request else "",
        headers=tuple(shown_headers(request).splitlines()) if request else (),
        body=request.body.decode("utf-8", "replace") if request else "",
        answer=sent.answer,
        outcome=sent.outcome,
        ms=sent.ms,
    )


def _attempt(gate: Gate, place: Place | None, report: Sendable, sent: Sent, shown: TestedDestination) -> GateAttempt:
    return GateAttempt(
        tenant_id=gate.tenant_id,
        gate_id=gate.pk,
        destination_id=sent.endpoint_id,
        at=sent.at,
        inbox_id=place.inbox_id if place else None,
        account_id=place.account_id if place else None,
        message_id=report.id if isinstance(report, Event) else report.message_id,
        day=place.day if place else None,
        number=TEST,
        outcome=sent.outcome,
        is_last=True,
        ms=sent.ms,
        method=shown.method,
        url=shown.url,
        request_headers="\n".join(shown.headers),
        request_body=shown.body,
        answer=shown.answer,
        is_masked=report.is_masked,
    )


def _count(tenant_id: int) -> None:
    """Count the test at the tenant's limits."""
    for name, seconds, most in (
        ("minute", _MINUTE, settings.GATE_TESTS_PER_MINUTE),
        ("hour", _HOUR, settings.GATE_TESTS_PER_HOUR),
    ):
        now = int(time.time())
        used = count_up(f"gate-tests:{name}:{tenant_id}:{now // seconds}", seconds=2 * seconds)
        if most and used > most:
            wait = seconds - now % seconds
            text = _("There were too many tests. Try again in %(seconds)s seconds.") % {"seconds": wait}
            raise TooManyTests(text, wait=wait)

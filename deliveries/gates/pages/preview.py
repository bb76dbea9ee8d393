"""The requests that a gate would send for its customer's newest report, before it is saved."""

from dataclasses import dataclass

from django.utils import timezone
from msgspec.structs import replace

from deliveries.gates.definitions import DestinationInput, GateInput
from deliveries.gates.event_examples import sample_event
from deliveries.gates.examples import SAMPLE, newest_report
from deliveries.gates.forwarded import Endpoint, Forwarded, Sendable, Sender
from deliveries.gates.requests import request_of
from deliveries.gates.rounds import DROP
from deliveries.gates.secrets import headers_of
from deliveries.gates.signing import new_secret
from deliveries.gates_outbox.matching import Filter
from deliveries.models import Gate
from portal.common.masking import Masking
from portal.common.msisdn import sender_type
from portal.common.periods import local_day
from portal.tenants.models import Tenant

HIDDEN = "••••••••"
_CREDENTIALS = {"authorization": "Basic ", "webhook-signature": "v1,"}  # unless it is the destination's own header


@dataclass(frozen=True, slots=True)
class PreviewedRequest:
    """One request: its URL as typed, its first line, headers as (name, value), and body. `is_drop`: none is sent."""

    url: str
    line: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    is_drop: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """A request for each destination. `is_sample`: no recent report passes the filter, so the report is made up.

    `events` are made-up requests to the first destination, by the event's name.
    """

    message_id: str
    is_sample: bool
    requests: tuple[PreviewedRequest, ...]
    events: tuple[tuple[str, PreviewedRequest], ...]


def preview_of(tenant: Tenant, given: GateInput, *, gate: Gate | None, masking: Masking) -> Preview:
    """Return what the gate would send now. Passwords, signatures and stored headers are hidden."""
    now = timezone.now()
    report = newest_report(tenant.id, _filter_of(given), today=local_day(now, tenant.timezone))
    shown = masked(report or SAMPLE, masking)
    # Signed with a secret of its own, since the real one is not needed for what is shown.
    sender = Sender(
        public_id=gate.public_id if gate else "new",
        body=given.body,
        custom_parameters=dict(given.custom_parameters),
        acknowledge=given.acknowledge,
        secrets=(new_secret(),),
        is_batched=given.batch_size > 1,
    )
    stored = {one.url: headers_of(one) for one in gate.destinations.all()} if gate else {}

    def request(to: DestinationInput, what: Sendable) -> PreviewedRequest:
        return _request(sender, to, what, stored.get(to.url, ()), now)

    requests = tuple(request(one, shown) for one in given.destinations) if given.forwards_reports else ()
    samples = [sample_event(event, tenant_slug=tenant.slug, tenant_name=tenant.name) for event in given.events]
    events = tuple((str(Gate.Event(one.type).label), request(given.destinations[0], one)) for one in samples)
    return Preview(shown.message_id, report is None, requests, events)


def masked(report: Forwarded, masking: Masking) -> Forwarded:
    """Return the report with its numbers masked as the role of the person has it."""
    own = report.destination
    return replace(
        report,
        message_id=masking.id(report.message_id, own) or "",
        ref_id=masking.text(report.ref_id, own),
        partner_id=masking.id(report.partner_id, own) or "",
        source=masking.sender(report.source, sender_type(report.source), own),
        destination=masking.number(own),
        custom_parameters=masking.texts(report.custom_parameters, own),
        campaign=masking.text(report.campaign, own),
        variant=masking.text(report.variant, own),
        labels=masking.texts(report.labels, own),
        segments_of=masking.texts(report.segments_of, own),
    )


def _request(sender: Sender, given: DestinationInput, report: Sendable, stored, now) -> PreviewedRequest:
    if given.url == DROP:
        return PreviewedRequest(given.url, is_drop=True)
    headers = (
        given.headers if given.headers is not None else tuple(f"{one.partition(':')[0]}: {HIDDEN}" for one in stored)
    )
    endpoint = Endpoint(
        id=0,
        url=given.url,
        content_type=given.content_type,
        method=given.method,
        template=given.template,
        username=given.username,
        password=HIDDEN if given.password is None else given.password,
        headers=headers,
    )
    request = request_of(sender, endpoint, [report], at=now)
    shown = tuple((name, _shown(name, value)) for name, value in request.headers.items())
    return PreviewedRequest(given.url, f"{request.method} {request.url}", shown, request.body.decode())


def _shown(name: str, value: str) -> str:
    kind = _CREDENTIALS.get(name.lower())
    return value if kind is None else f"{kind}{HIDDEN}"


def _filter_of(given: GateInput) -> Filter:
    return Filter(
        partner_ids=frozenset(given.partner_ids),
        final_only=given.final_only,
        statuses=frozenset(given.statuses),
        countries=frozenset(given.countries),
        campaign_ids=frozenset(given.campaign_ids),
        ref_id_prefix=given.ref_id_prefix,
        parameter_key=given.parameter_key,
        parameter_value=given.parameter_value,
        nothing=not given.forwards_reports,
    )

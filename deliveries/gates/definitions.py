"""Definition of a gate: the fields that people and clients give, and everything that is wrong with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deliveries.dialects.codes import STATUS_RANK
from deliveries.gates.rounds import DROP
from deliveries.gates.shapes import template
from deliveries.gates.shapes.template import TemplateError
from deliveries.models import Gate, GateDestination
from deliveries.models.gates import MAX_BATCH, MAX_THROTTLE, MAX_TTL, MAX_URL
from portal.common.egress import check_header, check_url
from portal.common.msisdn import COUNTRIES, mask_numbers

MAX_NAME = 200
MAX_DESTINATIONS = 10
MAX_HEADERS = 10
MAX_PARAMETERS, MAX_PARAMETER = 50, 500
MAX_TEMPLATE = 2_000
MIN_TTL = 1_000
_TEMPLATE_FAULTS = {
    TemplateError.UNKNOWN_FIELD: gettext_lazy("There is no field %(name)s."),
    TemplateError.UNKNOWN_FILTER: gettext_lazy("There is no filter %(name)s."),
    TemplateError.NOT_FOR_FIELD: gettext_lazy("The filter %(name)s does not fit its field."),
    TemplateError.BAD_PATTERN: gettext_lazy("The pattern %(name)s cannot be used."),
    TemplateError.NOT_CLOSED: gettext_lazy("The brace of %(name)s is not closed."),
}


@dataclass(frozen=True)
class DestinationInput:
    """One destination. A `password` or `headers` of None keeps what is stored of the destination with the same URL."""

    url: str
    content_type: str = GateDestination.JSON
    method: str = GateDestination.Method.POST
    template: str = ""
    username: str = ""
    password: str | None = ""
    headers: tuple[str, ...] | None = ()  # each "name:value"
    custom_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class GateInput:
    """A gate as it is given. What a client of LINK's shape cannot say stays as it is (`changing.merged`)."""

    name: str
    ref_id: str
    destinations: tuple[DestinationInput, ...]
    gate_type: str = Gate.Type.ONE_ORDERED
    ttl_ms: int = 172_800_000
    acknowledge: bool = False
    throttle: int | None = None
    custom_parameters: Mapping[str, str] = field(default_factory=dict)
    forwards_reports: bool = True
    events: tuple[str, ...] = ()
    body: str = Gate.Body.LINK
    batch_size: int = 1
    partner_ids: tuple[str, ...] = ()
    final_only: bool = False
    statuses: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    campaign_ids: tuple[int, ...] = ()
    ref_id_prefix: str = ""
    parameter_key: str = ""
    parameter_value: str = ""

    def with_name(self) -> "GateInput":
        """Return it with its reference as its name where it has none."""
        return self if self.name else replace(self, name=self.ref_id[:MAX_NAME] or _("Gate"))


def problems(given: GateInput) -> dict[str, list[str]]:
    """Return the faults, sentences by field; a destination's field is `destinations[0].url`. Empty: nothing."""
    found: dict[str, list[str]] = {}
    for name, sentence in _problems(given):
        found.setdefault(name, []).append(sentence)
    return found


def _problems(given: GateInput) -> Iterator[tuple[str, str]]:
    yield from _text("name", given.name, limit=MAX_NAME, required=True)
    yield from _text("ref_id", given.ref_id, limit=255, required=True)
    if given.gate_type not in Gate.Type.values:
        yield "gate_type", _("It must be one of %(values)s.") % {"values": ", ".join(Gate.Type.values)}
    if not MIN_TTL <= given.ttl_ms <= MAX_TTL:
        yield "ttl_ms", _("It must be between %(min)s and %(max)s milliseconds.") % {"min": MIN_TTL, "max": MAX_TTL}
    if given.throttle is not None and not 1 <= given.throttle <= MAX_THROTTLE:
        yield "throttle", _("It must be between 1 and %(max)s requests per second.") % {"max": MAX_THROTTLE}
    if given.body not in Gate.Body.values:
        yield "body", _("It must be one of %(values)s.") % {"values": ", ".join(Gate.Body.values)}
    if not 1 <= given.batch_size <= MAX_BATCH:
        yield "batch_size", _("It must be between 1 and %(max)s.") % {"max": MAX_BATCH}
    yield from _parameters("custom_parameters", given.custom_parameters)
    if not given.forwards_reports and not given.events:
        yield "events", _("Choose an event, or let the gate forward delivery reports.")
    for name, values, allowed in (
        ("events", given.events, set(Gate.Event.values)),
        ("statuses", given.statuses, set(STATUS_RANK)),
        ("countries", given.countries, {*COUNTRIES, "ZZ"}),
    ):
        if unknown := [value for value in values if value not in allowed]:
            yield name, _("Unknown: %(values)s.") % {"values": ", ".join(unknown[:5])}
    for name, text in (
        ("ref_id_prefix", given.ref_id_prefix),
        ("parameter_key", given.parameter_key),
        ("parameter_value", given.parameter_value),
    ):
        yield from _text(name, text, limit=300)
    if given.parameter_value and not given.parameter_key:
        yield "parameter_key", _("Give the name of the custom parameter, too.")
    if not 1 <= len(given.destinations) <= MAX_DESTINATIONS:
        yield "destinations", _("Give between 1 and %(max)s destinations.") % {"max": MAX_DESTINATIONS}
    for number, destination in enumerate(given.destinations[:MAX_DESTINATIONS]):
        for name, sentence in _destination(destination, given):
            yield f"destinations[{number}].{name}", sentence


def _destination(given: DestinationInput, gate: GateInput) -> Iterator[tuple[str, str]]:
    if len(given.url) > MAX_URL:
        yield "url", _("It has %(length)s characters, the limit is %(max)s.") % {
            "length": len(given.url), "max": MAX_URL,
        }  # fmt: skip
    elif given.url != DROP:
        try:
            check_url(given.url)
        except ValueError as error:
            yield "url", str(error)
    if given.content_type not in dict(GateDestination.CONTENT_TYPES):
        yield (
            "content_type",
            _("It must be one of %(values)s.") % {"values": ", ".join(dict(GateDestination.CONTENT_TYPES))},
        )
    elif gate.body == Gate.Body.EVENT and given.content_type != GateDestination.JSON:
        yield "content_type", _("The portal's event is sent as JSON.")
    if given.method not in GateDestination.Method.values:
        yield "method", _("It must be one of %(values)s.") % {"values": ", ".join(GateDestination.Method.values)}
    if gate.body == Gate.Body.EVENT and given.method == GateDestination.Method.GET:
        yield "method", _("The portal's event is sent by POST or PUT.")
    elif gate.events and given.method == GateDestination.Method.GET:
        yield "method", _("Events are sent by POST or PUT.")
    is_single = (
        given.method == GateDestination.Method.GET or given.template or given.content_type != GateDestination.JSON
    )
    if gate.batch_size > 1 and is_single:
        yield "batch_size", _("Several reports per request need POST or PUT with JSON and no template.")
    if len(given.template) > MAX_TEMPLATE:
        yield "template", _("It has %(length)s characters, the limit is %(max)s.") % {
            "length": len(given.template), "max": MAX_TEMPLATE,
        }  # fmt: skip
    elif given.template:
        try:
            template.check(given.template)
        except TemplateError as error:
            yield "template", str(_TEMPLATE_FAULTS[error.reason]) % {"name": error.name}
    yield from _text("username", given.username, limit=255, may_have_number=True)
    if ":" in given.username:
        yield "username", _("A user name of Basic authentication has no colon.")
    if given.password is not None:
        yield from _text("password", given.password, limit=255, may_have_number=True)
    yield from _headers(given.headers or (), has_username=bool(given.username))
    yield from _parameters("custom_parameters", given.custom_parameters)


def _headers(headers: tuple[str, ...], *, has_username: bool) -> Iterator[tuple[str, str]]:
    if len(headers) > MAX_HEADERS:
        yield "headers", _("There may be %(max)s headers at most.") % {"max": MAX_HEADERS}
    for header in headers[:MAX_HEADERS]:
        name, colon, value = header.partition(":")
        try:
            if not colon:
                raise ValueError(_("A header is written as name:value."))
            check_header(name.strip(), value.strip(), has_username=has_username)
        except ValueError as error:
            yield "headers", str(error)


def _parameters(name: str, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if len(given) > MAX_PARAMETERS:
        yield name, _("There may be %(max)s parameters at most.") % {"max": MAX_PARAMETERS}
    for key, value in list(given.items())[:MAX_PARAMETERS]:
        yield from ((name, sentence) for _name, sentence in _text(name, key, limit=MAX_PARAMETER))
        yield from ((name, sentence) for _name, sentence in _text(name, value, limit=MAX_PARAMETER))


def _text(
    name: str, text: str, *, limit: int, required: bool = False, may_have_number: bool = False
) -> Iterator[tuple[str, str]]:
    if required and not text.strip():
        yield name, _("This field is required.")
    if len(text) > limit:
        yield name, _("It has %(length)s characters, the limit is %(max)s.") % {"length": len(text), "max": limit}
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in text):
        yield name, _("It has a character that cannot be printed.")
    if not may_have_number and mask_numbers(text) != text:
        yield name, _("There must be no phone number in it.")

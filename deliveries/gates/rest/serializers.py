"""Bodies and answers about gates."""

from rest_framework import serializers

from deliveries.dialects.codes import STATUS_RANK
from deliveries.gates.definitions import MAX_DESTINATIONS, MAX_HEADERS, MAX_PARAMETERS
from deliveries.gates.hidden_values import HIDDEN
from deliveries.gates.reading import MAX_WAITING
from deliveries.models import Gate, GateDestination
from deliveries.models.gates import DEFAULT_TTL, MAX_BATCH, MAX_THROTTLE, MAX_TTL
from deliveries.partner_ids.serializers import Text
from portal.api.serializers import ChangePageSerializer, ForwardPageSerializer

MAX_TEXTS = 1000  # values of one list of a filter
_OUTCOME = "`delivered`, or what went wrong: docs/gates.md lists the outcomes."


def _texts(text: str) -> serializers.ListField:
    return serializers.ListField(child=Text(max_length=300), max_length=MAX_TEXTS, required=False, help_text=text)


class FilterBody(serializers.Serializer):
    """The reports that a gate sends: they pass all parts; an empty part lets all pass."""

    partner_ids = _texts("Only these partner IDs.")
    final_only = serializers.BooleanField(required=False, help_text="Only final states.")
    statuses = _texts(f"Only these statuses of the report: {', '.join(STATUS_RANK)}.")
    countries = _texts("Only these countries, ISO 3166-1 alpha-2; `ZZ`: unknown.")
    campaign_ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        max_length=MAX_TEXTS,
        required=False,
        help_text="Only these campaigns of the tenant, by `id`.",
    )
    ref_id_prefix = Text(required=False, allow_blank=True, help_text="The refId begins with this.")
    parameter_key = Text(required=False, allow_blank=True, help_text="The message has this custom parameter …")
    parameter_value = Text(required=False, allow_blank=True, help_text="… with this value; empty: any.")


class DestinationBody(serializers.Serializer):
    """One URL. A field that is absent stays as it is stored of the destination with the same URL."""

    url = Text(help_text="http or https, to a public host; `do://drop` discards.")
    content_type = serializers.ChoiceField(
        choices=list(dict(GateDestination.CONTENT_TYPES)), required=False, help_text="Default: application/json."
    )
    method = serializers.ChoiceField(choices=GateDestination.Method.values, required=False, help_text="Default: POST.")
    template = Text(required=False, allow_blank=True, help_text="Appended to the query (docs/gates.md, Templates).")
    username = Text(required=False, allow_blank=True, help_text="Of Basic credentials.")
    password = Text(
        required=False,
        allow_blank=True,
        help_text=f"Of Basic credentials. `{HIDDEN}` keeps what is stored for the same URL.",
    )
    headers = serializers.ListField(
        child=Text(),
        max_length=MAX_HEADERS,
        required=False,
        help_text=f"Own headers, each `name:value`. The value `{HIDDEN}` keeps what is stored for the same URL.",
    )
    custom_parameters = serializers.DictField(
        child=Text(allow_blank=True), required=False, help_text="Kept for you; the portal does not use them."
    )


class ChangeGateBody(serializers.Serializer):
    """Fields of a gate that change; those that are absent stay."""

    name = Text(required=False, allow_blank=True, help_text="For people; without it the reference.")
    ref_id = Text(required=False, help_text="Your reference, unique for the same `filter.partner_ids`.")
    type = serializers.ChoiceField(
        choices=Gate.Type.values, required=False, help_text="Which destinations get a report. Default: ONE_ORDERED."
    )
    ttl_ms = serializers.IntegerField(
        required=False,
        help_text=f"Time to live of a delivery in ms, from 1000 to {MAX_TTL}. Default: {DEFAULT_TTL} (48 h).",
    )
    acknowledge = serializers.BooleanField(required=False, help_text="The answer must have a body. Default: false.")
    throttle = serializers.IntegerField(
        required=False, allow_null=True, help_text=f"Requests per second, from 1 to {MAX_THROTTLE}; null: no limit."
    )
    custom_parameters = serializers.DictField(
        child=Text(allow_blank=True),
        required=False,
        help_text=f"Sent as `gateCustomParameters`; at most {MAX_PARAMETERS}.",
    )
    body = serializers.ChoiceField(
        choices=Gate.Body.values, required=False, help_text="`link`: LINK's report (default); `event`: the portal's."
    )
    batch_size = serializers.IntegerField(
        required=False, help_text=f"Reports per request, from 1 (default) to {MAX_BATCH}."
    )
    forwards_reports = serializers.BooleanField(
        required=False, help_text="Whether delivery reports are sent; false: events alone. Default: true."
    )
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=Gate.Event.values),
        max_length=MAX_TEXTS,
        required=False,
        help_text=f"Events that are sent (docs/gates.md, Events): {', '.join(Gate.Event.values)}. Default: none.",
    )
    filter = FilterBody(required=False, help_text="The reports that the gate sends.")
    destinations = DestinationBody(  # type: ignore[call-arg]  # `many` makes it a list, which has a max_length
        many=True,
        required=False,
        allow_empty=False,
        max_length=MAX_DESTINATIONS,
        help_text=f"From 1 to {MAX_DESTINATIONS}, in their order. The list replaces the stored one.",
    )


class NewGateBody(ChangeGateBody):
    """A gate to create."""

    tenant = Text(required=False, help_text="Whose gate it is, by slug; without it the key's tenant.")
    ref_id = Text(help_text="Your reference, unique for the same `filter.partner_ids`.")
    destinations = DestinationBody(  # type: ignore[call-arg]  # `many` makes it a list, which has a max_length
        many=True,
        allow_empty=False,
        max_length=MAX_DESTINATIONS,
        help_text=f"From 1 to {MAX_DESTINATIONS}, in their order.",
    )


class FilterAnswer(serializers.Serializer):
    """The reports that a gate sends."""

    partner_ids = serializers.ListField(child=serializers.CharField(), help_text="Empty: all of the tenant.")
    final_only = serializers.BooleanField(help_text="Only final states.")
    statuses = serializers.ListField(child=serializers.CharField(), help_text="Empty: all.")
    countries = serializers.ListField(child=serializers.CharField(), help_text="Empty: all.")
    campaign_ids = serializers.ListField(child=serializers.IntegerField(), help_text="Empty: all.")
    ref_id_prefix = serializers.CharField(help_text="Empty: any refId.")
    parameter_key = serializers.CharField(help_text="Empty: no custom parameter is required.")
    parameter_value = serializers.CharField(help_text="Empty: any value.")


class DestinationAnswer(serializers.Serializer):
    """One URL of a gate; password and values of headers are masked."""

    url = serializers.CharField(help_text="Where requests go.")
    content_type = serializers.CharField(help_text="Of the body.")
    method = serializers.CharField(help_text="POST, PUT or GET.")
    template = serializers.CharField(help_text="Appended to the query; empty: none.")
    username = serializers.CharField(help_text="Of Basic credentials; empty: none.")
    password = serializers.CharField(help_text=f"`{HIDDEN}` if one is stored, else empty.")
    headers = serializers.ListField(child=serializers.CharField(), help_text=f"Each as `name:{HIDDEN}`.")
    custom_parameters = serializers.DictField(child=serializers.CharField(), help_text="As they were given.")


class GateFiguresAnswer(serializers.Serializer):
    """Requests of a gate in the last 24 clock hours, tests not counted."""

    requests = serializers.IntegerField(help_text="Number of requests.")
    delivered = serializers.IntegerField(help_text="Number of those that succeeded.")
    success_share = serializers.FloatField(allow_null=True, help_text="From 0 to 1; null: no request.")
    p95_ms = serializers.FloatField(
        allow_null=True,
        help_text="95% of the first attempts that succeeded ended so many ms after the report's receipt; within 2%.",
    )


class LastAttemptAnswer(serializers.Serializer):
    """The newest attempt of a gate."""

    at = serializers.DateTimeField(help_text="When the request was sent.")
    outcome = serializers.CharField(help_text=_OUTCOME)
    is_test = serializers.BooleanField(help_text="Whether it was a test.")


class GateAnswer(serializers.Serializer):
    """A gate. Its signing secret is shown when it is created or replaced, and never again."""

    id = serializers.CharField(help_text="Its id, also in `webhook-id`.")
    tenant = serializers.CharField(help_text="Whose gate it is.")
    name = serializers.CharField(help_text="For people.")
    ref_id = serializers.CharField(help_text="Your reference.")
    type = serializers.ChoiceField(choices=Gate.Type.values, help_text="Which destinations get a report.")
    ttl_ms = serializers.IntegerField(help_text="Time to live of a delivery in ms.")
    acknowledge = serializers.BooleanField(help_text="The answer must have a body.")
    throttle = serializers.IntegerField(allow_null=True, help_text="Requests per second; null: no limit.")
    custom_parameters = serializers.DictField(
        child=serializers.CharField(), help_text="Sent as `gateCustomParameters`."
    )
    body = serializers.ChoiceField(choices=Gate.Body.values, help_text="LINK's report or the portal's event.")
    batch_size = serializers.IntegerField(help_text="Reports per request.")
    forwards_reports = serializers.BooleanField(help_text="Whether delivery reports are sent.")
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=Gate.Event.values), help_text="Events that are sent."
    )
    filter = FilterAnswer(help_text="The reports that the gate sends.")
    destinations = DestinationAnswer(many=True, help_text="Its URLs, in their order.")
    state = serializers.ChoiceField(
        choices=Gate.State.values, help_text="While it is `paused` or `off`, deliveries are held."
    )
    state_at = serializers.DateTimeField(help_text="Since when.")
    off_reason = serializers.ChoiceField(
        choices=Gate.OffReason.values, allow_null=True, help_text="Why the portal switched it off; else null."
    )
    failing_since = serializers.DateTimeField(
        allow_null=True, help_text="First failure since anything was delivered; null: none."
    )
    old_secret_until = serializers.DateTimeField(
        allow_null=True, help_text="So long the former secret signs, too; null: there is none."
    )
    created_at = serializers.DateTimeField(help_text="When it was created.")
    changed_at = serializers.DateTimeField(help_text="When it was last changed.")
    waiting = serializers.IntegerField(help_text=f"Deliveries that wait; {MAX_WAITING + 1} means more.")
    last_24_hours = GateFiguresAnswer(help_text="Its requests.")
    last_attempt = LastAttemptAnswer(allow_null=True, help_text="Null: none within 30 days.")
    url = serializers.CharField(help_text="This gate.")


class NewGateAnswer(GateAnswer):
    """A new gate with its signing secret."""

    secret = serializers.CharField(help_text="The signing secret, `whsec_…`. Store it: it is not shown again.")


class SecretAnswer(serializers.Serializer):
    """A new signing secret."""

    secret = serializers.CharField(help_text="The signing secret, `whsec_…`. Store it: it is not shown again.")
    old_secret_until = serializers.DateTimeField(help_text="So long the former secret signs, too.")


class GatesAnswer(ChangePageSerializer):
    """A page of gates, newest first."""

    data = GateAnswer(many=True, help_text="The gates.")  # type: ignore[assignment]  # Serializer has the name, too


class NoFields(serializers.Serializer):
    """A body without fields: `{}`."""


class TestedDestinationAnswer(serializers.Serializer):
    """One request of a test and its answer."""

    __test__ = False

    url = serializers.CharField(help_text="Where it went.")
    method = serializers.CharField(help_text="Empty: the destination discards.")
    headers = serializers.ListField(
        child=serializers.CharField(), help_text="Each as `name: value`; credentials are masked."
    )
    body = serializers.CharField(help_text="As it was sent.")
    outcome = serializers.CharField(help_text=_OUTCOME)
    answer = serializers.CharField(help_text="The beginning of the answer's body.")
    ms = serializers.IntegerField(help_text="How long it took.")


class TestAnswer(serializers.Serializer):
    """Result of a test: each destination got one request."""

    __test__ = False

    at = serializers.DateTimeField(help_text="When.")
    is_delivered = serializers.BooleanField(help_text="Whether all destinations took the report.")
    is_sample = serializers.BooleanField(help_text="Whether the report was made up.")
    destinations = TestedDestinationAnswer(many=True, help_text="The requests, in the order of the destinations.")


class AttemptAnswer(serializers.Serializer):
    """One attempt; kept for 30 days."""

    id = serializers.IntegerField(help_text="Its number.")
    at = serializers.DateTimeField(help_text="When the request was sent, or the delivery ended without one.")
    outcome = serializers.CharField(help_text=_OUTCOME)
    number = serializers.IntegerField(help_text="1 is a delivery's first attempt; 0: a test.")
    is_last = serializers.BooleanField(help_text="Whether nothing follows for this delivery.")
    is_test = serializers.BooleanField(help_text="Whether it was a test.")
    is_replay = serializers.BooleanField(help_text="Whether the delivery was replayed.")
    ms = serializers.IntegerField(allow_null=True, help_text="How long it took; null: nothing was sent.")
    method = serializers.CharField(help_text="Empty: nothing was sent.")
    url = serializers.CharField(help_text="Where it went; empty: nothing was sent.")
    account = serializers.CharField(allow_null=True, help_text="The message's gateway account; null: a made-up report.")
    message_id = serializers.CharField(help_text="The message; of an event its id.")
    event = serializers.ChoiceField(
        choices=Gate.Event.values, allow_null=True, help_text="Type of the event; null: a delivery report."
    )
    number_erased = serializers.BooleanField(help_text="Whether the recipient's number was erased before or since.")


class AttemptDetailAnswer(AttemptAnswer):
    """One attempt with what was sent and answered."""

    request_headers = serializers.ListField(
        child=serializers.CharField(), help_text="Each as `name: value`; credentials are masked."
    )
    request_body = serializers.CharField(help_text="As it was sent; empty after an erasure.")
    answer = serializers.CharField(help_text="The first 4,000 characters of the answer's body.")


class AttemptsAnswer(ForwardPageSerializer):
    """A page of attempts, newest first."""

    data = AttemptAnswer(many=True, help_text="The attempts.")  # type: ignore[assignment]  # Serializer has the name, too

"""/api/v1/conversions/: conversion events, accepted, listed and deleted."""

from collections.abc import Collection

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign, ConversionEvent
from deliveries.conversions import accepting
from deliveries.conversions.accepting import Outcome
from deliveries.conversions.asked_api import EVENTS_OF, asked_events, customer_of
from deliveries.conversions.examples import EVENT, RESULTS, SENT
from deliveries.conversions.places import Places
from deliveries.conversions.reading import EventErrors, FieldError, ReadEvent, read, text_of
from deliveries.conversions.serializers import (
    ConversionBody,
    ConversionPageSerializer,
    ConversionResultsSerializer,
    ConversionSerializer,
)
from portal.accounts.access import Access
from portal.accounts.models import record
from portal.api.ndjson import NDJSON, NdjsonParser
from portal.api.operations import CONVERT, Operation
from portal.api.pages import PAGE_EXAMPLE, ROW_ID_MAX, page_of
from portal.api.parameters import CURSOR, SIZE, UPDATED_SINCE, Parameter
from portal.api.problems import BadFields, Conflict
from portal.api.views import ApiView, JsonParser
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount

MAX_EVENTS = 1000  # in one JSON body
MAX_LINES = 10_000  # in one NDJSON body
MAX_BYTES = 5 * 1024 * 1024

EVENT_PATH = {
    "conversion_id": Parameter(
        name="conversion_id", text="The event's `id`.", kind="number", most=ROW_ID_MAX, example=42
    )
}


class EventsParser(JsonParser):
    """A JSON object of at most MAX_BYTES bytes."""

    most_bytes = MAX_BYTES


class LinesParser(NdjsonParser):
    """Lines of events; one that is not JSON becomes the error that says so."""

    most_bytes = MAX_BYTES
    most_lines = MAX_LINES

    @staticmethod
    def not_json() -> EventErrors:
        return EventErrors([FieldError("", "not_json")])


class ConversionsView(ApiView):
    """A tenant's conversion events: accepted, and listed newest first."""

    parser_classes = [EventsParser, LinesParser]
    operations = {
        "GET": Operation(
            id="list_conversions",
            tag="Conversions",
            summary="List conversion events",
            text=(
                "The conversion events of the key's tenant and the tenants below it, those received last first, each"
                " with the message that it is attributed to or the reason why there is none. Phone numbers are not"
                " stored and not shown."
            ),
            parameters=(*EVENTS_OF, UPDATED_SINCE, CURSOR, SIZE),
            sample={"kind": "purchase", "attributed": "yes"},
            answer=ConversionPageSerializer,
            answer_text="A page of events.",
            answer_example=PAGE_EXAMPLE | {"data": [EVENT]},
        ),
        "POST": Operation(
            id="send_conversions",
            tag="Conversions",
            summary="Send conversion events",
            text=(
                f'Send one event, `{{"events": […]}}` with 1 to {MAX_EVENTS} events, or (Content-Type'
                f" `{NDJSON}`) 1 to {MAX_LINES} lines with an event each; at most {MAX_BYTES} bytes. An event belongs"
                " to one of: `message_id`, `destination` (with an optional `campaign`), `parameter_key` with"
                " `parameter_value`. `event_id` is yours and unique: repeating an event changes nothing and has the"
                " same result. The same id with other content is a `conflict`, and the stored event stays. The response"
                " has a result for each event in their order; valid events are stored although others are not. A single"
                " event that cannot be stored is answered 422 or 409. Numbers are not stored: a key is derived from"
                " them."
            ),
            scope=CONVERT,
            body=ConversionBody,
            body_example=SENT,
            answer=ConversionResultsSerializer,
            answer_text="The result of each event.",
            answer_example=RESULTS,
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        events, _tenant_ids = asked_events(request, self.given, self.access)
        rows = events.select_related("kind", "campaign", "tenant")
        return self.answer(page_of(rows, self.given, self.access, lambda page: shown(page, self.access), created=None))

    def post(self, request: Request) -> Response:
        tenant = customer_of(self.access)
        items, is_one = _items(request.data)
        now, places = timezone.now(), Places(tenant)
        results: list[dict] = []
        events: list[ReadEvent] = []
        for index, item in enumerate(items):
            try:
                event = item if isinstance(item, EventErrors) else read(item, places, now=now)
                if isinstance(event, EventErrors):
                    raise event
            except EventErrors as error:
                results.append(_invalid(item, error, "" if is_one else f"/{index}"))
            else:
                events.append(event)
                results.append({"event_id": event.event_id, "result": "", "errors": []})
        outcomes = iter(accepting.accept(tenant, events, source=ConversionEvent.Source.API))
        for index, result in enumerate(results):
            if not result["result"]:
                _set(result, next(outcomes), "" if is_one else f"/{index}")
        if is_one:
            _refuse(results[0])
        stored = sum(result["result"] == "stored" for result in results)
        return self.answer({"stored": stored, "refused": len(results) - stored, "results": results})


class ConversionView(ApiView):
    """One conversion event."""

    operations = {
        "GET": Operation(
            id="get_conversion",
            tag="Conversions",
            summary="One conversion event",
            text="An event, and the message that it is attributed to.",
            path=EVENT_PATH,
            answer=ConversionSerializer,
            answer_text="The event.",
            answer_example=EVENT,
        ),
        "DELETE": Operation(
            id="delete_conversion",
            tag="Conversions",
            summary="Delete a conversion event",
            text=(
                "Delete an event; the response is the event as it was. Events whose message is past the retention"
                " period are frozen and stay."
            ),
            scope=CONVERT,
            path=EVENT_PATH,
            answer=ConversionSerializer,
            answer_text="The deleted event.",
            answer_example=EVENT,
            problems=("conflict",),
        ),
    }

    def get(self, request: Request, conversion_id: int) -> Response:
        customer_of(self.access)
        return self.answer(shown([_event(self.access.tenant_ids, conversion_id)], self.access)[0])

    def delete(self, request: Request, conversion_id: int) -> Response:
        event = _event([customer_of(self.access).id], conversion_id)
        answer = self.answer(shown([event], self.access)[0])
        if accepting.remove(event.tenant, [event.id]).kept:
            raise Conflict("The event is frozen: its message is past the retention period.")
        record(
            "conversion.deleted",
            actor=str(self.access.key),
            tenant=event.tenant,
            subject=Masking(in_full=False).text(event.event_id),
        )
        return answer


def _event(tenant_ids: Collection[int], conversion_id: int) -> ConversionEvent:
    events = ConversionEvent.objects.select_related("kind", "campaign", "tenant")
    return get_object_or_404(events, tenant_id__in=tenant_ids, id=min(conversion_id, ROW_ID_MAX))


def _items(data: object) -> tuple[list, bool]:
    """Return the events of a body, and whether it is one event alone. Raises BadFields."""
    if isinstance(data, list):  # of lines
        return data, False
    assert isinstance(data, dict)  # the parser takes nothing else
    if "events" not in data:
        return [data], True
    if len(data) > 1:
        name = next(str(name) for name in data if name != "events")[:100]
        raise BadFields("Beside “events” the body has no other fields.", [(f"#/{_escaped(name)}", "unknown field")])
    events = data["events"]
    if not isinstance(events, list) or not 1 <= len(events) <= MAX_EVENTS:
        text = f"a list of 1 to {MAX_EVENTS} events"
        raise BadFields(f"events: {text}", [("#/events", text)])
    return events, False


def _escaped(name: str) -> str:
    """Return a name as a JSON Pointer holds it (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _invalid(item: object, error: EventErrors, at: str) -> dict:
    event_id = item.get("event_id") if isinstance(item, dict) else None
    return {
        "event_id": event_id[:200] if isinstance(event_id, str) else None,
        "result": "invalid",
        "errors": [
            {"pointer": f"#{at}" + (f"/{_escaped(one.field)}" if one.field else ""), "detail": text_of(one)}
            for one in error.errors
        ],
    }


def _set(result: dict, outcome: Outcome, at: str) -> None:
    result["result"] = "conflict" if outcome is Outcome.CONFLICT else "stored"
    if outcome is Outcome.CONFLICT:
        text = text_of(FieldError("event_id", "conflict"))
        result["errors"] = [{"pointer": f"#{at}/event_id", "detail": text}]


def _refuse(result: dict) -> None:
    """Raise the problem of a single event that was not stored."""
    if result["result"] == "stored":
        return
    errors = [(error["pointer"], error["detail"]) for error in result["errors"]]
    if result["result"] == "conflict":
        raise Conflict(f"event_id {result['event_id']}: {errors[0][1]}")
    raise BadFields("; ".join(f"{pointer}: {text}" for pointer, text in errors), errors)


def shown(events: list, access: Access) -> list[dict]:
    """Return events as the API shows them."""
    masking = access.masking
    accounts = {event.account_id for event in events} | {event.attributed_account_id for event in events}
    names = dict(GatewayAccount.objects.filter(id__in=accounts - {None}).values_list("id", "name"))
    ids = {event.attributed_campaign_id for event in events} - {None}
    campaigns = dict(Campaign.objects.filter(id__in=ids).values_list("id", "name"))
    return [
        {
            "id": event.id,
            "tenant": event.tenant.slug,
            "event_id": masking.text(event.event_id),
            "kind": event.kind.name,
            "occurred_at": event.occurred_at,
            "value": None if event.value is None else amount(event.value),
            "currency": event.currency or None,
            "belongs_to": "message" if event.message_id else "recipient" if event.recipient_key else "parameter",
            "account": names.get(event.account_id),
            "message_id": masking.text(event.message_id) if event.message_id else None,
            "parameter_key": masking.text(event.parameter_key) if event.parameter_key else None,
            "parameter_value": masking.text(event.parameter_value) if event.parameter_value else None,
            "campaign": masking.text(event.campaign.name) if event.campaign else None,
            "source": event.source,
            "received_at": event.received_at,
            "reason": event.reason or None,
            "attributed_at": event.attributed_at,
            "attributed_account": names.get(event.attributed_account_id),
            "attributed_message_id": (
                masking.text(event.attributed_message_id) if event.attributed_message_id else None
            ),
            "attributed_campaign": (
                masking.text(campaigns[event.attributed_campaign_id])
                if event.attributed_campaign_id in campaigns
                else None
            ),
            "attributed_variant": masking.text(event.attributed_variant) if event.attributed_variant else None,
            "delivered_at": event.delivered_at,
            "is_frozen": event.is_frozen,
            "url": reverse("api:conversion", args=[event.id]),
        }
        for event in events
    ]


def amount(micros: int) -> str:
    """Return an amount of millionths as a decimal with 2 to 6 decimals."""
    sign, digits = "-" if micros < 0 else "", f"{abs(micros):07d}"
    decimals = digits[-6:].rstrip("0").ljust(2, "0")
    return f"{sign}{digits[:-6]}.{decimals}"

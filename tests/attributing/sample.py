"""Messages and conversion events for tests, at minutes of one day."""

from datetime import UTC, datetime, timedelta

from campaigns.conversions.models import ConversionEvent, ConversionKind
from deliveries.attributing.attribute import attribute_due
from deliveries.attributing.due import note_events
from deliveries.messages.recipients import recipient_keys
from tests.deliveries.helpers import apply, dlr

START = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)
NUMBER, OTHER = "+358401234567", "+358407654321"


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def message(id_: str, delivered: float, number: str = NUMBER, *, code: int = 1001, **more) -> dict:
    """Return a report: sent a minute before `delivered`; `campaign`, `partner` and further custom parameters."""
    campaign, partner = more.pop("campaign", "autumn"), more.pop("partner", "nr-fi")
    return dlr(
        id_,
        code,
        refId=campaign,
        timestamp=f"{at(delivered):%Y-%m-%dT%H:%M:%SZ}",
        sentTimestamp=f"{at(delivered - 1):%Y-%m-%dT%H:%M:%SZ}",
        gateCustomParameters={"platformPartnerId": partner},
        customParameters={"destination": number} | more,
    )


def kind(tenant, name: str = "purchase", **more) -> ConversionKind:
    return ConversionKind.objects.get_or_create(tenant=tenant, name=name, defaults=more)[0]


def event(tenant, id_: str, minute: float, number: str | None = NUMBER, **more) -> ConversionEvent:
    """Take in an event of a recipient, or (number None) by what `more` says."""
    if number:
        more["recipient_key"] = recipient_keys().of_number(number[1:], tenant_id=tenant.id)
    more.setdefault("kind", kind(tenant))
    made = ConversionEvent.objects.create(tenant=tenant, event_id=id_, occurred_at=at(minute), source="api", **more)
    note_events(tenant.id, [made.pk])
    return made


def attributed() -> dict[str, str]:
    """Attribute, and return each event's message id, or its reason in brackets."""
    assert attribute_due() is not None
    found = ConversionEvent.objects.values_list("event_id", "attributed_message_id", "reason")
    return {id_: message_id or f"({reason})" for id_, message_id, reason in found}


__all__ = ["NUMBER", "OTHER", "START", "apply", "at", "attributed", "event", "kind", "message"]

"""Conversion events of the demo, sent by the API: purchases after the newest sale, and codes that were confirmed.

Variant B sells more than A, and gold customers buy more than others. Some events find no message, each with its reason.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from portal.demo.state import DemoError

PURCHASE, CONFIRMED = "osto", "code confirmed"
EVERY = {"A": 14, "B": 9}  # one of so many recipients of a variant buys
EVERY_GOLD = {"A": 5, "B": 3}
TOO_LATE = 40  # every so many purchases come days after the message
UNKNOWN = 9  # purchases by people who got no message
CODES, NOT_CONFIRMED = "locker-code", 8  # the campaign; every eighth code is not confirmed
MAX_EVENTS = 1000  # in one request


def send_events(address: str) -> None:
    """Send the events of each tenant once, with a key that is revoked afterwards."""
    from django.utils import timezone

    from campaigns.models import ConversionKind
    from portal.tenants.models import Tenant

    now = timezone.now()
    for slug, kind, is_otp, events_of in (
        ("nordic-retail", PURCHASE, False, purchases),
        ("baltic-parcel", CONFIRMED, True, confirmed_codes),
    ):
        tenant = Tenant.objects.get(slug=slug)
        if ConversionKind.objects.filter(tenant=tenant).exists():
            continue
        if events := list(events_of(tenant, now=now)):
            ConversionKind.objects.create(tenant=tenant, name=kind, is_otp=is_otp)
            _send_as(tenant, address, events)


def _send_as(tenant, address: str, events: list[dict]) -> None:
    from django.utils import timezone

    from portal.tenants import api_keys
    from portal.tenants.models import ApiKey

    now = timezone.now()
    key, text = api_keys.create_key(
        tenant=tenant,
        name="Demo",
        scopes=[ApiKey.Scope.CONVERT],
        created_by="demo",
        now=now,
        expires_at=now + timedelta(hours=1),
    )
    try:
        _send(address, text, events)
    finally:
        api_keys.revoke_key(key=key, now=timezone.now())


def _send(address: str, key: str, events: list[dict]) -> None:
    import httpx

    for first in range(0, len(events), MAX_EVENTS):
        answer = httpx.post(
            f"{address}/api/v1/conversions/",
            json={"events": events[first : first + MAX_EVENTS]},
            headers={"Authorization": f"Bearer {key}"},
            timeout=60,
        )
        if answer.status_code != httpx.codes.OK or answer.json()["refused"]:
            raise DemoError(f"The conversion events were not taken: {answer.text[:300]}")


def purchases(tenant, *, now: datetime) -> Iterator[dict]:
    """Yield an event for some of the recipients whom the newest sale reached, and those of a few strangers."""
    from campaigns.models import Campaign

    campaign = Campaign.objects.filter(tenant=tenant, name__endswith="-sale").order_by("-id").first()
    if campaign is None:
        return
    reached: Counter[tuple[str, bool]] = Counter()
    bought = 0
    for message in _delivered(campaign).order_by("sent_at", "message_id"):
        is_gold = (message.custom_parameters or {}).get("segment") == "gold"
        every = (EVERY_GOLD if is_gold else EVERY).get(message.variant or "")
        reached[message.variant or "", is_gold] += 1
        if every is None or reached[message.variant or "", is_gold] % every:
            continue
        bought += 1
        at = message.status_at + timedelta(minutes=7 + bought * 13 % 600)
        if bought % TOO_LATE == 0:
            at += timedelta(days=2)
        if at < now:
            number = f"{bought % 40 + 19 + 15 * is_gold}.90"
            yield _event(f"{campaign.name}-{bought}", PURCHASE, at, message.destination, number)
    for n in range(UNKNOWN):
        at = now - timedelta(hours=5 * n + 3)
        yield _event(f"{campaign.name}-stranger-{n}", PURCHASE, at, f"+35840999{n:04}", "29.90")


def confirmed_codes(tenant, *, now: datetime) -> Iterator[dict]:
    """Yield an event for most of the one-time passwords, seconds after they arrived."""
    from campaigns.models import Campaign

    campaign = Campaign.objects.filter(tenant=tenant, name=CODES).first()
    if campaign is None:
        return
    for place, message in enumerate(_delivered(campaign).order_by("-sent_at", "message_id")):
        at = message.status_at + timedelta(seconds=6 + place * 7 % 70)
        if place % NOT_CONFIRMED and at < now:
            yield _event(f"{campaign.name}-{place}", CONFIRMED, at, message.destination)


def _delivered(campaign) -> Any:
    from deliveries.models import Message

    return Message.objects.filter(
        tenant_id=campaign.tenant_id, campaign_id=campaign.id, status="delivered", status_at__isnull=False
    ).exclude(destination="")


def _event(event_id: str, kind: str, at: datetime, destination: str, value: str = "") -> dict:
    """Return an event of the API. Without a campaign: it belongs to whatever message came last."""
    money = {"value": value, "currency": "EUR"} if value else {}
    return {"event_id": event_id, "kind": kind, "occurred_at": at.isoformat(), "destination": destination} | money

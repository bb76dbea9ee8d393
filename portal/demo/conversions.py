"""Conversion events of the demo: purchases after the newest sale, sent by the API as a shop would send them."""

from datetime import timedelta

from portal.demo.state import DemoError

KIND = "osto"
EVERY = {"A": 14, "B": 9}  # one of so many recipients of a variant buys
MAX_EVENTS = 1000


def send_purchases(address: str) -> None:
    """Send the purchases once, with a key that is revoked afterwards."""
    import httpx
    from django.utils import timezone

    from campaigns.models import Campaign, ConversionKind
    from portal.tenants import api_keys
    from portal.tenants.models import ApiKey, Tenant

    tenant = Tenant.objects.get(slug="nordic-retail")
    campaign = Campaign.objects.filter(tenant=tenant, name__endswith="-sale").order_by("-id").first()
    if campaign is None or ConversionKind.objects.filter(tenant=tenant, name=KIND).exists():
        return
    now = timezone.now()
    events = _purchases(campaign, now)
    if not events:
        return
    ConversionKind.objects.create(tenant=tenant, name=KIND)
    key, text = api_keys.create_key(
        tenant=tenant,
        name="Verkkokauppa",
        scopes=[ApiKey.Scope.CONVERT],
        created_by="demo",
        now=now,
        expires_at=now + timedelta(hours=1),
    )
    answer = httpx.post(
        f"{address}/api/v1/conversions/",
        json={"events": events},
        headers={"Authorization": f"Bearer {text}"},
        timeout=60,
    )
    api_keys.revoke_key(key=key, now=timezone.now())
    if answer.status_code != httpx.codes.OK or answer.json()["refused"]:
        raise DemoError(f"The purchases were not taken: {answer.text[:300]}")


def _purchases(campaign, now) -> list[dict]:
    """Return an event for some of the recipients whom the campaign reached, minutes after their message."""
    from deliveries.models import Message

    events = []
    for variant, every in EVERY.items():
        reached = Message.objects.filter(
            tenant_id=campaign.tenant_id, campaign_id=campaign.id, variant=variant, status="delivered"
        ).order_by("sent_at", "message_id")
        for place, message in enumerate(reached[: every * MAX_EVENTS // 2 : every]):
            if message.status_at is None or not message.destination:
                continue
            at = message.status_at + timedelta(minutes=7 + place * 13 % 600)
            if at < now:
                events.append(
                    {
                        "event_id": f"{campaign.name}-{variant}-{place}",
                        "kind": KIND,
                        "occurred_at": at.isoformat(),
                        "value": f"{19 + place % 40}.90",
                        "currency": "EUR",
                        "destination": message.destination,
                        "campaign": campaign.name,
                    }
                )
    return events

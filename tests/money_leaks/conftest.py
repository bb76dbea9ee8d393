"""Messages stored as the applier leaves them, at times near the present: pages look at the last days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import Campaign
from deliveries.messages.partitions import ensure_months
from deliveries.models import CampaignCount, DailyCount
from portal.common.periods import local_day

_INSERT = """
INSERT INTO message (tenant_id, day, account_id, message_id, partner_id, partner_rank, ref_id, campaign_id, variant,
    destination, sender_type, country, operator, parts, status, result_code, final, flags, sent_at, sent_at_rank,
    received_at, recipient_key)
VALUES (%(tenant)s, %(day)s, %(account)s, 'm' || %(id)s, 'nr-fi', 1, %(ref_id)s, %(campaign)s, %(variant)s, %(number)s,
    'text', %(country)s, 'fi.elisa', %(parts)s, %(status)s, %(code)s, true, 0, %(at)s, 1, %(at)s,
    sha256(convert_to(%(number)s, 'UTF8')))
"""

Send = Callable[..., None]
DAY = 24 * 60
NUMBER = "+358401234567"


@pytest.fixture
def now(db) -> datetime:
    """Return the database's time, before which the messages are."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('minute', now())")
        return cursor.fetchone()[0]


@pytest.fixture
def send(tenant, account, now) -> Send:
    """Return a function that stores a message, sent so many minutes ago, with its count."""
    sent = 0

    def store(
        number: str, ago: float, *, code: int = 1001, parts: int = 1, ref_id: str | None = None, campaign: str = "",
        variant: str = "", country: str = "FI", of=tenant,
    ) -> None:  # fmt: skip
        nonlocal sent
        sent += 1
        at = now - timedelta(minutes=ago)
        day = local_day(at, of.timezone)
        ensure_months([day])
        status = {1001: "delivered", 1000: "sent"}.get(code, "failed")
        campaign_id = Campaign.objects.get_or_create(tenant=of, name=campaign)[0].pk if campaign else 0
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                {
                    "tenant": of.pk, "day": day, "account": account.pk, "id": sent, "ref_id": ref_id,
                    "campaign": campaign_id, "variant": variant, "number": number, "country": country, "parts": parts,
                    "status": status, "code": code, "at": at,
                },
            )  # fmt: skip
        count, _is_new = DailyCount.objects.get_or_create(
            tenant=of, day=day, account=account, partner_id="nr-fi", country=country, operator="fi.elisa",
            sender_type="text", status=status, result_code=code, defaults={"messages": 0, "parts": 0},
        )  # fmt: skip
        DailyCount.objects.filter(pk=count.pk).update(messages=count.messages + 1, parts=count.parts + parts)
        of_campaign, _is_new = CampaignCount.objects.get_or_create(
            tenant=of, day=day, account=account, campaign_id=campaign_id, variant=variant, country=country,
            operator="fi.elisa", sender_type="text", status=status, result_code=code,
            defaults={"messages": 0, "parts": 0},
        )  # fmt: skip
        CampaignCount.objects.filter(pk=of_campaign.pk).update(
            messages=of_campaign.messages + 1, parts=of_campaign.parts + parts
        )

    return store


@pytest.fixture
def leaks(send) -> None:
    """A leak for each card."""
    send("+358409999999", 70 * DAY)
    for ago in (500, 400, 300):
        send(NUMBER, ago, code=2106)
    for ago in range(120, 0, -1):
        send(f"+3584011{ago:05}", ago, campaign="autumn", parts=1 + (ago <= 55))
    for ago in (30, 29):
        send("+358402222222", ago, ref_id=f"order {NUMBER}")
    send("+37120000000", 10, country="LV")

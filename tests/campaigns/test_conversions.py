"""Conversion figures of a campaign, against counting by hand."""

import statistics
from dataclasses import replace
from datetime import date, timedelta

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign, ConversionEvent, RefIdScheme
from deliveries.attributing.attribute import attribute_due
from deliveries.erasure.erase import erase_number
from deliveries.models import Message
from portal.tenants.scope import web_scope
from reports.campaigns.conversions import (
    CampaignConversions,
    Revenue,
    campaign_conversions,
    conversion_counts,
    conversions_of,
)
from reports.figures.query import StatisticsQuery
from tests.attributing.sample import apply, event, kind, message

pytestmark = pytest.mark.django_db

NUMBERS = [f"+3584012345{n:02}" for n in range(6)]
M = 1_000_000


@pytest.fixture
def sold(feed, tenant) -> Campaign:
    """Six recipients of two variants, the last two of whom got nothing; the first got two messages and bought twice."""
    RefIdScheme.objects.create(tenant=tenant, delimiter="|", fields=["campaign", "variant"])
    reports = [
        message(f"m{n}", n, number, campaign=f"autumn|{'AB'[n % 2]}", code=1001 if n < 4 else 1006)
        for n, number in enumerate(NUMBERS)
    ]
    apply(
        feed, *reports, message("again", 10, NUMBERS[0], campaign="autumn|A"), message("spring", 0, campaign="spring")
    )
    for id_, minute, number, more in (
        ("one", 2, 0, {"value": 10 * M, "currency": "EUR"}),
        ("two", 15, 0, {"value": 5 * M, "currency": "EUR"}),
        ("three", 4, 1, {"value": 7 * M, "currency": "SEK"}),
        ("free", 6, 1, {}),
        ("failed", 20, 5, {"value": M, "currency": "EUR"}),
    ):
        event(tenant, id_, minute, NUMBERS[number], **more)
    code = kind(tenant, "code confirmed", is_otp=True)
    for number, minute in ((0, 12), (1, 2), (2, 7)):
        event(tenant, f"code {number}", minute, NUMBERS[number], kind=code)
    attribute_due()
    return Campaign.objects.get(name="autumn")


def figures(campaign: Campaign) -> dict:
    with web_scope([campaign.tenant_id]):
        return {one.kind: one for one in campaign_conversions(campaign).kinds}


def by_variant(campaign: Campaign) -> CampaignConversions:
    with web_scope([campaign.tenant_id]):
        return conversions_of(tenant_id=campaign.tenant_id, campaign_ids=[campaign.id])


def test_rate_revenue_and_time_by_kind(sold):
    found = figures(sold)
    assert list(found) == ["code confirmed", "purchase"]
    bought = found["purchase"]
    assert (bought.events, bought.messages, bought.converted, bought.recipients) == (4, 3, 2, 4)
    assert bought.rate == 0.5
    assert bought.interval == pytest.approx((0.15, 0.85), abs=0.001)
    assert bought.revenue == [
        Revenue("EUR", 15, 15 / 5, 15 / 4),
        Revenue("SEK", 7, 7 / 5, 7 / 4),
    ]
    confirmed = found["code confirmed"]
    assert (confirmed.is_otp, confirmed.messages, confirmed.confirmed) == (True, 3, 3 / 5)
    assert confirmed.median == timedelta(minutes=statistics.median([2, 1, 5]))


def test_a_code_that_was_not_delivered_is_not_among_the_confirmed(sold, tenant):
    undelivered = {"message_id": "m4", "account_id": Message.objects.get(message_id="m4").account_id}
    event(tenant, "typed from elsewhere", 90, None, kind=kind(tenant, "code confirmed"), **undelivered)
    attribute_due()
    confirmed = figures(sold)["code confirmed"]
    assert (confirmed.events, confirmed.messages, confirmed.confirmed) == (4, 4, 3 / 5)
    assert confirmed.median == timedelta(minutes=statistics.median([2, 1, 5]))


def test_variants_have_all_recipients_that_they_addressed(sold):
    found = by_variant(sold)
    assert [(one.variant, one.addressed, one.converted) for one in found.variants] == [("A", 3, 2), ("B", 3, 1)]
    assert (found.currency, [one.revenue.mean for one in found.variants]) == ("", [0, 0])

    ConversionEvent.objects.filter(currency="SEK").update(value=None, currency="")
    found = by_variant(sold)
    a, b = (one.revenue for one in found.variants)
    assert (found.currency, a.mean, b.mean) == ("EUR", 5 * M, 0)
    assert a.variance == pytest.approx(statistics.variance([15 * M, 0, 0]))


def test_recipient_of_two_variants_counts_in_both_and_once_in_the_campaign(sold, feed):
    apply(
        feed,
        message("other variant", 1, NUMBERS[0], campaign="autumn|B"),
        message("short 1", 1, "NO-2333", campaign="autumn|B"),
        message("short 2", 1, "NO-2333", campaign="autumn|B"),
    )
    attribute_due()
    found = by_variant(sold)
    # The purchase in minute 2 belongs to the message of minute 1 now. The two last ones have no readable number.
    assert [(one.variant, one.addressed, one.converted) for one in found.variants] == [("A", 3, 2), ("B", 6, 2)]
    assert {(one.kind, one.converted, one.recipients) for one in found.kinds} == {
        ("code confirmed", 3, 4),
        ("purchase", 2, 4),
    }


def test_erasure_changes_no_figure_and_a_merged_campaign_adds_its_own(sold, tenant):
    before = figures(sold)
    erase_number(number=NUMBERS[0], tenant=tenant, actor="test")
    attribute_due()
    assert figures(sold) == before
    november = StatisticsQuery(tenant_ids=[tenant.id], first=date(2026, 11, 1), last=date(2026, 11, 30))
    assert conversion_counts(november) == {sold.id: 7}
    merge(campaign=sold, into=Campaign.objects.get(name="spring"), actor="test")
    assert conversion_counts(november) == {Campaign.objects.get(name="spring").id: 7}
    assert figures(Campaign.objects.get(name="spring"))["purchase"].events == 4
    assert conversion_counts(replace(november, last=date(2026, 11, 17))) == {}


def test_campaign_without_events_has_none(sold, tenant):
    assert figures(Campaign.objects.get(name="spring")) == {}

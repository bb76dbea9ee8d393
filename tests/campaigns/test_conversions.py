"""Conversion figures of a campaign, against counting by hand."""

import statistics
from dataclasses import replace
from datetime import date, timedelta

import pytest

from campaigns.merging import merge
from campaigns.models import Campaign, RefIdScheme
from deliveries.attributing.attribute import attribute_due
from deliveries.erasure.erase import erase_number
from portal.tenants.scope import web_scope
from reports.campaigns.conversions import Revenue, campaign_conversions, conversion_counts, conversions_by_variant
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
        return {one.kind: one for one in campaign_conversions(campaign)}


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


def test_variants_have_all_recipients_that_they_addressed(sold, tenant):
    ids = [sold.id]
    with web_scope([tenant.id]):
        purchase = kind(tenant).id
        found = conversions_by_variant(tenant_id=tenant.id, campaign_ids=ids, kind_id=purchase, currency="EUR")
        any_kind = conversions_by_variant(tenant_id=tenant.id, campaign_ids=ids)
    assert [(one.variant, one.addressed, one.converted) for one in found] == [("A", 3, 1), ("B", 3, 1)]
    a, b = (one.revenue for one in found)
    assert (a.mean, b.mean) == (5 * M, 0)
    assert a.variance == pytest.approx(statistics.variance([15 * M, 0, 0]))
    assert [(one.variant, one.converted) for one in any_kind] == [("A", 2), ("B", 1)]


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

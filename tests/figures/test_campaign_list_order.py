"""The list of campaigns is sorted by exact figures, from whichever sums and counts they are read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from campaigns.models import Campaign
from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, CondensedSpan, DailyCount, LatencyCount, ResultCode
from portal.tenants.scope import web_scope
from reports.campaigns.listing import ORDERS, CampaignPage, ListedCampaign, campaign_page
from reports.figures.query import StatisticsQuery

pytestmark = pytest.mark.django_db

FIRST, DAYS, CAMPAIGNS = date(2026, 9, 20), 50, 40
NOT_ROLLED_UP = date(2026, 11, 4)
QUERY = {"first": FIRST, "last": FIRST + timedelta(days=DAYS - 1)}


@pytest.fixture
def counted(feed, account, tenant) -> StatisticsQuery:
    """Seven weeks of forty campaigns, drawn at random; a month and most days are rolled up."""
    random = Random(14)
    campaigns = Campaign.objects.bulk_create(Campaign(tenant=tenant, name=f"c{n:02}") for n in range(CAMPAIGNS))
    for n in (3, 4, 7):  # the first one has no messages of its own
        campaigns[n].merged_into = campaigns[0 if n < 7 else 8]
        campaigns[n].save()
    sums: dict[tuple, list[int]] = {}
    times: dict[tuple, int] = {}
    for campaign in campaigns[1:]:
        for day in sorted(random.sample(range(DAYS), random.choice((1, 2, 9)))):
            for variant in random.sample(["", "A", "B", "C"], 2):
                key = (FIRST + timedelta(days=day), campaign.id, variant)
                for status, code in random.sample([("delivered", 1001), ("failed", 1006), ("sent", 1000)], 2):
                    sums[*key, status, code] = [random.randint(1, 4)] * 2
                    if status == "delivered":
                        left = sums[*key, status, code][0]
                        for bucket in random.sample(range(40, 48), left):
                            times[*key, bucket] = 1
    place = {"tenant": tenant, "account": account, "country": "FI", "operator": "fi.a", "sender_type": ""}
    CampaignCount.objects.bulk_create(
        CampaignCount(
            **place, day=day, campaign_id=id_, variant=variant, status=status, result_code=code, messages=n, parts=n
        )
        for (day, id_, variant, status, code), (n, _parts) in sums.items()
    )
    LatencyCount.objects.bulk_create(
        LatencyCount(**place, day=day, campaign_id=id_, variant=variant, bucket=bucket, messages=n)
        for (day, id_, variant, bucket), n in times.items()
    )
    DailyCount.objects.bulk_create(
        DailyCount(**place, day=day, partner_id="nr-fi", status="sent", result_code=1000, messages=1, parts=1)
        for day in {day for day, *_rest in sums}
    )
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))
    CondensedSpan.objects.filter(day__gte=NOT_ROLLED_UP).delete()
    return StatisticsQuery(tenant_ids=[tenant.id], **QUERY)


VALUES = {
    "name": lambda row: row.campaign.name,
    "first": lambda row: row.first,
    "last": lambda row: row.last,
    "messages": lambda row: row.kpis.volume.messages,
    "delivery_rate": lambda row: row.kpis.delivery_rate,
    "failed": lambda row: row.kpis.volume.failed,
    "median": lambda row: row.kpis.median,
    "maturity": lambda row: row.kpis.maturity,
    "variants": lambda row: len(row.variants),
    "conversions": lambda row: 0,  # there are no events here; with events: tests/pages/test_campaign_list.py
}


def sorted_rows(rows: list[ListedCampaign], order: str) -> list[int]:
    """Return the ids of rows as their figures sort them: equal ones by id, those without a value at the end."""
    value = VALUES[order.removeprefix("-")]
    by_id = sorted(rows, key=lambda row: row.campaign.id)
    having = [row for row in by_id if value(row) is not None]
    having.sort(key=value, reverse=order.startswith("-"))
    return [row.campaign.id for row in [*having, *(row for row in by_id if value(row) is None)]]


def pages(query: StatisticsQuery, order: str, limit: int) -> list[CampaignPage]:
    return [campaign_page(query, order=order, limit=limit, offset=at) for at in range(0, CAMPAIGNS, limit)]


def test_pages_in_a_row_are_the_campaigns_sorted_by_their_figures(counted, tenant):
    for order in ORDERS:
        with web_scope([tenant.id]):
            (whole,) = pages(counted, order, CAMPAIGNS)
            parts = pages(counted, order, 13)

        assert len(whole.rows) == CAMPAIGNS - 3
        assert [row.campaign.id for page in parts for row in page.rows] == sorted_rows(whole.rows, order)
        every = sum(row.kpis.volume.messages for row in whole.rows)
        assert {
            sum(row.kpis.volume.messages for row in page.rows) + page.other_pages.kpis.volume.messages for page in parts
        } == {every}


@pytest.mark.parametrize("filters", [{}, {"country": ["FI"]}, {"variant": ["A"]}])
def test_sums_say_what_the_counts_say(counted, filters):
    """Every value that the list is sorted by is the same without any sums, also where only a part is looked at."""
    query = replace(counted, filters=filters)
    summed = {order: campaign_page(query, order=order).rows for order in ORDERS}
    CondensedSpan.objects.all().delete()

    assert {order: campaign_page(query, order=order).rows for order in ORDERS} == summed
    assert all(summed.values())


def test_code_that_becomes_final_counts_at_once_and_is_summed_up_again(counted):
    ResultCode.objects.filter(dialect="link", code=1006).update(final=False)

    rows = campaign_page(counted, order="maturity").rows
    assert [row.campaign.id for row in rows] == sorted_rows(rows, "maturity")
    assert roll_up(now=datetime(2026, 11, 20, tzinfo=UTC)) > 40
    assert campaign_page(counted, order="maturity").rows == rows

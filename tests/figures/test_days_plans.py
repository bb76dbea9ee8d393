"""Days of some campaigns or segment values are read from the index alone, without the others' rows."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import Campaign, SegmentKey
from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, DailyCount
from deliveries.models.rollups import CondensedSegment, Span
from portal.tenants.scope import web_scope
from reports.campaigns import listing
from reports.figures.query import StatisticsQuery
from reports.segments import from_counts
from tests.applying.test_apply_plans import leaves

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

FIRST, DAYS, NAMES, CHOSEN = date(2026, 10, 2), 10, 500, 5
MESSAGES = {FIRST + timedelta(days=n): 2 for n in range(DAYS)}


@pytest.fixture
def query(account, tenant) -> StatisticsQuery:
    """The query of ten days, which are rolled up, on each of which 500 campaigns and 500 shops have messages."""
    campaigns = Campaign.objects.bulk_create(Campaign(tenant=tenant, name=f"c{n}") for n in range(NAMES))
    counted = {"messages": 2, "parts": 2, "status": "delivered", "result_code": 1001}
    places = [
        {"tenant": tenant, "account": account, "day": day, "country": "FI", "operator": "fi.a", "sender_type": ""}
        for day in MESSAGES
    ]
    DailyCount.objects.bulk_create(DailyCount(**place, **counted, partner_id="nr-fi") for place in places)
    CampaignCount.objects.bulk_create(
        CampaignCount(**place, **counted, campaign_id=campaign.id, variant="A")
        for place in places
        for campaign in campaigns
    )
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))
    SegmentKey.objects.create(tenant=tenant, key="shop", state="done")
    CondensedSegment.objects.bulk_create(
        CondensedSegment(
            tenant=tenant,
            account=account,
            span=Span.DAY,
            day=day,
            key="shop",
            value=f"s{n}",
            messages=2,
            buckets=[40],
            bucket_messages=[2],
        )
        for day in MESSAGES
        for n in range(NAMES)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE condensed_campaign, condensed_segment")
    return StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=max(MESSAGES))


def of_campaigns(query: StatisticsQuery) -> dict:
    ids = list(Campaign.objects.order_by("id").values_list("id", flat=True)[:CHOSEN])
    return listing.days_of(query, dict(zip(ids, ids, strict=True)))


def of_shops(query: StatisticsQuery) -> dict:
    return from_counts.days_of(query, "shop", [f"s{n}" for n in range(CHOSEN)])


@pytest.mark.parametrize(
    ("days_of", "index"), [(of_campaigns, "condensed_campaign_days"), (of_shops, "condensed_segment_days")]
)
def test_days_of_some_are_read_from_the_index_alone(query, days_of, index):
    statements: list[tuple] = []

    def keep(execute, sql, parameters, many, context):
        statements.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with web_scope(query.tenant_ids):
        with connection.execute_wrapper(keep):
            found = days_of(query)
        ((sql, parameters),) = [one for one in statements if "counted AS MATERIALIZED" in one[0]]
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
            ((explained,),) = cursor.fetchall()

    assert list(found.values()) == [MESSAGES] * CHOSEN
    read = [leaf for leaf in leaves(explained[0]["Plan"]) if leaf["Actual Rows"] and "Relation Name" in leaf]
    assert [(leaf["Node Type"], leaf["Index Name"]) for leaf in read] == [("Index Only Scan", index)]
    assert [leaf["Actual Loops"] * leaf["Actual Rows"] for leaf in read] == [CHOSEN * DAYS]
    assert not any(leaf.get("Rows Removed by Filter") for leaf in read)

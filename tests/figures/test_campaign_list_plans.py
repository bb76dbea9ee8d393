"""The list of campaigns reads each row of sums and each campaign once, however many there are."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import Campaign
from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, DailyCount, LatencyCount
from portal.tenants.scope import web_scope
from reports.campaigns.listing import ORDERS, PAGE_SIZE, campaign_page
from reports.figures.query import StatisticsQuery
from tests.applying.test_apply_plans import leaves

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

FIRST, DAYS, CAMPAIGNS = date(2026, 10, 2), 4, 2_000
LAST = FIRST + timedelta(days=DAYS - 1)
SUMMED = CAMPAIGNS // 2 * DAYS  # rows of sums: each day counts one half of the campaigns


@pytest.fixture
def counted(account, tenant) -> StatisticsQuery:
    """The query of four days, which are rolled up; each has messages of one half of 2,000 campaigns."""
    campaigns = Campaign.objects.bulk_create(Campaign(tenant=tenant, name=f"c{n:05}") for n in range(CAMPAIGNS))
    messages = {"messages": 2, "parts": 2, "status": "delivered", "result_code": 1001}
    places = [
        {"tenant": tenant, "account": account, "day": FIRST + timedelta(days=n), "country": "FI", "operator": "fi.a"}
        | {"sender_type": ""}
        for n in range(DAYS)
    ]
    rows = [
        place | {"campaign_id": campaign.id, "variant": "A"}
        for n, place in enumerate(places)
        for campaign in campaigns[n % 2 :: 2]
    ]
    DailyCount.objects.bulk_create(DailyCount(**place, **messages, partner_id="nr-fi") for place in places)
    CampaignCount.objects.bulk_create(CampaignCount(**row, **messages) for row in rows)
    LatencyCount.objects.bulk_create(LatencyCount(**row, bucket=40 + n % 7, messages=2) for n, row in enumerate(rows))
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))
    return StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)


def scans(query: StatisticsQuery, order: str) -> dict[str, list[tuple[int, int]]]:
    """Return the loops and rows of each scan of a table by the statement that sorts the campaigns, as the web role."""
    found: list[tuple] = []

    def keep(execute, sql, parameters, many, context):
        found.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE campaigns_campaign, condensed_campaign")
        with web_scope(query.tenant_ids), connection.execute_wrapper(keep):
            page = campaign_page(query, archived=False, order=order)
        assert (len(page.rows), page.listed) == (PAGE_SIZE, CAMPAIGNS)
        (placed,) = [one for one in found if "page AS MATERIALIZED" in one[0]]
        with web_scope(query.tenant_ids):
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {placed[0]}", placed[1])
            ((explained,),) = cursor.fetchall()
    tables: dict[str, list[tuple[int, int]]] = {}
    for leaf in leaves(explained[0]["Plan"]):
        if name := leaf.get("Relation Name"):
            tables.setdefault(name, []).append((round(leaf["Actual Loops"]), round(leaf["Actual Rows"])))
    return tables


def test_rows_and_campaigns_are_read_once(counted):
    for order in [order for order in ORDERS if order.startswith("-")]:
        tables = scans(counted, order)

        # Only campaigns that are merged or archived are looked up, and the names of all to sort by them.
        assert {loops for loops, _ in tables["campaigns_campaign"]} <= {0, 1}, order
        looked_up = sum(rows for _, rows in tables["campaigns_campaign"])
        assert looked_up <= (CAMPAIGNS if order == "-name" else 0), order
        # A second time for the campaigns whose place only the whole of their rows says.
        again = {"-median": [(1, SUMMED)], "-variants": [(0, 0)]}
        assert tables["condensed_campaign"] == [(1, SUMMED), *again.get(order, [])], order
        assert not {"campaign_count", "latency_count", "condensed_campaign_count"} & tables.keys(), order

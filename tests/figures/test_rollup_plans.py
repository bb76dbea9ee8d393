"""Rows read for a period's campaigns and times do not grow with places, variants and buckets."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from campaigns.models import Campaign
from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, DailyCount, LatencyCount
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import statistics
from reports.figures.top_campaigns import campaigns
from tests.applying.test_apply_plans import leaves

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

FIRST, LAST = date(2026, 9, 20), date(2026, 10, 31)  # eleven days and a month
CAMPAIGNS, OPERATORS, BUCKETS = 30, 4, (29, 93)


@pytest.fixture
def counted(account, tenant) -> StatisticsQuery:
    """The query of 42 days, on each of which 30 campaigns have two variants at four operators."""
    names = Campaign.objects.bulk_create(Campaign(tenant=tenant, name=f"c{n}") for n in range(CAMPAIGNS))
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    messages = {"messages": len(BUCKETS), "parts": len(BUCKETS), "status": "delivered", "result_code": 1001}
    places = [
        {"tenant": tenant, "account": account, "day": day, "country": "FI", "operator": f"o{n}", "sender_type": ""}
        for day in days
        for n in range(OPERATORS)
    ]
    of_campaigns = [
        place | {"campaign_id": name.id, "variant": variant} for place in places for name in names for variant in "AB"
    ]
    DailyCount.objects.bulk_create(DailyCount(**place, **messages, partner_id="nr-fi") for place in places)
    CampaignCount.objects.bulk_create(CampaignCount(**place, **messages) for place in of_campaigns)
    LatencyCount.objects.bulk_create(
        LatencyCount(**place, bucket=bucket, messages=1) for place in of_campaigns for bucket in BUCKETS
    )
    return StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)


def rows_read(function) -> dict[str, int]:
    """Return the rows of counts and their sums that the queries of `function` read, by table."""
    found: list[tuple] = []

    def keep(execute, sql, parameters, many, context):
        found.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(keep):
        function()
    rows: dict[str, int] = {}
    with connection.cursor() as cursor:
        for sql, parameters in found:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
            ((explained,),) = cursor.fetchall()
            for leaf in leaves(explained[0]["Plan"]):
                table = leaf.get("Relation Name", "")
                if table.endswith("_count") or (table.startswith("condensed_") and table != "condensed_span"):
                    rows[table] = rows.get(table, 0) + round(leaf["Actual Rows"] * leaf["Actual Loops"])
    return rows


def test_rows_that_are_read_of_a_campaign_by_place(counted, tenant):
    """A campaign's page reads its months from their sums, whatever the days in them."""
    of_one = replace(counted, group_by=("country", "operator"), filters={"campaign": ["c1"]})

    def read() -> dict[str, int]:
        with web_scope([tenant.id]):
            return rows_read(lambda: statistics(of_one))

    before = read()
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))
    places = OPERATORS * len("AB")

    assert before == {"campaign_count": 42 * places, "latency_count": 42 * places * len(BUCKETS)}
    assert read() == {
        "campaign_count": 11 * places,  # the days that are in no whole month
        "condensed_campaign_place": places,
        "latency_count": 11 * places * len(BUCKETS),
        "condensed_campaign_latency": places,
    }


def test_rows_that_are_read_of_a_period_that_is_summed_up(counted, tenant):
    def read() -> dict[str, int]:
        with web_scope([tenant.id]):
            return {
                "campaigns": rows_read(lambda: campaigns(counted, latency={})),
                "times": rows_read(lambda: statistics(counted)),
            }

    before = read()
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))

    assert before == {
        # 42 days x 30 campaigns x 2 variants x 4 operators; times of the ten largest in two buckets
        "campaigns": {"campaign_count": 10_080, "latency_count": 6_720},
        "times": {"daily_count": 168, "latency_count": 20_160},
    }
    assert read() == {
        "campaigns": {"condensed_campaign": 3 * 30 + 3 * 10},  # a day, ten days and a month
        "times": {"condensed_day": 3, "condensed_latency": 3 * 4},
    }

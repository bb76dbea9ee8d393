"""Rows read for a period's costs: rolled-up months and days, as the role of pages."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from deliveries.counts.rollups import roll_up
from deliveries.models import CampaignCount, CondensedSpan, DailyCount
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
from reports.forecast.month_costs import month_costs
from reports.forecast.selectors import running_month
from reports.pricing.costing import payer_of, total_cost
from tests.figures.test_rollup_plans import rows_read
from tests.pricing.stored import price_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated")]

FIRST, LAST = date(2026, 7, 1), date(2026, 10, 31)
OPERATORS = 3
TIERS = [{"up_to": 10, "micro": 2, "flat_micro": 0}, {"up_to": None, "micro": 1, "flat_micro": 0}]


@pytest.fixture
def counted(account, tenant) -> StatisticsQuery:
    """The query of four months, each day of which has messages to three operators in two states."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    DailyCount.objects.bulk_create(
        DailyCount(
            tenant=tenant, account=account, day=day, partner_id="nr-fi", country="FI", operator=f"o{n}",
            sender_type="", status=status, result_code=code, messages=2, parts=2,
        )
        for day in days
        for n in range(OPERATORS)
        for status, code in (("delivered", 1001), ("failed", 1006))
    )  # fmt: skip
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))
    return StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST)


def read(query, tenant) -> dict[str, int]:
    with web_scope([tenant.id]):
        return rows_read(lambda: total_cost(query, payer_of(tenant)))


def test_months_are_read_from_their_sums_unless_a_price_changes_within(counted, tenant):
    changed = date(2026, 8, 15)
    price_list({"micro": 5, "valid_to": changed}, {"micro": 6, "valid_from": changed})
    rows = OPERATORS * 2
    assert read(counted, tenant) == {"condensed_place": (3 + 31) * rows}  # three months, and the days of the other one


def test_months_of_a_campaign_are_read_from_their_sums_as_well(counted, account, tenant):
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    of_days = DailyCount.objects.values("day", "country", "operator", "sender_type", "status", "result_code")
    CampaignCount.objects.bulk_create(
        CampaignCount(tenant=tenant, account=account, campaign_id=campaign.id, variant="A", messages=2, parts=2, **row)
        for row in of_days
    )
    changed, rows = date(2026, 8, 15), OPERATORS * 2
    price_list({"micro": 5, "valid_to": changed}, {"micro": 6, "valid_from": changed})
    query = replace(counted, filters={"campaign": ["sale"]})
    CondensedSpan.objects.all().delete()
    before = total_cost(query, payer_of(tenant))
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))

    assert read(query, tenant) == {"condensed_campaign_place": 3 * rows, "campaign_count": 31 * rows}
    assert total_cost(query, payer_of(tenant)) == before


def test_quantities_are_read_from_sums_as_well(counted, tenant):
    group = {"name": "Nordics", "countries": ["FI"], "mode": "graduated", "tiers": TIERS}
    price_list(groups=(group | {"valid_from": date(2026, 1, 1)},))
    rows = OPERATORS * 2
    assert read(counted, tenant) == {"condensed_place": 2 * 4 * rows}


def test_forecast_of_costs_reads_days_without_their_partner_ids(counted, account, tenant):
    DailyCount.objects.bulk_create(
        DailyCount(
            tenant=tenant, account=account, day=row.day, partner_id="nr-se", country="FI", operator=row.operator,
            sender_type="", status=row.status, result_code=row.result_code, messages=1, parts=1,
        )
        for row in DailyCount.objects.all()
    )  # fmt: skip
    price_list({"micro": 50_000})
    now = datetime(2026, 10, 20, 12, tzinfo=UTC)

    def read_now() -> tuple[dict[str, int], list]:
        found: list = []
        with web_scope([tenant.id]):
            running = {"tenant_ids": [tenant.id], "timezone": "UTC", "now": now}
            rows = rows_read(lambda: found.append(month_costs(running_month(**running), payer_of(tenant))))
        return rows, found

    CondensedSpan.objects.all().delete()
    days, rows = (now.date() - FIRST).days + 1, OPERATORS * 2
    priced = (now.date() - date(2026, 8, 23)).days + 1  # from four weeks before 20 September, the forecast before
    before, of_days = read_now()
    roll_up(now=datetime(2026, 11, 20, tzinfo=UTC))
    after, of_sums = read_now()

    assert before == {"daily_count": (days + priced) * rows * 2}
    assert after == {"daily_count": 0, "condensed_day": days * 2, "condensed_place": priced * rows}
    assert of_sums == of_days
    assert [(one.known, one.expected) for one in of_sums[0].forecasts] == [(1_710, 2_835)]


def test_costs_take_as_many_queries_with_many_prices_as_with_one(counted, tenant):
    def queries() -> int:
        with web_scope([tenant.id]), CaptureQueriesContext(connection) as found:
            total_cost(counted, payer_of(tenant))
        return len(found)

    few = price_list({"micro": 5})
    before = queries()
    few.delete()
    price_list(*({"country": "FI", "operator": f"o{n}", "micro": n} for n in range(50)))
    assert queries() == before == 7

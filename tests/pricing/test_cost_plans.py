"""Rows read for a period's costs: rolled-up months but those within which a price changes, as the role of pages."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deliveries.counts.rollups import roll_up
from deliveries.models import DailyCount
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
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
    assert read(counted, tenant) == {"condensed_daily_count": 3 * rows, "daily_count": 31 * rows}


def test_quantities_are_read_from_sums_as_well(counted, tenant):
    group = {"name": "Nordics", "countries": ["FI"], "mode": "graduated", "tiers": TIERS}
    price_list(groups=(group | {"valid_from": date(2026, 1, 1)},))
    rows = OPERATORS * 2
    assert read(counted, tenant) == {"condensed_daily_count": 2 * 4 * rows}


def test_costs_take_as_many_queries_with_many_prices_as_with_one(counted, tenant):
    def queries() -> int:
        with web_scope([tenant.id]), CaptureQueriesContext(connection) as found:
            total_cost(counted, payer_of(tenant))
        return len(found)

    few = price_list({"micro": 5})
    before = queries()
    few.delete()
    price_list(*({"country": "FI", "operator": f"o{n}", "micro": n} for n in range(50)))
    assert queries() == before == 9

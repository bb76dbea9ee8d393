"""The cost of counted messages: the same from every count table, at once by a changed list, by whole months' tiers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deliveries.counts.rollups import roll_up
from deliveries.models import DailyCount
from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.scope import web_scope
from reports.figures.query import CannotCombine, StatisticsQuery
from reports.models import Price
from reports.pricing.costing import costs, costs_of_stretches, gateway_usage, payer_of, statement_usage, total_cost
from reports.pricing.costs import Cost, Costs, Uncharged
from tests.conftest import NOW
from tests.pricing.stored import count, price_list

pytestmark = pytest.mark.django_db

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
CLOCKS_BACK = date(2026, 10, 25)
FI, SE = {"country": "FI", "micro": 65_000}, {"country": "SE", "micro": 41_200}
ROLLED_UP = datetime(2026, 12, 20, tzinfo=UTC)


def query(tenant, *group_by, **more) -> StatisticsQuery:
    values = {"tenant_ids": [tenant.id], "first": SEPTEMBER, "last": date(2026, 11, 30), "group_by": group_by}
    return StatisticsQuery(**values | more)


def micro(found: dict[tuple, Costs]) -> dict[tuple, int | Fraction]:
    return {key: cost.by_currency["EUR"].micro for key, cost in found.items() if cost.by_currency}


@pytest.fixture
def counted(tenant, account) -> None:
    """Count messages of three months; failed ones, and some to a country without a price."""
    for month in (9, 10, 11):
        for day, campaign in ((3, "sale"), (24, "sale"), (25, "news"), (28, None)):
            at = date(2026, month, day)
            count(tenant, account, at, 10 * month, campaign=campaign, parts=12 * month)
            count(tenant, account, at, 3, campaign=campaign, status="failed", result_code=1006)
            count(tenant, account, at, 2, campaign=campaign, status="failed", result_code=1009)
            count(tenant, account, at, 1, campaign=campaign, country="SE", partner_id="nr-se", operator="se.telia")
            count(tenant, account, at, 4, campaign=campaign, country="NO", operator="")


def test_counts_of_partner_ids_and_of_campaigns_cost_the_same(tenant, counted):
    price_list(FI, SE)
    payer = payer_of(tenant)
    by_campaign, by_partner = (micro(costs(query(tenant, name), payer)) for name in ("campaign", "partner_id"))
    assert by_partner == {
        ("nr-fi",): (4 * 12 * 30 + 12 * 5) * 65_000,
        ("nr-se",): 12 * 41_200,
    }
    assert by_campaign == {
        ("sale",): 2 * (12 * 30 + 3 * 5) * 65_000 + 6 * 41_200,
        ("news",): (12 * 30 + 3 * 5) * 65_000 + 3 * 41_200,
        ("",): (12 * 30 + 3 * 5) * 65_000 + 3 * 41_200,
    }
    assert total_cost(query(tenant), payer) == Costs(
        {
            "EUR": Cost(
                "EUR",
                micro=1_500 * 65_000 + 12 * 41_200,
                quantity=1_512,
                messages=4 * 300 + 12 * 5 + 12,
                delivered=4 * 300 + 12,
                of_failed=60 * 65_000,
                of_billed_undelivered=24 * 65_000,
            )
        },
        unpriced=Uncharged(48, 48),
    )


def test_a_price_that_changes_within_a_month_is_the_same_from_days_and_months(tenant, counted):
    price_list(FI | {"valid_to": CLOCKS_BACK}, FI | {"micro": 70_000, "valid_from": CLOCKS_BACK})
    payer = payer_of(tenant)
    before = [costs(query(tenant, *names), payer) for names in ((), ("month",), ("day", "country"), ("campaign",))]
    assert micro(before[1]) == {
        ("2026-09",): (4 * 12 * 9 + 20) * 65_000,
        ("2026-10",): (2 * 12 * 10 + 10) * (65_000 + 70_000),
        ("2026-11",): (4 * 12 * 11 + 20) * 70_000,
    }
    roll_up(now=ROLLED_UP)
    DailyCount.objects.filter(day__lt=OCTOBER).update(messages=0, parts=0)
    DailyCount.objects.filter(day__gte=NOVEMBER).update(messages=0, parts=0)
    assert [costs(query(tenant, *names), payer) for names in ((), ("month",))] == before[:2]  # October from its days


def test_a_changed_list_prices_all_days_at_once(tenant, counted):
    price_list(FI)
    before = total_cost(query(tenant), payer_of(tenant)).by_currency["EUR"].micro
    Price.objects.update(micro=130_000)
    assert total_cost(query(tenant), payer_of(tenant)).by_currency["EUR"].micro == 2 * before


TIERS = {
    "name": "Nordics",
    "countries": ["FI", "SE"],
    "mode": "volume",
    "tiers": [{"up_to": 550, "micro": 100_000, "flat_micro": 0}, {"up_to": None, "micro": 50_000, "flat_micro": 0}],
}


def test_a_part_of_a_month_costs_the_average_of_the_whole_month(tenant, counted):
    price_list(groups=(TIERS,))
    payer = payer_of(tenant)
    by_month = costs(query(tenant, "month"), payer)
    assert micro(by_month) == {
        ("2026-09",): (4 * 12 * 9 + 20 + 4) * 100_000,  # 456 parts
        ("2026-10",): (4 * 12 * 10 + 20 + 4) * 100_000,  # 504
        ("2026-11",): (4 * 12 * 11 + 20 + 4) * 50_000,  # 552
    }
    one_day = query(tenant, first=date(2026, 11, 3), last=date(2026, 11, 3), filters={"country": ["SE"]})
    assert total_cost(one_day, payer).by_currency["EUR"] == Cost("EUR", 50_000, 1, 1, 1, is_average=True)
    roll_up(now=ROLLED_UP)
    assert costs(query(tenant, "month"), payer) == by_month


@pytest.mark.parametrize("is_tiered", [False, True])
def test_stretches_cost_what_their_days_cost(tenant, counted, is_tiered):
    changing = FI | {"valid_to": CLOCKS_BACK}, FI | {"micro": 70_000, "valid_from": CLOCKS_BACK}
    price_list(*([] if is_tiered else changing), groups=(TIERS,) if is_tiered else ())
    payer = payer_of(tenant)
    by_day = {day: one for (day,), one in costs(query(tenant, "day"), payer).items()}
    begins = [date(2026, 9, 24), OCTOBER, date(2026, 11, 25)]
    spans = zip([SEPTEMBER, *begins], [*begins, date(2026, 12, 1)], strict=True)
    expected = {first: sum((one for day, one in by_day.items() if first <= day < end), Costs()) for first, end in spans}
    assert len([one for one in expected.values() if one.by_currency["EUR"].micro]) == 4
    assert costs_of_stretches(query(tenant), payer, begins) == expected
    roll_up(now=ROLLED_UP)
    assert costs_of_stretches(query(tenant), payer, begins) == expected


@pytest.fixture
def child(tenant) -> Tenant:
    return Tenant.objects.create(slug="child", name="Child", parent=tenant)


@pytest.fixture
def own_account(child) -> GatewayAccount:
    pool = Tenant.objects.create(slug="pool-own", name="Pool", kind="pool")
    return GatewayAccount.objects.create(name="own", platform_id="own", pool=pool, owner=child, owner_since=NOW)


def test_parent_and_child_pay_by_lists_of_their_own(tenant, account, child, own_account):
    price_list(FI)
    price_list(FI | {"micro": 90_000}, issuer=tenant, customer=child)
    price_list(FI | {"micro": 20_000}, kind="cost", issuer=child, account=own_account)
    count(tenant, account, OCTOBER, 100)
    count(child, account, OCTOBER, 10, partner_id="c-1")
    count(child, own_account, OCTOBER, 1, partner_id="c-2")
    both = query(tenant, "tenant", tenant_ids=[tenant.id, child.id])
    with web_scope([tenant.id, child.id]):
        of_parent = costs(both, payer_of(tenant))
    with web_scope([child.id]):
        of_child = costs(query(child, "partner_id"), payer_of(child))
    assert micro(of_parent) == {(tenant.slug,): 6_500_000, ("child",): 650_000}
    assert of_parent["child",].elsewhere == Uncharged(1, 1)
    assert micro(of_child) == {("c-1",): 900_000, ("c-2",): 20_000}


def test_statement_and_gateway_share_a_month_by_who_charges_it(tenant, account, child, own_account):
    fee = {"name": "Account", "kind": "monthly", "minor": 5_00}
    price_list(FI | {"micro": 90_000}, issuer=tenant, customer=child, fees=(fee,))
    price_list(FI | {"micro": 20_000}, kind="cost", issuer=child, account=own_account, fees=(fee | {"minor": 1_00},))
    count(child, account, OCTOBER, 10, partner_id="c-1")
    count(child, account, OCTOBER, 7, partner_id="c-1", country="SE")
    count(child, account, SEPTEMBER, 1_000, partner_id="c-1")
    count(child, own_account, OCTOBER, 3, partner_id="c-2")
    with web_scope([child.id]):
        statement, gateway = statement_usage(child, Month(2026, 10)), gateway_usage(child, Month(2026, 10))
    assert [(line.key.partner_id, line.quantity, line.amount) for line in statement.lines] == [("c-1", 10, 90)]
    assert [(line.partner_id, line.country, line.uncharged.messages) for line in statement.unpriced] == [
        ("c-1", "SE", 7)
    ]
    assert (statement.elsewhere, statement.totals()) == (Uncharged(3, 3), {"EUR": 90 + 5_00})
    assert [(line.key.partner_id, line.quantity, line.amount) for line in gateway.lines] == [("c-2", 3, 6)]
    assert (gateway.unpriced, gateway.elsewhere, gateway.totals()) == ([], Uncharged(17, 17), {"EUR": 6 + 1_00})


def test_lines_of_a_month_are_its_cost_rounded_by_line(tenant, counted):
    price_list(FI | {"valid_to": CLOCKS_BACK}, FI | {"micro": 70_001, "valid_from": CLOCKS_BACK}, SE)
    roll_up(now=ROLLED_UP)
    october = query(tenant, first=OCTOBER, last=date(2026, 10, 31))
    lines = statement_usage(tenant, Month(2026, 10))
    exact = total_cost(october, payer_of(tenant)).by_currency["EUR"]
    assert [(line.key.country, line.quantity, line.key.micro, line.amount) for line in lines.lines] == [
        ("FI", 250, 65_000, 16_25),
        ("FI", 250, 70_001, 17_50),  # 17.50025
        ("SE", 4, 41_200, 16),  # 0.1648
    ]
    assert exact.micro == 250 * 65_000 + 250 * 70_001 + 4 * 41_200
    assert sum(line.messages for line in lines.lines) == exact.messages


def test_hours_have_no_costs(tenant):
    price_list(FI)
    with pytest.raises(CannotCombine, match="hour has no costs"):
        costs(query(tenant, "hour"), payer_of(tenant))


def test_as_many_queries_for_many_messages_as_for_few(tenant, account, counted):
    price_list(FI, SE)

    def queries() -> int:
        with web_scope([tenant.id]), CaptureQueriesContext(connection) as found:
            total_cost(replace(query(tenant), group_by=("country", "month")), payer_of(tenant))
        return len(found)

    before = queries()
    for day in range(1, 28):
        count(tenant, account, date(2026, 11, day), 5, operator=f"fi.{day}", partner_id=f"p{day}")
    assert queries() == before

"""Spending of budgets: the cost of the Overview to the unit, messages without a price beside it, and the forecast."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.merging import merge
from campaigns.models import Campaign
from portal.tenants.models import PartnerId, Tenant
from reports.budgets.bars import Bar, bar_of
from reports.budgets.periods import Period, period_on
from reports.budgets.reading import budgets_of
from reports.budgets.spending import Spending, spendings
from reports.figures.query import StatisticsQuery
from reports.models import Budget
from reports.pricing.costing import payer_of, total_cost
from reports.pricing.costs import Uncharged
from tests.budgets.conftest import day
from tests.conftest import NOW
from tests.pricing.stored import count, price_list

pytestmark = pytest.mark.django_db


def state(budget: Budget, now=NOW) -> Spending:
    found = spendings(budgets_of(budget.tenant), payer_of(budget.tenant), now=now)
    return found[budget.pk]


def test_month_to_date_is_the_cost_of_the_days(tenant, account, prices, make):
    for number in (1, 10, 20):
        count(tenant, account, day(number), 300)
    count(tenant, account, day(31, 10), 1_000)
    count(tenant, account, day(5), 70, country="SE")
    budget = make(amount=6_000)

    found = state(budget)

    assert (found.period, found.spent, found.unpriced) == (Period(day(1), day(30)), 4_500, Uncharged(70, 70))
    assert (found.percent_of(budget.amount), found.others, found.is_average) == (75, [], False)


def test_budget_of_a_customer_has_the_messages_below_it(tenant, account, prices, make):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone="Europe/Helsinki")
    count(child, account, day(3), 100)

    assert state(make()).spent == 500


def test_partner_id_and_campaign(tenant, account, prices, make):
    PartnerId.objects.create(account=account, value="nr-se", tenant=tenant, declared_at=NOW)
    count(tenant, account, day(3), 100, campaign="sale")
    count(tenant, account, day(4), 10, campaign="old", partner_id="nr-se")
    count(tenant, account, day(5), 1, partner_id="nr-se")
    sale, old = (Campaign.objects.get(name=name) for name in ("sale", "old"))
    merge(campaign=old, into=sale, actor="x")

    of_partner = make(scope="partner_id", partner_id="nr-se")
    of_sale, of_old = (make(scope="campaign", campaign=one) for one in (sale, old))

    assert [state(one).spent for one in (of_partner, of_sale, of_old)] == [55, 550, 550]


def test_campaign_of_another_customer_with_the_same_name_is_not_in_it(tenant, account, prices, make):
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone="Europe/Helsinki")
    for one in (tenant, child):
        count(one, account, day(3), 100, campaign="sale")

    assert state(make(scope="campaign", campaign=Campaign.objects.get(tenant=tenant))).spent == 500


def test_budget_of_some_days(tenant, account, prices, make):
    for number in (1, 5, 9):
        count(tenant, account, day(number), 100)
    days = {"first_day": day(5), "last_day": day(8)}
    ended, ahead = make(**days), make(first_day=day(21), last_day=day(22))

    assert (state(ended).spent, state(ended).forecast) == (500, None)
    assert (state(ahead).spent, state(ahead).period.has_begun(NOW.date())) == (0, False)


def test_other_currencies_are_named_and_never_added(tenant, account, make):
    price_list({"country": "FI", "micro": 50_000})
    price_list({"country": "SE", "micro": 400_000}, customer=tenant, currency="SEK")
    count(tenant, account, day(3), 100)
    count(tenant, account, day(3), 10, country="SE")

    found = state(make())

    assert (found.spent, [(one.currency, one.cost) for one in found.others]) == (500, [("SEK", 400)])


def test_month_is_that_of_the_customers_zone(tenant, account, prices, make):
    """At 22:30 UTC of the last day November is over in Helsinki."""
    count(tenant, account, day(30), 100)
    found = state(make(), now=NOW.replace(day=30, hour=22, minute=30))
    assert (found.period.first, found.spent) == (day(1, 12), 0)


def test_forecast_is_what_is_spent_and_the_average_of_late(tenant, account, prices, make):
    for n in range(1, 100):
        count(tenant, account, NOW.date() - timedelta(days=n), 100, campaign="sale")
    month = make()
    of_campaign = make(scope="campaign", campaign=Campaign.objects.get())
    days = make(first_day=day(16), last_day=day(5, 12))

    found = spendings(budgets_of(month.tenant), payer_of(month.tenant), now=NOW)

    for one, spent, expected in ((month, 9_500, 15_000), (of_campaign, 9_500, 15_000), (days, 2_000, 10_000)):
        forecast = found[one.pk].forecast
        assert (found[one.pk].spent, forecast.known, forecast.expected, forecast.high) == (
            spent, spent, expected, expected,
        )  # fmt: skip


def test_less_than_eight_weeks_have_no_forecast(tenant, account, prices, make):
    for n in range(1, 56):
        count(tenant, account, NOW.date() - timedelta(days=n), 100)
    assert state(make()).forecast is None


def test_number_of_queries_does_not_depend_on_the_number_of_budgets(
    tenant, account, prices, make, django_assert_num_queries
):
    count(tenant, account, day(3), 100, campaign="sale")
    sale = Campaign.objects.get()

    def three() -> list[Budget]:
        return [make(), make(scope="partner_id", partner_id="nr-fi"), make(scope="campaign", campaign=sale)]

    three()
    payer = payer_of(tenant)
    once = list(budgets_of(tenant))
    with django_assert_num_queries(18):
        spendings(once, payer, now=NOW)
    three()
    twice = list(budgets_of(tenant))
    with django_assert_num_queries(18):
        spendings(twice, payer, now=NOW)


SORTS = st.tuples(
    st.integers(1, 19),
    st.integers(1, 5_000),
    st.sampled_from(["FI", "SE", "NO"]),
    st.sampled_from(["nr-fi", "nr-se"]),
    st.sampled_from(["delivered", "failed", "queued"]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(SORTS, max_size=12, unique_by=lambda row: (row[0], *row[2:])), micro=st.integers(1, 99_999))
def test_budgets_of_partner_ids_add_up_to_the_overview(tenant, account, make, rows, micro):
    """Each is the cost that the statistics show for the same messages, to the unit, and none is lost between them."""
    with transaction.atomic():
        _compare(tenant, account, make, rows, micro)
        transaction.set_rollback(True)


def _compare(tenant, account, make, rows, micro) -> None:
    price_list({"country": "FI", "micro": micro}, {"country": "SE", "micro": 12_345}, basis="sent")
    for number, messages, country, partner_id, status in rows:
        key = {"country": country, "status": status, "partner_id": partner_id, "campaign": f"of {partner_id}"}
        count(tenant, account, day(number), messages, **key)
    whole = make()
    parts = [make(scope="partner_id", partner_id=value) for value in ("nr-fi", "nr-se")]
    payer = payer_of(tenant)
    found = spendings(budgets_of(tenant), payer, now=NOW)

    def shown(**filters) -> tuple[int, Uncharged]:
        costs = total_cost(
            StatisticsQuery(tenant_ids=[tenant.pk], first=day(1), last=NOW.date(), filters=filters), payer
        )
        return (costs.by_currency["EUR"].minor if costs.by_currency else 0), costs.unpriced

    assert (found[whole.pk].spent, found[whole.pk].unpriced) == shown()
    for part in parts:
        assert (found[part.pk].spent, found[part.pk].unpriced) == shown(partner_id=[part.partner_id])
    assert abs(sum(found[part.pk].spent for part in parts) - found[whole.pk].spent) <= 1
    assert sum((found[part.pk].unpriced for part in parts), Uncharged()) == found[whole.pk].unpriced


def test_period_of_a_leap_february():
    assert period_on(day(5).replace(year=2028, month=2), first_day=None, last_day=None).last.day == 29


@pytest.mark.parametrize(
    ("spent", "expected", "amount", "bar"),
    [
        (50, None, 100, Bar(100, 100, 200)),
        (50, 75, 100, Bar(100, 150, 200)),
        (100, 400, 200, Bar(50, 200, 100)),
        (0, 0, 1, Bar(0, 0, 200)),
    ],
)
def test_bar_is_as_wide_as_the_largest(spent, expected, amount, bar):
    assert bar_of(spent=spent, expected=expected, amount=amount) == bar

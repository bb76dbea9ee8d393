"""The forecast of a month's cost: its interval holds what it promises, and its sums are those of the counts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from django.utils import timezone

from portal.accounts.models import Role
from reports.forecast.cost_forecast import PRICED_DAYS, CostForecast, forecast_costs
from reports.forecast.month_forecast import RestForecast, forecast_rest
from reports.pricing.costs import Cost, Costs
from tests.api.conftest import call
from tests.conftest import NOW, make_user
from tests.forecast.test_month_forecast import FIRST, simulated
from tests.pricing.stored import count, price_list

__all__ = ["call"]

REPORTS = "/t/nordic-retail/reports/"


def eur(units: int, **values) -> Costs:
    return Costs({"EUR": Cost("EUR", units * 1_000_000, **values)})


def test_eighty_of_a_hundred_months_cost_what_the_interval_says():
    """Months of 300 tenants whose share of a dearer country drifts and jumps from day to day."""
    random, within = Random(17), 0
    for _ in range(300):
        history, day = random.randint(56, 190), random.randint(1, 29)
        first_unknown = FIRST + timedelta(days=history)
        first_unknown += timedelta(days=(day - first_unknown.day) % 28)
        history = (first_unknown - FIRST).days
        last_day = (first_unknown.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        parts = simulated(random, (last_day - FIRST).days + 1)
        share, dear, costs = random.random(), random.randint(40_000, 90_000), []
        for number in parts:
            share = min(1.0, max(0.0, share + random.gauss(0, 0.02)))
            of_dear = round(number * min(1.0, max(0.0, share + random.gauss(0, 0.05))))
            costs.append(of_dear * dear + (number - of_dear) * 35_000)
        rest = forecast_rest(parts[:history], first_unknown=first_unknown, last_day=last_day)

        def cost(micro: int) -> Costs:
            return Costs({"EUR": Cost("EUR", micro)})

        [forecast] = forecast_costs(
            known=cost(sum(costs[history - first_unknown.day + 1 : history])),
            today=Costs(),
            recent=cost(sum(costs[history - PRICED_DAYS : history])),
            parts=sum(parts[history - PRICED_DAYS : history]),
            rest=rest,
        )

        within += forecast.low <= round(Fraction(sum(costs[-last_day.day :]), 10_000)) <= forecast.high
    assert 0.7 <= within / 300 <= 0.9


def test_rest_costs_the_average_of_late_and_no_less_than_today_has():
    rest = RestForecast(expected=1_000, low=100, high=1_500, days=())
    wanted = {"known": eur(40), "recent": eur(200), "parts": 4_000, "rest": rest}

    assert forecast_costs(**wanted, today=Costs()) == [CostForecast("EUR", 4_000, 9_000, 4_500, 11_500, False)]
    assert forecast_costs(**wanted, today=eur(20)) == [CostForecast("EUR", 4_000, 9_000, 6_000, 11_500, False)]
    assert forecast_costs(**wanted | {"recent": Costs(), "parts": 0}, today=Costs()) == [
        CostForecast("EUR", 4_000, 4_000, 4_000, 4_000, False)
    ]


def test_currencies_are_forecast_apart_and_prices_by_quantity_are_marked():
    rest = RestForecast(expected=10, low=10, high=10, days=())
    recent = Costs({"EUR": Cost("EUR", 1_000_000), "SEK": Cost("SEK", 5_000_000, is_average=True)})

    assert forecast_costs(known=eur(1), today=Costs(), recent=recent, parts=100, rest=rest) == [
        CostForecast("EUR", 100, 110, 110, 110, False),
        CostForecast("SEK", 0, 50, 50, 50, True),
    ]


@pytest.fixture
def traffic(tenant, account, monkeypatch):
    """A hundred messages a day for a year until yesterday, 30 today; those of October cost the half."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    today = NOW.date()
    for n in range(365):
        count(tenant, account, today - timedelta(days=n + 1), 100)
    count(tenant, account, today, 30)
    price_list(
        {"micro": 50_000, "valid_to": date(2026, 10, 1)},
        {"micro": 25_000, "valid_from": date(2026, 10, 1), "valid_to": date(2026, 11, 1)},
        {"micro": 50_000, "valid_from": date(2026, 11, 1)},
    )


@pytest.mark.django_db
def test_page_and_api_show_the_cost_to_those_who_may_see_it(client, call, tenant, traffic):
    answer = call(tenant, "read", "billing").get("reports/forecast/").json()

    [amount] = answer["costs"]["amounts"]
    # 19 days are known; 9 days of October are among the 28 that make the price of the 11 days that are left
    price = (19 * 100 * Decimal("0.05") + 9 * 100 * Decimal("0.025")) / 2800
    assert amount["known"] == "95.00"
    assert amount["expected"] == str((95 + price * 1100).quantize(Decimal("0.01")))
    assert answer["parts"]["expected"] == 3000
    past = {one["month"]: (one["expected"], one["actual"]) for one in answer["costs"]["past"]}
    assert len(past) == 6
    assert past["2026-09"] == ("150.00", "150.00")
    # on 20 October 19 days had the lower price, and 9 of the 28 days before it the higher one
    assert past["2026-10"][1] == "77.50"
    low = (19 * 100 * Decimal("0.025") + 9 * 100 * Decimal("0.05")) / 2800
    assert past["2026-10"][0] == str((Decimal("47.5") + low * 1200).quantize(Decimal("0.01")))

    client.force_login(make_user("analyst@example.com", tenant, Role.ANALYST))
    page = client.get(REPORTS).content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert f"They will cost about {amount['expected']} EUR" in page
    assert "Forecasts of the cost on the same day" in page


@pytest.mark.django_db
def test_nobody_else_sees_the_cost(client, call, tenant, account, traffic):
    assert call(tenant, "read").get("reports/forecast/").json()["costs"] is None
    assert call(account.pool, "read", "billing", account=account).get("reports/forecast/").json()["costs"] is None
    client.force_login(make_user("viewer@example.com", tenant, Role.VIEWER))
    page = client.get(REPORTS).content.decode()
    assert "Forecast for" in page
    assert "EUR" not in page


@pytest.mark.django_db
def test_known_cost_is_that_of_the_statistics(call, tenant, account, traffic):
    key = call(tenant, "read", "billing")
    whole = key.get("statistics/", **{"from": "2026-11-01", "to": "2026-11-19"}).json()["total"]["costs"]["amounts"][0]
    assert key.get("reports/forecast/").json()["costs"]["amounts"][0]["known"] == whole["cost"]

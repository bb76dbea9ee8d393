"""The forecast of a month: its interval holds what it promises, and it needs eight weeks."""

from datetime import date, timedelta
from math import exp
from random import Random

import pytest

from reports.forecast.drawing import draw_month, ticks_to
from reports.forecast.month_forecast import MonthForecast, forecast_month

FIRST = date(2026, 1, 5)  # a Monday


def simulated(random: Random, days: int) -> list[int]:
    """Return messages by day of a tenant with its own rhythm, growth, noise by day and week, and campaigns."""
    size = 10 ** random.uniform(1.5, 5)
    weekdays = [random.uniform(0.4, 1.6) for _ in range(7)]
    if random.random() < 0.5:
        weekdays[5:] = [0.2, 0.1]  # quiet weekends
    growth, noise, of_weeks = random.uniform(-0.004, 0.004), random.uniform(0.05, 0.4), random.uniform(0, 0.25)
    campaigns = random.uniform(0, 0.12) if random.random() < 0.6 else 0
    found, week = [], 0.0
    for n in range(days):
        if n % 7 == 0:
            week = random.gauss(0, of_weeks)
        burst = random.uniform(2, 8) if random.random() < campaigns else 1
        found.append(int(size * weekdays[n % 7] * exp(growth * n + week + random.gauss(0, noise)) * burst))
    return found


def test_eighty_of_a_hundred_months_end_within_the_interval():
    """Months of 300 tenants, from eight weeks to half a year of history, forecast on any day of the month."""
    random, within = Random(16), 0
    for _ in range(300):
        history, day = random.randint(56, 190), random.randint(1, 29)
        first_unknown = FIRST + timedelta(days=history)
        first_unknown += timedelta(days=(day - first_unknown.day) % 28)
        history = (first_unknown - FIRST).days
        last_day = (first_unknown.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        messages = simulated(random, (last_day - FIRST).days + 1)

        forecast = forecast_month(messages[:history], first_unknown=first_unknown, last_day=last_day)

        within += forecast.low <= sum(messages[-last_day.day :]) <= forecast.high
    assert 0.7 <= within / 300 <= 0.9


def test_constant_weeks_are_forecast_exactly():
    week = [100, 100, 100, 100, 100, 10, 0]

    forecast = forecast_month(week * 8, first_unknown=date(2026, 3, 16), last_day=date(2026, 3, 31))

    # 1 March is a Sunday; two weeks are known, two weeks and two days are left
    assert (forecast.known, forecast.expected, forecast.low, forecast.high) == (1020, 2240, 2240, 2240)
    assert [day.expected for day in forecast.days[:7]] == week


def test_today_gets_no_less_than_it_has():
    whole = {"first_unknown": date(2026, 3, 30), "last_day": date(2026, 3, 31)}
    quiet, busy = (forecast_month([100] * 63, **whole, so_far=so_far) for so_far in (90, 700))

    assert (quiet.low, quiet.expected) == (3100, 3100)
    assert ([day.expected for day in busy.days], busy.low, busy.expected) == ([700, 100], 3700, 3700)
    uneven = [50, 150] * 32
    assert forecast_month(uneven, **whole, so_far=700).low >= sum(uneven[-29:]) + 700


@pytest.mark.parametrize("days", [0, 1, 55])
def test_less_than_eight_weeks_are_no_history(days):
    assert forecast_month([100] * days, first_unknown=date(2026, 3, 10), last_day=date(2026, 3, 31)) is None


def test_tenant_without_messages_for_weeks_is_forecast_without_error():
    forecast = forecast_month([50] + [0] * 60, first_unknown=date(2026, 3, 10), last_day=date(2026, 3, 31))

    assert (forecast.known, forecast.expected) == (0, 0)


def test_drawing_begins_at_nothing_and_ends_at_the_forecast():
    forecast = forecast_month([100] * 63, first_unknown=date(2026, 3, 11), last_day=date(2026, 3, 20))
    assert isinstance(forecast, MonthForecast)

    drawing = draw_month([100] * 10, forecast)

    assert forecast.high == 2000
    assert drawing.known.startswith("M0.0 140.0L")
    assert drawing.forecast.endswith("600.0 0.0")
    assert drawing.ticks == (2000, 1500, 1000, 500, 0)
    assert drawing.lines.count("M") == 5
    assert [(day.day.day, day.messages) for day in drawing.days if day.is_labelled] == [(1, 100), (8, 800), (15, 1500)]
    assert [day.day.day for day in drawing.days if day.is_expected] == list(range(11, 21))


@pytest.mark.parametrize(
    ("most", "ticks"),
    [(0, [1, 0]), (1, [1, 0]), (7, [8, 6, 4, 2, 0]), (13_800, [15_000, 10_000, 5_000, 0]), (41, [60, 40, 20, 0])],
)
def test_numbers_of_the_axis_are_round(most, ticks):
    assert ticks_to(most) == ticks


def test_busy_day_is_expected_to_go_on():
    """On the last day of a month, too, more is expected than the lower end, until the day is over."""
    whole = {"first_unknown": date(2026, 3, 31), "last_day": date(2026, 3, 31), "so_far": 700}
    found = [forecast_month([80, 120] * 32, **whole, day_left=left) for left in (0.5, 0)]
    assert [(one.expected - one.known, one.low - one.known) for one in found] == [(750, 700), (700, 700)]
    assert found[0].high > found[0].expected
    quiet = forecast_month([100] * 63, **whole | {"so_far": 10}, day_left=0.5)
    assert quiet.expected - quiet.known == 100

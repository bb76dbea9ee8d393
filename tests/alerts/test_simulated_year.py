"""Ordinary traffic raises at most one alarm a month and tenant over all standard rules.

The tenants have 300 to 150,000 messages a day, a rhythm of the week, days that are better and worse, campaigns to good
and to poor lists, and numbers that vary more than by chance. Looks are made every five minutes.
"""

import pytest

from tests.alerts.looking import alarms
from tests.alerts.traffic import STEPS_A_DAY, ordinary

COUNTRIES = {"FI": [0, 1, 2], "SE": [3]}


def test_eleven_weeks_of_two_tenants():
    for seed in (2, 9):
        found = alarms(ordinary(seed, days=77), COUNTRIES, stride=3)
        assert len(found) <= 2  # in seven weeks after the four of which is learnt


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_a_year(seed):
    found = alarms(ordinary(seed, days=365 + 28), COUNTRIES)
    assert len(found) <= 12, found


def test_an_operator_that_fails_in_such_traffic_is_told():
    traffic = ordinary(0, days=77)
    begin = 70 * STEPS_A_DAY + 12 * 12
    assert traffic.messages[0, begin : begin + 6].sum() > 100
    traffic.delivered[0, begin : begin + 12] = 0

    found = alarms(traffic, COUNTRIES)

    assert ("delivery", ("FI", "op0")) in {(rule, part) for rule, part, at in found if begin < at <= begin + 2}

"""Comparisons of a key's values: against all others and in pairs, adjusted for the number of values."""

import random

import pytest
from scipy.stats import false_discovery_control

from campaigns.statistics import two_proportions
from reports.segments.comparison import pair, standouts

SHOPS = {"north": (940, 1000), "south": (960, 1000), "east": (950, 1000), "kiosk": (9, 10)}


def test_values_are_compared_with_all_others_together():
    found = standouts(SHOPS)
    assert list(found) == ["north", "south", "east"]  # ten messages are too few
    own = two_proportions(940, 1000, 1919, 2010)
    assert (found["north"].difference, found["north"].low, found["north"].high) == (own.difference, own.low, own.high)
    p_values = [two_proportions(d, n, 2859 - d, 3010 - n).p_value for d, n in list(SHOPS.values())[:3]]
    assert [one.p_value for one in found.values()] == pytest.approx(false_discovery_control(p_values))
    assert {one.compared for one in found.values()} == {3}


def test_messages_of_no_value_are_among_the_others():
    found = standouts({"north": (940, 1000)}, rest=[(960, 1000), (9, 10)])
    assert found["north"].difference == two_proportions(940, 1000, 969, 1010).difference
    assert list(found) == ["north"]


def test_a_pair_is_adjusted_for_every_value_that_either_could_be_compared_with():
    found = pair(SHOPS, "south", "north")
    families = [[two_proportions(*SHOPS[one], d, 1000).p_value for d in others]
                for one, others in (("south", (940, 950)), ("north", (960, 950)))]  # fmt: skip
    assert found.p_value == pytest.approx(max(false_discovery_control(p_values)[0] for p_values in families))
    assert (found.compared, round(found.difference, 4), found.is_exact) == (2, 0.02, False)


def test_the_order_of_a_pair_does_not_matter():
    shops = {"like others": (950, 1000), "worse": (930, 1000)} | {f"shop {n}": (950, 1000) for n in range(20)}
    one, other = pair(shops, "like others", "worse"), pair(shops, "worse", "like others")
    assert (one.p_value, one.is_sure, one.difference) == (other.p_value, other.is_sure, -other.difference)
    assert one.p_value > 10 * two_proportions(950, 1000, 930, 1000).p_value


def test_a_difference_of_two_values_alone_is_not_sure_among_many():
    two = {"north": (940, 1000), "south": (960, 1000)}
    many = two | {f"shop {n}": (940 + n % 3, 1000) for n in range(40)}
    assert pair(two, "north", "south").is_sure
    assert not pair(many, "north", "south").is_sure


def test_few_messages_are_not_compared():
    assert pair(SHOPS, "south", "kiosk") is None
    assert pair(SHOPS, "kiosk", "south") is None
    assert standouts({"only": (90, 100)}) == {}
    assert standouts({}) == {}


def test_equal_groups_rarely_stand_out():
    """With 50 values that do not differ, any false alarm comes in at most about 5% of periods."""
    dice = random.Random(14)
    alarms = 0
    for _period in range(100):
        counts = {str(n): (sum(dice.random() < 0.9 for _ in range(60)), 60) for n in range(50)}
        alarms += any(one.is_sure for one in standouts(counts).values())
    assert alarms <= 10

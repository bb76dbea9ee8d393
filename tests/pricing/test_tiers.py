"""Prices by quantity against published examples."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.pricing.tiers import Drop, Mode, Tier, TierGroup, worse_with_more
from tests.hypothesis_profile import examples

JANUARY = date(2026, 1, 1)


def group(mode, *tiers, **rest):
    return TierGroup(1, "Nordics", mode, JANUARY, tiers=tuple(Tier(*tier) for tier in tiers), **rest)


HUNDREDTHS = [(1_000, 100_000), (10_000, 50_000), (None, 10_000)]
THOUSANDTHS = [(1_000, 10_000), (10_000, 8_000), (None, 5_000)]


@pytest.mark.parametrize(
    ("tiers", "quantity", "cost"),
    [
        (group(Mode.GRADUATED, *HUNDREDTHS), 15_000, 600_000_000),
        (group(Mode.VOLUME, *HUNDREDTHS), 15_000, 150_000_000),
        (group(Mode.GRADUATED, *THOUSANDTHS), 15_000, 107_000_000),
        (group(Mode.VOLUME, (50_000, 700), (100_000, 600, 10_000_000), (None, 500)), 65_000, 49_000_000),
        (group(Mode.PACKAGES, size=1_000, micro=1_000_000), 4_500, 5_000_000),
        (group(Mode.PACKAGES, size=1_000, micro=1_000_000), 4_000, 4_000_000),
        (group(Mode.GRADUATED, (100, 1_000_000), (200, 500_000), (None, 100_000)), 250, 155_000_000),
        (group(Mode.GRADUATED, (10, 1, 100), (None, 2, 1_000)), 10, 110),
        (group(Mode.GRADUATED, (10, 1, 100), (None, 2, 1_000)), 11, 1_112),
        (group(Mode.VOLUME, *HUNDREDTHS), 1_000, 100_000_000),
        (group(Mode.VOLUME, *HUNDREDTHS), 1_001, 50_050_000),
        (group(Mode.VOLUME, (None, 1, 10)), 0, 0),
        (group(Mode.GRADUATED, (None, 1, 10)), 0, 0),
        (group(Mode.PACKAGES, size=10, micro=1), 0, 0),
    ],
)
def test_a_quantity_costs_what_its_tiers_say(tiers, quantity, cost):
    assert tiers.cost(quantity) == cost
    assert tiers.cost(-quantity) == -cost


def test_more_volume_that_costs_less_is_told():
    tiers = group(Mode.VOLUME, (10_000, 1_000), (None, 800))
    assert worse_with_more(tiers) == [Drop(quantity=10_000, cost=10_000_000, next_cost=8_000_800, even=12_500)]
    free = group(Mode.VOLUME, (10, 1), (None, 0))
    assert worse_with_more(free) == [Drop(quantity=10, cost=10, next_cost=0, even=None)]


def test_graduated_tiers_and_packages_never_cost_less_for_more():
    assert worse_with_more(group(Mode.GRADUATED, *HUNDREDTHS)) == []
    assert worse_with_more(group(Mode.PACKAGES, size=10, micro=5)) == []


ascending = st.lists(st.integers(min_value=1, max_value=10**6), min_size=0, max_size=5, unique=True).map(sorted)
micro = st.integers(min_value=0, max_value=10**6)


@given(ascending, st.lists(micro, min_size=6, max_size=6), st.integers(min_value=0, max_value=2 * 10**6))
@examples(100, long=5_000)
def test_graduated_tiers_cost_each_unit_the_price_of_its_place(limits, prices, quantity):
    tiers = group(Mode.GRADUATED, *zip([*limits, None], prices, strict=False))
    filled = tiers.filled(quantity)
    assert sum(units for _tier, units in filled) == quantity
    step = tiers.cost(quantity + 1) - tiers.cost(quantity)
    assert step == next(tier.micro for tier in tiers.tiers if tier.up_to is None or quantity + 1 <= tier.up_to)


@pytest.mark.parametrize(
    ("mode", "tiers", "rest", "text"),
    [
        (Mode.GRADUATED, [(10, 1)], {}, "the last tier is open"),
        (Mode.VOLUME, [], {}, "the last tier is open"),
        (Mode.VOLUME, [(10, 1), (10, 1), (None, 1)], {}, "ascend from 1"),
        (Mode.VOLUME, [(0, 1), (None, 1)], {}, "ascend from 1"),
        (Mode.VOLUME, [(None, 1), (None, 1)], {}, "ascend from 1"),
        (Mode.PACKAGES, [], {}, "size of at least 1"),
        (Mode.PACKAGES, [(None, 1)], {"size": 5}, "no tiers"),
        (Mode.VOLUME, [(None, 1)], {"valid_to": date(2026, 5, 2)}, "first day of a month"),
    ],
)
def test_impossible_tiers_are_refused(mode, tiers, rest, text):
    with pytest.raises(ValueError, match=f"Nordics: .*{text}"):
        group(mode, *tiers, **rest)

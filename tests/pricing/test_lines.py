"""Lines of a month's statement."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.periods import Month
from reports.pricing.costs import Uncharged, price_usage, tier_quantities
from reports.pricing.lines import FeeLine, LineKey, PricedLine, UnpricedUsage, month_lines
from reports.pricing.money import to_minor
from reports.pricing.tariff import Basis, Fee, FeeKind
from reports.pricing.tiers import Mode, Tier, TierGroup
from tests.hypothesis_profile import examples
from tests.pricing.examples import ACCOUNT, chain_of, price, tariff, usage
from tests.pricing.test_costs import CHAINS, MIXED, usages

OCTOBER = Month(2026, 10)


def lines_of(rows, *tariffs, month=OCTOBER):
    return month_lines(rows, chain_of(*tariffs), month=month, fees_of=tariffs)


def key(country="FI", *, partner_id="shop", operator="Elisa", valid_from=date(2026, 1, 1), micro=0, tier_group=0):
    return LineKey(1, ACCOUNT, partner_id, country, operator, "alphanumeric", valid_from, tier_group, micro)


def test_a_line_is_rounded_by_itself():
    found = lines_of(
        [usage(4801), usage(3295, country="SE")],
        sale := tariff(price(65_000, country="FI"), price(41_200, country="SE")),
    )
    assert found.lines == [
        PricedLine(key("FI", micro=65_000), sale, 4801, 4801, 312_07),
        PricedLine(key("SE", micro=41_200), sale, 3295, 3295, 135_75),
    ]
    assert found.totals() == {"EUR": 447_82}


def test_a_price_that_changes_within_the_month_makes_two_lines():
    sale = tariff(
        price(10_000, valid_to=date(2026, 10, 25)),
        price(20_000, valid_from=date(2026, 10, 25)),
    )
    found = lines_of([usage(100), usage(50, day=date(2026, 10, 25))], sale)
    assert [(line.key.valid_from, line.key.micro, line.quantity, line.amount) for line in found.lines] == [
        (date(2026, 1, 1), 10_000, 100, 1_00),
        (date(2026, 10, 25), 20_000, 50, 1_00),
    ]


def test_versions_that_begin_on_the_same_day_are_kept_apart():
    sale = tariff(price(10_000, operator="Elisa", valid_to=date(2026, 10, 15)), price(20_000))
    found = lines_of([usage(100), usage(50, day=date(2026, 10, 15))], sale)
    assert [(line.key.micro, line.quantity) for line in found.lines] == [(10_000, 100), (20_000, 50)]


def test_a_group_of_prices_by_quantity_is_rounded_once_and_shared_out():
    tiers = TierGroup(5, "Nordics", Mode.VOLUME, date(2026, 10, 1), tiers=(Tier(None, 33_333),))
    sale = tariff(price(tier_group=5), groups=[tiers])
    rows = [usage(1, partner_id="a"), usage(1, partner_id="b"), usage(1, partner_id="c")]
    found = lines_of(rows, sale)
    assert [(line.key.partner_id, line.quantity, line.amount) for line in found.lines] == [
        ("a", 1, 4),
        ("b", 1, 3),
        ("c", 1, 3),
    ]
    assert found.totals() == {"EUR": 10}  # 0.099999
    assert found.lines[0].key == key(partner_id="a", valid_from=date(2026, 10, 1), tier_group=5)


def test_unpriced_messages_and_those_of_others_are_told():
    sale = tariff(price(1, country="FI"), basis=Basis.SENT)
    chain = chain_of(sale)
    rows = [usage(4, parts=6, country="NO"), usage(1, account_id=9), usage(2, country="NO", status="queued")]
    found = month_lines(rows, lambda a: None if a == 9 else chain(a), month=OCTOBER, fees_of=[sale])
    assert found.lines == []
    assert found.unpriced == [UnpricedUsage(ACCOUNT, "shop", "NO", "Elisa", "alphanumeric", Uncharged(4, 6))]
    assert found.elsewhere == Uncharged(1, 1)


MONTHLY = Fee("Account", FeeKind.MONTHLY, 50_00, date(2026, 10, 1), date(2027, 1, 1))
MINIMUM = Fee("Minimum", FeeKind.MINIMUM, 100_00, date(2026, 10, 1))
ONE_OFF = Fee("Set-up", FeeKind.ONE_OFF, 20_00, date(2026, 10, 17))


@pytest.mark.parametrize(
    ("month", "amounts"),
    [
        (Month(2026, 9), {}),
        (Month(2026, 10), {"Account": 50_00, "Minimum": 60_00, "Set-up": 20_00}),
        (Month(2026, 11), {"Account": 50_00, "Minimum": 60_00}),
        (Month(2027, 1), {"Minimum": 60_00}),
    ],
)
def test_fees_are_due_in_their_months(month, amounts):
    sale = tariff(price(10_000), fees=[MONTHLY, MINIMUM, ONE_OFF])
    found = lines_of([usage(4_000, day=month.first_day)], sale, month=month)
    assert {line.fee.name: line.amount for line in found.fees} == amounts


def test_a_minimum_that_is_reached_costs_nothing():
    sale = tariff(price(10_000), fees=[MINIMUM])
    assert lines_of([usage(10_000)], sale).fees == []
    assert lines_of([usage(9_999)], sale).fees == [FeeLine(sale, MINIMUM, 1)]


octobers = usages.filter(lambda row: row.day.month == 10)


@given(st.lists(octobers, max_size=25))
@examples(60, long=3_000)
def test_lines_are_less_than_half_a_minor_unit_each_from_the_exact_cost(rows):
    found = month_lines(rows, CHAINS.get, month=OCTOBER, fees_of=[])
    exact = price_usage((("all", row) for row in rows), CHAINS.get, tier_quantities(rows, CHAINS.get))
    for currency, total in found.totals().items():
        lines = [line for line in found.lines if line.tariff.currency == currency]
        difference = Fraction(exact["all"].by_currency[currency].micro, 10_000) - total
        assert abs(difference) <= Fraction(len(lines), 2)
        assert sum(line.messages for line in lines) == exact["all"].by_currency[currency].messages


@given(st.lists(octobers, min_size=1, max_size=15), st.randoms())
@examples(40, long=1_000)
def test_lines_do_not_depend_on_the_order_of_the_counts(rows, random):
    shuffled = random.sample(rows, len(rows))
    whole = month_lines(rows, CHAINS.get, month=OCTOBER, fees_of=[MIXED])
    assert month_lines(shuffled, CHAINS.get, month=OCTOBER, fees_of=[MIXED]) == whole


@given(st.lists(octobers, max_size=15))
@examples(40, long=1_000)
def test_the_shares_of_a_group_are_its_rounded_total(rows):
    found = month_lines(rows, CHAINS.get, month=OCTOBER, fees_of=[])
    for tier_month, quantity in tier_quantities(rows, CHAINS.get).items():
        shares = [line.amount for line in found.lines if line.key.tier_group == tier_month.group_id]
        assert sum(shares) == to_minor(MIXED.tier_groups[tier_month.group_id].cost(quantity), "EUR")

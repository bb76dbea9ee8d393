"""The cost of counted messages by group."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.periods import Month
from reports.pricing.costs import Cost, Costs, TierMonth, Uncharged, price_usage, tier_quantities
from reports.pricing.tariff import Basis, Chain, Per
from reports.pricing.tiers import Mode, Tier, TierGroup
from tests.hypothesis_profile import examples
from tests.pricing.examples import ACCOUNT, chain_of, price, tariff, usage

OCTOBER = Month(2026, 10)
VOLUME = TierGroup(5, "Nordics", Mode.VOLUME, date(2026, 1, 1), tiers=(Tier(1_000, 100_000), Tier(None, 50_000)))


def cost_of(rows, chain):
    """Return the costs of all rows, by country."""
    quantities = tier_quantities(rows, chain)
    return price_usage(((row.country, row) for row in rows), chain, quantities)


def test_failed_1009_and_unknown_have_their_own_cost():
    rows = [
        usage(10, parts=20),
        usage(3, parts=3, status="failed", result_code=1006),
        usage(2, parts=4, status="failed", result_code=1009),
        usage(1, parts=1, status="expired", result_code=1007),
        usage(5, parts=5, status="unknown", result_code=1010),
        usage(7, parts=7, status="queued", result_code=-1),
    ]
    assert cost_of(rows, chain_of(tariff(price(65_000, country="FI"), basis=Basis.SENT))) == {
        "FI": Costs(
            {
                "EUR": Cost(
                    "EUR",
                    micro=33 * 65_000,
                    quantity=33,
                    messages=21,
                    delivered=10,
                    of_failed=8 * 65_000,
                    of_billed_undelivered=4 * 65_000,
                    of_unknown=5 * 65_000,
                )
            }
        )
    }


def test_a_price_per_message_does_not_count_parts():
    found = cost_of([usage(10, parts=20)], chain_of(tariff(price(65_000), per=Per.MESSAGE)))
    assert found["FI"].by_currency["EUR"].micro == 650_000


def test_currencies_are_kept_apart():
    euros, kronor = tariff(price(100, country="FI")), tariff(price(1_000), list_id=2, currency="SEK")
    rows = [usage(1), usage(1, country="SE")]
    quantities = tier_quantities(rows, chain_of(euros, kronor))
    found = price_usage((("all", row) for row in rows), chain_of(euros, kronor), quantities)["all"]
    assert {currency: cost.micro for currency, cost in found.by_currency.items()} == {"EUR": 100, "SEK": 1_000}
    with pytest.raises(ValueError, match="EUR and SEK cannot be added"):
        found.by_currency["EUR"] + found.by_currency["SEK"]


def test_messages_without_a_price_are_unpriced_if_their_state_may_cost():
    rows = [usage(4, parts=6, country="NO"), usage(2, country="NO", status="rejected", result_code=1003)]
    sent = chain_of(tariff(price(1, country="FI"), basis=Basis.SENT))
    assert cost_of(rows, sent) == {"NO": Costs(unpriced=Uncharged(4, 6))}
    assert cost_of(rows, lambda _account: Chain()) == {"NO": Costs(unpriced=Uncharged(6, 8))}


def test_messages_of_an_account_that_others_pay_are_neither_priced_nor_unpriced():
    chain = Chain((tariff(price(10)),))
    found = cost_of([usage(1), usage(5, account_id=99)], lambda account: chain if account == ACCOUNT else None)
    assert found["FI"].elsewhere == Uncharged(5, 5)
    assert found["FI"].unpriced == Uncharged()
    assert found["FI"].by_currency["EUR"].micro == 10


def test_a_price_of_zero_is_a_price():
    found = cost_of([usage(3)], chain_of(tariff(price(0))))
    assert found["FI"] == Costs({"EUR": Cost("EUR", 0, 3, 3, 3)})


def test_a_part_of_a_tiered_month_costs_the_average_of_all_partner_ids():
    tiered = chain_of(tariff(price(tier_group=5), groups=[VOLUME]))
    month = [usage(600), usage(900, partner_id="bank")]
    quantities = tier_quantities(month, tiered)
    assert quantities == {TierMonth(1, 5, OCTOBER): 1_500}
    found = price_usage([("shop", month[0])], tiered, quantities)
    assert found == {"shop": Costs({"EUR": Cost("EUR", 600 * 50_000, 600, 600, 600, is_average=True)})}


def test_states_that_the_basis_does_not_charge_fill_no_tier():
    tiered = chain_of(tariff(price(tier_group=5), groups=[VOLUME], basis=Basis.DELIVERED))
    assert tier_quantities([usage(600), usage(900, status="failed", result_code=1006)], tiered) == {
        TierMonth(1, 5, OCTOBER): 600
    }


def test_each_month_has_tiers_of_its_own():
    tiered = chain_of(tariff(price(tier_group=5), groups=[VOLUME]))
    rows = [usage(900), usage(900, day=date(2026, 11, 1))]
    found = cost_of(rows, tiered)
    assert found["FI"].by_currency["EUR"].micro == 2 * 900 * 100_000


countries = st.sampled_from(["FI", "SE", "NO", "ZZ"])
states = st.sampled_from(["queued", "sent", "delivered", "failed", "expired", "rejected", "unknown"])
days = st.integers(min_value=0, max_value=91).map(lambda n: date(2026, 9, 1) + timedelta(days=n))
usages = st.builds(
    lambda messages, extra, **rest: usage(messages, parts=messages + extra, **rest),
    messages=st.integers(min_value=1, max_value=2_000),
    extra=st.integers(min_value=0, max_value=2_000),
    day=days,
    country=countries,
    status=states,
    partner_id=st.sampled_from(["shop", "bank"]),
    account_id=st.sampled_from([ACCOUNT, 8, 9]),
)
MIXED = tariff(
    price(65_000, country="FI", valid_to=date(2026, 10, 25)),
    price(70_001, country="FI", valid_from=date(2026, 10, 25)),  # clocks go back on this day
    price(tier_group=5, country="SE"),
    price(tier_group=6, country="ZZ"),
    groups=[
        VOLUME,
        TierGroup(6, "World", Mode.PACKAGES, date(2026, 1, 1), size=7, micro=333_333),
    ],
    basis=Basis.SENT,
)
KRONOR = tariff(price(999, country="NO"), list_id=2, currency="SEK", basis=Basis.DELIVERED, per=Per.MESSAGE)
CHAINS = {ACCOUNT: Chain((MIXED, KRONOR)), 8: Chain((MIXED,)), 9: None}


def whole(rows):
    return price_usage((("all", row) for row in rows), CHAINS.get, tier_quantities(rows, CHAINS.get)).get(
        "all", Costs()
    )


@given(st.lists(usages, max_size=25))
@examples(60, long=3_000)
def test_the_groups_of_any_division_add_up_to_the_whole(rows):
    quantities = tier_quantities(rows, CHAINS.get)
    for by in ("country", "day", "partner_id", "status", "account_id"):
        groups = price_usage(((getattr(row, by), row) for row in rows), CHAINS.get, quantities)
        assert sum(groups.values(), Costs()) == whole(rows), by


@given(st.lists(usages, min_size=1, max_size=10), st.integers(min_value=0, max_value=9), st.data())
@examples(60, long=3_000)
def test_a_count_that_is_split_costs_the_same(rows, chosen, data):
    row = rows[chosen % len(rows)]
    messages = data.draw(st.integers(min_value=0, max_value=row.messages))
    parts = data.draw(st.integers(min_value=0, max_value=row.parts))
    one = replace(row, messages=messages, parts=parts)
    other = replace(row, messages=row.messages - messages, parts=row.parts - parts)
    rest = [r for n, r in enumerate(rows) if n != chosen % len(rows)]
    assert whole([*rest, one, other]) == whole(rows)


ALL = {
    account: Chain((replace(MIXED, basis=Basis.SUBMITTED), replace(KRONOR, basis=Basis.SUBMITTED)))
    for account in (ACCOUNT, 8)
}


@given(st.lists(usages, max_size=25))
@examples(60, long=3_000)
def test_every_submitted_message_is_charged_unpriced_or_elsewhere(rows):
    chain_of = (ALL | {9: None}).get
    found = sum(price_usage(enumerate(rows), chain_of, tier_quantities(rows, chain_of)).values(), Costs())
    charged = sum(cost.messages for cost in found.by_currency.values())
    assert charged + found.unpriced.messages + found.elsewhere.messages == sum(row.messages for row in rows)

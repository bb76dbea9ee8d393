"""The price that a message has in a list and in a chain of lists."""

from datetime import date

import pytest

from reports.pricing.tariff import Basis, Chain, Found, changes_of_prices
from tests.pricing.examples import price, tariff

DAY = date(2026, 10, 15)
BY_RANK = [
    {"country": "FI", "operator": "Elisa", "sender_type": "alphanumeric"},
    {"country": "FI", "operator": "Elisa"},
    {"country": "FI", "sender_type": "alphanumeric"},
    {"country": "FI"},
    {"operator": "Elisa", "sender_type": "alphanumeric"},
    {"operator": "Elisa"},
    {"sender_type": "alphanumeric"},
    {},
]


def test_the_most_specific_price_wins():
    prices = [price(rank, **key) for rank, key in enumerate(BY_RANK)]
    for rank in range(len(prices)):
        found = tariff(*prices[rank:]).find(DAY, "FI", "Elisa", "alphanumeric")
        assert found == prices[rank], rank
    assert tariff(*prices[:3]).find(DAY, "FI", "Telia", "numeric") is None
    assert tariff(prices[0]).find(DAY, "SE", "Elisa", "alphanumeric") is None


@pytest.mark.parametrize(
    ("day", "micro"),
    [(date(2026, 9, 30), None), (date(2026, 10, 1), 1), (date(2026, 10, 14), 1), (date(2026, 10, 15), 2)],
)
def test_a_price_holds_from_its_first_day_until_before_its_end(day, micro):
    first = price(1, country="FI", valid_from=date(2026, 10, 1), valid_to=date(2026, 10, 15))
    second = price(2, country="FI", valid_from=date(2026, 10, 15))
    found = tariff(second, first).find(day, "FI", "", "")
    assert (found and found.micro) == micro


def test_a_specific_price_that_ended_gives_way_to_the_general_one():
    special = price(1, country="FI", operator="Elisa", valid_to=date(2026, 10, 15))
    general = price(2, country="FI")
    found = tariff(special, general)
    assert found.find(date(2026, 10, 14), "FI", "Elisa", "") == special
    assert found.find(date(2026, 10, 15), "FI", "Elisa", "") == general


def test_an_operator_is_found_in_any_case_and_an_unknown_one_only_by_any():
    special, general = price(1, operator="Elisa"), price(2)
    found = tariff(special, general)
    assert found.find(DAY, "FI", " ELISA ", "") == special
    assert found.find(DAY, "FI", "", "") == general


def test_a_chain_takes_the_first_list_with_a_price():
    own, default = tariff(price(1, country="FI"), list_id=1), tariff(price(2, country="SE"), list_id=2)
    chain = Chain((own, default))
    assert chain.find(DAY, "FI", "", "") == Found(own, own.prices[0])
    assert chain.find(DAY, "SE", "", "") == Found(default, default.prices[0])
    assert chain.find(DAY, "NO", "", "") is None


@pytest.mark.parametrize(
    ("basis", "charged"),
    [
        (Basis.SUBMITTED, {"queued", "sent", "delivered", "failed", "expired", "rejected", "unknown"}),
        (Basis.SENT, {"sent", "delivered", "failed", "expired", "unknown"}),
        (Basis.DELIVERED, {"delivered"}),
    ],
)
def test_a_basis_charges_its_states(basis, charged):
    states = ("queued", "sent", "delivered", "failed", "expired", "rejected", "unknown")
    assert {status for status in states if basis.charges(status)} == charged


def test_changes_are_the_days_on_which_a_price_begins_or_ends():
    first = price(1, valid_from=date(2026, 1, 1), valid_to=date(2026, 3, 15))
    assert changes_of_prices([tariff(first), tariff(price(2, valid_from=date(2026, 3, 29)))]) == {
        date(2026, 1, 1),
        date(2026, 3, 15),
        date(2026, 3, 29),
    }

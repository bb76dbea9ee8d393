"""Our counts under presumed rules: quantities by key and price, one pass over the facts for each set of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

from portal.common.msisdn import UNKNOWN_COUNTRY, country_of_destination
from reports.billing.proof.claims import Key, Shape
from reports.billing.proof.facts import DELIVERED, FAILURES, PENDING, UNKNOWN, Fact
from reports.billing.proof.rules import Rule, Rules, combinations_of, in_sequence
from reports.pricing.tariff import Basis, Per, Price, Tariff


class Prices(NamedTuple):
    """Prices of one message in millionths: the agreed one, and those under other versions of the list.

    None stands for no price, and for one that depends on the month's quantity.
    """

    agreed: int | None = None
    at_first: int | None = None  # on the month's first day
    at_last: int | None = None  # on its last day
    earlier: int | None = None  # the version before that of the first day
    later: int | None = None  # the version after that of the last day


VERSIONS = ("agreed", "at_first", "at_last", "earlier", "later")

Lines = dict[Prices, int]
"""Quantities of a key by the prices of their messages."""


@dataclass(frozen=True, slots=True)
class Contract:
    """Tells what is agreed with the gateway: what is charged, for which unit, and the price list if there is one.

    `first_day` and `last_day` are those of the proved month.
    """

    basis: Basis
    per: Per
    first_day: date
    last_day: date
    tariff: Tariff | None = None


@dataclass(slots=True)
class Recounts:
    """Recounts of the facts under sets of rules; `possible` are those in which every rule changes a quantity.

    `without` are rules that the facts cannot be recounted under.
    """

    facts: Sequence[Fact]
    contract: Contract
    shape: Shape
    without: frozenset[Rule] = frozenset()
    on_step: Callable[[], None] = lambda: None
    possible: list[Rules] = field(init=False)
    _made: dict[Rules, dict[Key, Lines]] = field(init=False, default_factory=dict)
    _quantities: dict[Rules, dict[Key, int]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        allowed = [rule for rule in Rule if rule not in self.without]
        self.possible = [rules for rules in combinations_of(allowed) if self._has_effect(rules)]

    def _has_effect(self, rules: Rules) -> bool:
        """Return whether each of the rules changes a quantity that the others leave, if only with them."""
        self.under(rules)
        for left_out in rules:
            fewer = tuple(rule for rule in rules if rule != left_out)
            self.under(fewer)
            if self._quantities[rules] == self._quantities[fewer]:
                return False
        return True

    def under(self, rules: Rules) -> dict[Key, Lines]:
        """Return the quantities by key and price under these rules."""
        rules = in_sequence(rules)
        if rules not in self._made:
            self._made[rules] = self._count(rules)
            self._quantities[rules] = _quantities(self._made[rules])
            self.on_step()
        return self._made[rules]

    def quantity(self, rules: Rules, key: Key) -> int:
        """Return the quantity of a key under these rules."""
        self.under(rules)
        return self._quantities[rules].get(key, 0)

    def _count(self, rules: Rules) -> dict[Key, Lines]:
        chosen = frozenset(rules)
        counted: dict[Key, Lines] = {}
        for fact in self.facts:
            counted_as = count_fact(fact, chosen, self.contract)
            if counted_as is None:
                continue
            country, quantity = counted_as
            lines = counted.setdefault(self.shape.key(fact.partner_id, country, fact.operator), {})
            prices = self._prices(fact.day, country, fact.operator, fact.sender_type)
            lines[prices] = lines.get(prices, 0) + quantity
        return counted

    def _prices(self, day: date, country: str, operator: str, sender_type: str) -> Prices:
        tariff = self.contract.tariff
        if tariff is None:
            return Prices()
        return prices_of(tariff, (self.contract.first_day, self.contract.last_day), day, country, operator, sender_type)


def count_fact(fact: Fact, rules: frozenset[Rule], contract: Contract) -> tuple[str, int] | None:
    """Return the country and the quantity under which a fact is charged by these rules, None where it is not."""
    if not (fact.declared or Rule.UNDECLARED_CHARGED in rules) or not _is_charged(fact, rules, contract.basis):
        return None
    is_part = (contract.per == Per.PART) != (Rule.OTHER_UNIT in rules)
    return _country(fact, rules), fact.parts if is_part else fact.messages


def _is_charged(fact: Fact, rules: frozenset[Rule], basis: Basis) -> bool:
    month = fact.utc_month if Rule.UTC_MONTH in rules else fact.month
    if month == 0:
        at_close = Rule.AT_CLOSE in rules or Rule.CARRIED in rules
        return _charges(basis, fact.at_close if at_close else fact.status, rules)
    if month == -1 and Rule.CARRIED in rules:
        return _charges(basis, fact.at_close, rules) and not _charges(basis, fact.at_close_before, rules)
    return False


def _charges(basis: Basis, status: str, rules: frozenset[Rule]) -> bool:
    if status in FAILURES:
        added, left_out = Rule.FAILED_CHARGED, Rule.FAILED_LEFT_OUT
    elif status == UNKNOWN:
        added, left_out = Rule.UNKNOWN_CHARGED, Rule.UNKNOWN_LEFT_OUT
    elif status in PENDING:
        added, left_out = Rule.PENDING_CHARGED, Rule.PENDING_LEFT_OUT
    else:
        assert status == DELIVERED, status
        return basis.charges(status)
    return added in rules or (basis.charges(status) and left_out not in rules)


def _country(fact: Fact, rules: frozenset[Rule]) -> str:
    if Rule.COUNTRY_OF_OPERATOR in rules:
        found = country_of_destination(None, fact.operator)
        return fact.country if found == UNKNOWN_COUNTRY else found
    if Rule.COUNTRY_OF_CALLING_CODE in rules:
        return main_country(fact.country)
    return fact.country


@lru_cache(maxsize=512)
def main_country(country: str) -> str:
    """Return the main country of a country's calling code: US of CA, GB of JE; itself where none is known."""
    code = phonenumbers.country_code_for_region(country)
    found = phonenumbers.region_code_for_country_code(code) if code else ""
    return found if len(found) == 2 and found.isalpha() and found != UNKNOWN_COUNTRY else country


def prices_of(
    tariff: Tariff, month: tuple[date, date], day: date, country: str, operator: str, sender_type: str
) -> Prices:
    """Return the prices of a message that was sent on this day, under the list's versions around the month."""

    def find(on: date) -> Price | None:
        return tariff.find(on, country, operator, sender_type)

    first_day, last_day = month
    agreed, first, last = find(day), find(first_day), find(last_day)
    earlier = find(first.valid_from - timedelta(days=1)) if first is not None else None
    later = find(last.valid_to) if last is not None and last.valid_to is not None else None
    return Prices(*(_single(price) for price in (agreed, first, last, earlier, later)))


def _single(price: Price | None) -> int | None:
    return None if price is None or price.tier_group is not None else price.micro


def _quantities(counted: Mapping[Key, Lines]) -> dict[Key, int]:
    return {key: total for key, lines in counted.items() if (total := sum(lines.values()))}

"""Lines of a month's statement: what a payer owes for its messages, and its fees. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from portal.common.periods import Month
from reports.pricing.costs import ChainOf, TierMonth, Uncharged, find_price, tier_quantities
from reports.pricing.money import to_minor
from reports.pricing.shares import largest_remainder
from reports.pricing.tariff import Fee, FeeKind, Price, Tariff
from reports.pricing.usage import Usage


@dataclass(frozen=True, slots=True, order=True)
class LineKey:
    """Says what the messages of a line have in common, with the price: its version by `valid_from`, and its millionths.

    A price by quantity has its group (`tier_group`, else 0) and 0 millionths.
    """

    list_id: int
    account_id: int
    partner_id: str
    country: str
    operator: str
    sender_type: str
    valid_from: date
    tier_group: int
    micro: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A quantity at one price; `amount` is in the currency's minor unit, rounded by the line.

    The amount of a line with a price by quantity is its share of the group's month, which was rounded once and shared
    out by largest remainder.
    """

    key: LineKey
    tariff: Tariff
    quantity: int
    messages: int
    amount: int


@dataclass(frozen=True, slots=True)
class UnpricedUsage:
    """Messages of a key that have no price."""

    account_id: int
    partner_id: str
    country: str
    operator: str
    sender_type: str
    uncharged: Uncharged


@dataclass(frozen=True, slots=True)
class FeeLine:
    """A fee that is due in a month, in the minor unit; of a minimum what is missing to it."""

    tariff: Tariff
    fee: Fee
    amount: int


@dataclass(frozen=True, slots=True)
class MonthLines:
    """All that a payer owes for a month, in the order of the lines' keys, and what has no price."""

    lines: list[PricedLine]
    fees: list[FeeLine]
    unpriced: list[UnpricedUsage]
    elsewhere: Uncharged

    def totals(self) -> dict[str, int]:
        """Return the sums of all lines by currency, in the minor unit."""
        found: dict[str, int] = defaultdict(int)
        due: list[PricedLine | FeeLine] = [*self.lines, *self.fees]
        for line in due:
            found[line.tariff.currency] += line.amount
        return dict(found)


def month_lines(rows: Iterable[Usage], chain_of: ChainOf, *, month: Month, fees_of: Iterable[Tariff]) -> MonthLines:
    """Return the lines of a payer's month from all its rows; `fees_of` are the lists whose fees it owes.

    A price of 0 makes a line of its own, too. A message is in one line, unpriced, elsewhere or not charged.
    """
    rows = list(rows)
    sums: dict[LineKey, list[int]] = defaultdict(lambda: [0, 0])
    tariffs: dict[LineKey, Tariff] = {}
    unpriced: dict[tuple[int, str, str, str, str], Uncharged] = defaultdict(Uncharged)
    elsewhere = Uncharged()
    for usage in rows:
        counted = Uncharged(usage.messages, usage.parts)
        place = (usage.account_id, usage.partner_id, usage.country, usage.operator, usage.sender_type)
        chain = chain_of(usage.account_id)
        if chain is None:
            elsewhere += counted
            continue
        found = find_price(usage, chain)
        if found is None:
            if chain.may_charge(usage.status):
                unpriced[place] += counted
        elif found.tariff.basis.charges(usage.status):
            key = LineKey(found.tariff.list_id, *place, *_version(found.tariff, found.price))
            tariffs[key] = found.tariff
            sums[key][0] += usage.quantity(found.tariff.per)
            sums[key][1] += usage.messages
    quantities = tier_quantities(rows, chain_of)
    lines = [*_flat(sums, tariffs), *_tiered(sums, tariffs, quantities, month)]
    lines.sort(key=lambda line: line.key)
    return MonthLines(
        lines,
        [line for tariff in fees_of for line in _fees(tariff, month, lines)],
        [UnpricedUsage(*place, unpriced[place]) for place in sorted(unpriced)],
        elsewhere,
    )


def _version(tariff: Tariff, price: Price) -> tuple[date, int, int]:
    if price.tier_group is None:
        return price.valid_from, 0, price.micro
    return tariff.tier_groups[price.tier_group].valid_from, price.tier_group, 0


def _flat(sums: dict[LineKey, list[int]], tariffs: dict[LineKey, Tariff]) -> list[PricedLine]:
    return [
        PricedLine(key, tariffs[key], quantity, messages, to_minor(quantity * key.micro, tariffs[key].currency))
        for key, (quantity, messages) in sums.items()
        if quantity and not key.tier_group
    ]


def _tiered(
    sums: dict[LineKey, list[int]],
    tariffs: dict[LineKey, Tariff],
    quantities: Mapping[TierMonth, int],
    month: Month,
) -> list[PricedLine]:
    of_group: dict[TierMonth, list[LineKey]] = defaultdict(list)
    for key in sorted(sums):
        if key.tier_group and sums[key][0]:
            of_group[TierMonth(key.list_id, key.tier_group, month)].append(key)
    found = []
    for tier_month, keys in of_group.items():
        tariff = tariffs[keys[0]]
        whole = to_minor(tariff.tier_groups[tier_month.group_id].cost(quantities[tier_month]), tariff.currency)
        shares = largest_remainder(whole, [sums[key][0] for key in keys])
        for key, amount in zip(keys, shares, strict=True):
            quantity, messages = sums[key]
            found.append(PricedLine(key, tariff, quantity, messages, amount))
    return found


def _fees(tariff: Tariff, month: Month, lines: list[PricedLine]) -> list[FeeLine]:
    """Return what is due: a minimum is compared with the list's messages alone, not with other fees."""
    used = sum(line.amount for line in lines if line.tariff.list_id == tariff.list_id)
    found = []
    for fee in tariff.fees:
        if fee.kind == FeeKind.ONE_OFF:
            amount = fee.minor if Month.of(fee.valid_from) == month else 0
        elif not fee.holds_on(month.first_day):
            amount = 0
        else:
            amount = fee.minor if fee.kind == FeeKind.MONTHLY else max(fee.minor - used, 0)
        if amount:
            found.append(FeeLine(tariff, fee, amount))
    return found

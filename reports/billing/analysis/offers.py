"""An offer from a file as the engine reads it: as it holds on its last day of change."""

from reports.billing.prices.rows import Content, GroupRow
from reports.pricing.tariff import Fee, Price, Tariff
from reports.pricing.tiers import TierGroup
from reports.pricing.whatif import as_on

OFFER = 0  # the id of a list that is not stored


def tariff_of(content: Content, like: Tariff) -> Tariff:
    """Return the offer with the currency, basis and unit of another list, as if it had always held.

    Where rows follow each other the last ones count, of the day on which the last of them begins. The content has rows.
    """
    groups = {number: _group(number, row) for number, row in enumerate(content.groups, 1)}
    prices = [
        Price(row.micro, row.valid_from, row.valid_to, row.country, row.operator, row.sender_type)
        for row in content.prices
    ]
    prices += [
        Price(0, group.valid_from, group.valid_to, country=country, tier_group=number)
        for (number, group), row in zip(groups.items(), content.groups, strict=True)
        for country in row.countries
    ]
    fees = (Fee(row.name, row.kind, row.minor, row.valid_from, row.valid_to) for row in content.fees)
    offer = Tariff(
        list_id=OFFER,
        name="",
        kind=like.kind,
        currency=like.currency,
        basis=like.basis,
        per=like.per,
        prices=tuple(prices),
        tier_groups=groups,
        fees=tuple(fees),
    )
    return as_on(offer, max(row.valid_from for row in content.rows))


def _group(number: int, row: GroupRow) -> TierGroup:
    return TierGroup(number, row.name, row.mode, row.valid_from, row.valid_to, row.tiers, row.size, row.micro)

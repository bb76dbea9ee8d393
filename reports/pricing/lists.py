"""Stored price lists as the engine reads them."""

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from django.db.models import QuerySet

from reports.models import Fee, Price, PriceList, TierGroup
from reports.pricing import tariff as engine
from reports.pricing import tiers

Row = TypeVar("Row", TierGroup, Fee)


def read_tariffs(lists: QuerySet[PriceList], *, with_fees: bool = True) -> dict[PriceList, engine.Tariff]:
    """Return the tariff of each list, in four queries; without its fees in three."""
    found = list(lists.order_by("id"))
    of_found = {"price_list__in": [one.id for one in found]}
    prices = _prices(of_found)
    groups = _by_list(TierGroup.objects.filter(**of_found).order_by("id"))
    fees = _by_list(Fee.objects.filter(**of_found).order_by("id") if with_fees else [])
    return {one: _tariff(one, prices[one.id], groups[one.id], fees[one.id]) for one in found}


def tier_group_of(row: TierGroup) -> tiers.TierGroup:
    """Return a stored group as the engine reads it. Raises ValueError with a text for people for what is none."""
    mode = tiers.Mode(row.mode)
    packages = row.tiers[0] if mode == tiers.Mode.PACKAGES and row.tiers else {}
    steps = () if packages else tuple(tiers.Tier(one["up_to"], one["micro"], one["flat_micro"]) for one in row.tiers)
    return tiers.TierGroup(
        id=row.pk or 0,
        name=row.name,
        mode=mode,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        tiers=steps,
        size=packages.get("size", 0),
        micro=packages.get("micro", 0),
    )


def _tariff(one: PriceList, prices: list[engine.Price], groups: list[TierGroup], fees: list[Fee]) -> engine.Tariff:
    by_quantity = [
        engine.Price(0, group.valid_from, group.valid_to, country=country, tier_group=group.pk)
        for group in groups
        for country in group.countries
    ]
    return engine.Tariff(
        list_id=one.pk,
        name=one.name,
        kind=engine.Kind(one.kind),
        currency=one.currency,
        basis=engine.Basis(one.basis),
        per=engine.Per(one.per),
        prices=(*prices, *by_quantity),
        tier_groups={group.pk: tier_group_of(group) for group in groups},
        fees=tuple(
            engine.Fee(row.name, engine.FeeKind(row.kind), row.minor, row.valid_from, row.valid_to) for row in fees
        ),
    )


def _prices(of_found: dict) -> dict[int, list[engine.Price]]:
    """Return the lists' prices by list, without a model's instance for each of what may be thousands."""
    columns = ("price_list_id", "micro", "valid_from", "valid_to", "country", "operator", "sender_type")
    found: dict[int, list[engine.Price]] = defaultdict(list)
    for list_id, *price in Price.objects.filter(**of_found).order_by("id").values_list(*columns):
        found[list_id].append(engine.Price(*price))
    return found


def _by_list(rows: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.price_list_id].append(row)
    return found

"""Tells what counted messages cost a payer: counts of any period, joined with its price lists. No message is read.

Nothing is stored, so a changed list re-prices every day that is not yet on a statement (docs/billing.md).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import descendants_of_each, with_descendants
from reports.figures.query import CannotCombine, StatisticsQuery
from reports.figures.statistics import Names, columns_of
from reports.pricing.chains import Chains, read_chains
from reports.pricing.costs import ChainOf, Costs, Key, TierMonth, price_usage, tier_quantities
from reports.pricing.counted import OF_LINES, counted, tiered_countries
from reports.pricing.lines import MonthLines, month_lines
from reports.pricing.tariff import ANY, Tariff
from reports.pricing.usage import Usage


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer with the lists that charge it and all customers below it (`tenant_ids`)."""

    tenant: Tenant
    chain_of: ChainOf
    tariffs: tuple[Tariff, ...]
    tenant_ids: frozenset[int]


def payer_of(tenant: Tenant, *, chains: Chains | None = None) -> Payer:
    """Return a customer as the payer of its messages and of those of all customers below it, without fees.

    `chains` holds the lists, for callers with many payers.
    """
    below = descendants_of_each([tenant.pk])
    chains = chains or read_chains([tenant], below=below, with_fees=False)
    tariffs = (*chains.sale_lists(tenant), *chains.cost_lists(tenant).values())
    return Payer(tenant, chains.of(tenant), tariffs, below[tenant.pk])


def costs(query: StatisticsQuery, payer: Payer) -> dict[tuple, Costs]:
    """Return what the messages of the query cost the payer, by the values of its `group_by`.

    Keys are those of `reports.figures.statistics.Group`. Raises CannotCombine for hours, whose counts lack sender type
    and result code.
    """
    if query.is_by_hour:
        raise CannotCombine(
            "group_by", "hour has no costs: counts by hour lack the type of sender and the result code."
        )
    rows = list(counted(query, payer.tariffs, columns_of(query.group_by)))
    names = Names(query, [row for row, _usage in rows])
    return priced_by(((names.key(row), usage) for row, usage in rows), query, payer)


def total_cost(query: StatisticsQuery, payer: Payer) -> Costs:
    """Return what all messages of the query cost the payer."""
    return costs(replace(query, group_by=()), payer).get((), Costs())


def costs_of_stretches(query: StatisticsQuery, payer: Payer, begins: Collection[date]) -> dict[date, Costs]:
    """Return what the messages of each stretch of days cost the payer, by its first day: the query's, or of `begins`.

    The query has no `group_by`.
    """
    firsts = sorted({query.first, *begins})
    rows = counted(query, payer.tariffs, [], begins=firsts)
    return priced_by(((firsts[bisect_right(firsts, usage.day) - 1], usage) for _row, usage in rows), query, payer)


def priced_by(usages: Iterable[tuple[Key, Usage]], query: StatisticsQuery, payer: Payer) -> dict[Key, Costs]:
    """Return the costs of usages of the query by their keys."""
    quantities: Counter[TierMonth] = Counter()
    if whole := _tiered_months(query, payer.tariffs, payer.tenant_ids):
        rows = counted(whole, payer.tariffs, [])
        quantities = tier_quantities((usage for _row, usage in rows), payer.chain_of)
    return price_usage(usages, payer.chain_of, quantities)


def costs_of_customers(query: StatisticsQuery, customers: Collection[Tenant]) -> dict[int, dict[tuple, Costs]]:
    """Return what the issuers of these customers charge them, by customer and the values of `group_by`.

    A customer's messages are those of the customers below it as well. No customer is above another one. The query's
    tenants are not looked at. As many queries for many customers as for one.
    """
    chains = read_chains(customers)
    tariffs = _issued_tariffs(customers, chains)
    customer_of = _customer_of(customers)
    query = replace(query, tenant_ids=sorted(customer_of))
    rows = list(counted(query, tariffs, ["tenant_id", *columns_of(query.group_by)]))
    names = Names(query, [row for row, _usage in rows])
    usages: dict[int, list[tuple[tuple, Usage]]] = defaultdict(list)
    for row, usage in rows:
        usages[customer_of[row["tenant_id"]]].append((names.key(row), usage))
    whole: dict[int, list[Usage]] = defaultdict(list)
    if months := _tiered_months(query, tariffs, customer_of):
        whole = _by_customer(counted(months, tariffs, ["tenant_id"]), customer_of)
    return {
        customer.pk: price_usage(
            usages[customer.pk], chains.issued(customer), tier_quantities(whole[customer.pk], chains.issued(customer))
        )
        for customer in customers
    }


def statement_usage(tenant: Tenant, month: Month, *, chains: Chains | None = None) -> MonthLines:
    """Return the lines of what a customer owes its issuer for a month: its parent, or the operator.

    Messages on accounts of its own, which it pays to the gateway, are in `elsewhere`. `chains` holds the lists.
    """
    return statement_usages([tenant], month, chains=chains)[tenant.pk]


def statement_usages(
    customers: Collection[Tenant], month: Month, *, chains: Chains | None = None
) -> dict[int, MonthLines]:
    """Return the lines of what each of these customers owes its issuer for a month, by customer.

    No customer is above another one. As many queries for many customers as for one.
    """
    chains = chains or read_chains(customers)
    customer_of = _customer_of(customers)
    whole = _month(customer_of, month)
    rows = counted(whole, _issued_tariffs(customers, chains), ["tenant_id", *OF_LINES])
    usages = _by_customer(rows, customer_of)
    return {
        customer.pk: month_lines(
            usages[customer.pk], chains.issued(customer), month=month, fees_of=chains.fees_of(customer)
        )
        for customer in customers
    }


def gateway_usage(tenant: Tenant, month: Month, *, chains: Chains | None = None) -> MonthLines:
    """Return the lines of what the gateway charges a customer for a month on its own accounts, by its cost lists.

    All other messages are in `elsewhere`.
    """
    chains = chains or read_chains([tenant])
    lists = chains.cost_lists(tenant).values()
    rows = counted(_month(with_descendants([tenant.pk]), month), lists, OF_LINES)
    return month_lines((usage for _row, usage in rows), chains.gateways(tenant), month=month, fees_of=lists)


def _issued_tariffs(customers: Iterable[Tenant], chains: Chains) -> list[Tariff]:
    """Return the lists by which the customers are charged, each once."""
    found = {tariff.list_id: tariff for customer in customers for tariff in chains.sale_lists(customer)}
    return list(found.values())


def _customer_of(customers: Collection[Tenant]) -> dict[int, int]:
    """Return the customer of each tenant at or below one of these."""
    below = descendants_of_each([customer.pk for customer in customers]) if customers else {}
    return {tenant_id: customer for customer, ids in below.items() for tenant_id in ids}


def _by_customer(rows: Iterator[tuple[dict, Usage]], customer_of: Mapping[int, int]) -> dict[int, list[Usage]]:
    found: dict[int, list[Usage]] = defaultdict(list)
    for row, usage in rows:
        found[customer_of[row["tenant_id"]]].append(usage)
    return found


def _month(tenant_ids: Iterable[int], month: Month) -> StatisticsQuery:
    return StatisticsQuery(
        tenant_ids=sorted(tenant_ids), first=month.first_day, last=month.last_day, with_latency=False
    )


def _tiered_months(
    query: StatisticsQuery, tariffs: Iterable[Tariff], tenant_ids: Iterable[int]
) -> StatisticsQuery | None:
    """Return the query of the quantities on which prices of the query's days depend; None if no price does.

    They are of whole months and of all these tenants, whatever the query is narrowed to.
    """
    countries = tiered_countries(tariffs)
    if not countries:
        return None
    return StatisticsQuery(
        tenant_ids=sorted(tenant_ids),
        first=query.first.replace(day=1),
        last=Month.of(query.last).last_day,
        filters={} if ANY in countries else {"country": sorted(countries)},
        with_latency=False,
    )

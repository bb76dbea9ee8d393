"""Months priced again under another list, beside what they cost under the present lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants
from reports.figures.query import StatisticsQuery
from reports.pricing.chains import read_chains
from reports.pricing.costs import ChainOf
from reports.pricing.counted import counted
from reports.pricing.lines import MonthLines, month_lines
from reports.pricing.money import divide_half_away
from reports.pricing.tariff import Chain, Tariff

MONTHS = 12


@dataclass(frozen=True, slots=True)
class MonthCompared:
    """A month under the present lists and under the other one."""

    month: Month
    present: MonthLines
    other: MonthLines


def statements_under(tenant: Tenant, months: Iterable[Month], other: Tariff) -> list[MonthCompared]:
    """Return a customer's months with `other` in place of its issuer's list for it.

    The issuer's default still stands behind it, as it does behind a list of the customer's own.
    """
    chains = read_chains([tenant])
    default = chains.default_of(tenant)
    chain = Chain((other, default) if default else (other,))
    issued = chains.issued(tenant)

    def other_of(account_id: int) -> Chain | None:
        return None if issued(account_id) is None else chain

    tariffs = [*chains.sale_lists(tenant), other]
    return [
        _compared(tenant, month, tariffs, (issued, chains.fees_of(tenant)), (other_of, [other])) for month in months
    ]


def gateway_under(tenant: Tenant, account_id: int, months: Iterable[Month], other: Tariff) -> list[MonthCompared]:
    """Return the months of one of the tenant's own accounts with `other` in place of its cost list."""
    chains = read_chains([tenant])
    present = chains.cost_lists(tenant).get(account_id)

    def chain_of(tariff: Tariff | None) -> ChainOf:
        chain = Chain((tariff,)) if tariff else Chain()
        return lambda account: chain if account == account_id else None

    before = (chain_of(present), [present] if present else [])
    tariffs = [*before[1], other]
    return [_compared(tenant, month, tariffs, before, (chain_of(other), [other])) for month in months]


def changed_by(tariff: Tariff, percent: int) -> Tariff:
    """Return the list with prices by message or SMS part changed by so many percent, halves away from zero."""
    prices = tuple(
        replace(price, micro=divide_half_away(price.micro * (100 + percent), 100)) for price in tariff.prices
    )
    return replace(tariff, prices=prices)


Side = tuple[ChainOf, Iterable[Tariff]]  # the lists by account, and those whose fees are due


def _compared(tenant: Tenant, month: Month, tariffs: list[Tariff], present: Side, other: Side) -> MonthCompared:
    tenant_ids = sorted(with_descendants([tenant.pk]))
    query = StatisticsQuery(tenant_ids=tenant_ids, first=month.first_day, last=month.last_day, with_latency=False)
    rows = [usage for _row, usage in counted(query, tariffs, ["partner_id"])]
    lines = [month_lines(rows, chain_of, month=month, fees_of=fees_of) for chain_of, fees_of in (present, other)]
    return MonthCompared(month, *lines)

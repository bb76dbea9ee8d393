"""Months priced again under another list, beside what they cost under the present lists."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants
from reports.figures.query import StatisticsQuery
from reports.pricing.chains import read_chains
from reports.pricing.costs import ChainOf
from reports.pricing.counted import OF_LINES, counted
from reports.pricing.lines import MonthLines, month_lines
from reports.pricing.money import divide_half_away
from reports.pricing.tariff import Chain, FeeKind, Tariff

ALWAYS = date(1970, 1, 1)
Side = tuple[ChainOf, Iterable[Tariff]]  # the lists by account, and those whose fees are due


@dataclass(frozen=True, slots=True)
class MonthCompared:
    """A month under the present lists and under the other one."""

    month: Month
    present: MonthLines
    other: MonthLines


def statements_under(tenant: Tenant, months: Iterable[Month], other: Tariff | None) -> list[MonthCompared]:
    """Return a customer's months with `other` in place of its issuer's list for it; None is the present list.

    The issuer's default still stands behind it, as it does behind a list of the customer's own.
    """
    chains = read_chains([tenant])
    issued, default = chains.issued(tenant), chains.default_of(tenant)
    present: Side = (issued, chains.fees_of(tenant))
    if other is None:
        return _compared(tenant, months, chains.sale_lists(tenant), present, present)
    chain = Chain((other, default) if default else (other,))

    def under_other(account_id: int) -> Chain | None:
        return None if issued(account_id) is None else chain

    return _compared(tenant, months, [*chains.sale_lists(tenant), other], present, (under_other, [other]))


def gateway_under(
    tenant: Tenant, account_id: int, months: Iterable[Month], other: Tariff | None
) -> list[MonthCompared]:
    """Return the months of one of the tenant's own accounts with `other` in place of its cost list."""
    present = read_chains([tenant]).cost_lists(tenant).get(account_id)
    sides = [(_of_account(account_id, one), [one] if one else []) for one in (present, other or present)]
    return _compared(tenant, months, [one for _chain, lists in sides for one in lists], *sides)


def changed_by(tariff: Tariff, percent: int) -> Tariff:
    """Return the list with each price of a message or SMS part changed by so many percent, halves away from zero.

    Prices by quantity and fees stay.
    """
    prices = (replace(one, micro=divide_half_away(one.micro * (100 + percent), 100)) for one in tariff.prices)
    return replace(tariff, prices=tuple(prices))


def as_on(tariff: Tariff, day: date) -> Tariff:
    """Return the list with what holds on this day, as if it had always held; one-off items are left out."""
    groups = {key: replace(group, valid_from=ALWAYS, valid_to=None) for key, group in tariff.tier_groups.items()}
    prices = tuple(replace(one, valid_from=ALWAYS, valid_to=None) for one in tariff.prices if one.holds_on(day))
    fees = tuple(
        replace(fee, valid_from=ALWAYS, valid_to=None)
        for fee in tariff.fees
        if fee.kind != FeeKind.ONE_OFF and fee.holds_on(day)
    )
    return replace(tariff, prices=prices, tier_groups=groups, fees=fees)


def _of_account(account_id: int, tariff: Tariff | None) -> ChainOf:
    chain = Chain((tariff,)) if tariff else Chain()
    return lambda account: chain if account == account_id else None


def _compared(
    tenant: Tenant, months: Iterable[Month], tariffs: Iterable[Tariff], present: Side, other: Side
) -> list[MonthCompared]:
    tenant_ids, tariffs = sorted(with_descendants([tenant.pk])), list(tariffs)
    found = []
    for month in months:
        query = StatisticsQuery(tenant_ids=tenant_ids, first=month.first_day, last=month.last_day, with_latency=False)
        rows = [usage for _row, usage in counted(query, tariffs, OF_LINES)]
        lines = [month_lines(rows, chain_of, month=month, fees_of=fees_of) for chain_of, fees_of in (present, other)]
        found.append(MonthCompared(month, *lines))
    return found

"""A customer's month as its statement reads it: lines at today's prices, and the lists behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Sum

from deliveries.models import DailyCount
from portal.common.periods import Month
from portal.tenants.models import Tenant
from reports.billing.corrections import Place
from reports.pricing.chains import Chains, read_chains
from reports.pricing.costs import ChainOf
from reports.pricing.lines import LineKey, MonthLines, month_lines
from reports.pricing.tariff import Tariff, changes_of_prices
from reports.pricing.usage import Usage

_KEY = ("account_id", "partner_id", "country", "operator", "sender_type", "status", "result_code")


@dataclass(frozen=True, slots=True)
class PayerMonth:
    """The lines of a customer's month, and the lists of each gateway account."""

    lines: MonthLines
    chain_of: ChainOf


def read_month(customer: Tenant, month: Month, tenant_ids: Collection[int], chains: Chains | None = None) -> PayerMonth:
    """Return a customer's month, with the traffic of all below it; `chains` are known where many are read."""
    chains = chains or read_chains([customer])
    chain_of = chains.of(customer)
    tariffs = (*chains.sale_lists(customer), *chains.cost_lists(customer).values())
    rows = [row for first, last in spans_of(month, tariffs) for row in _rows(tenant_ids, first, last)]
    return PayerMonth(month_lines(rows, chain_of, month=month, fees_of=chains.fees_of(customer)), chain_of)


def spans_of(month: Month, tariffs: Iterable[Tariff]) -> Iterator[tuple[date, date]]:
    """Yield the days of a month in spans within which no price changes, both ends included."""
    first, last = month.first_day, month.last_day
    inside = sorted(day for day in changes_of_prices(tariffs) if first < day <= last)
    for begin, end in zip([first, *inside], [*inside, last + timedelta(days=1)], strict=True):
        yield begin, end - timedelta(days=1)


def place_of(key: LineKey) -> Place:
    """Return what the messages of a line have in common."""
    return Place(key.account_id, key.partner_id, key.country, key.operator, key.sender_type)


def _rows(tenant_ids: Collection[int], first: date, last: date) -> Iterator[Usage]:
    counts = DailyCount.objects.filter(tenant_id__in=tenant_ids, day__range=(first, last))
    grouped = counts.order_by().values_list(*_KEY).annotate(Sum("messages"), Sum("parts"))
    for *key, messages, parts in grouped:
        if messages or parts:
            yield Usage(first, *key, messages=messages, parts=parts)

"""The last months of a payer, or of a gateway account, under the present prices and under others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, Tenant
from reports.billing.analysis.issued import IssuedMonth, issued_months
from reports.models import PriceList
from reports.pricing.chains import read_chains
from reports.pricing.lists import read_tariffs
from reports.pricing.tariff import Tariff
from reports.pricing.whatif import MonthCompared, changed_by, gateway_under, statements_under

MONTHS = 12


@dataclass(frozen=True, slots=True)
class ComparedAmount:
    """Tells what a month, or all of them, cost in one currency, in its minor unit."""

    name: str
    currency: str
    present: int
    other: int

    @property
    def difference(self) -> int:
        return self.other - self.present

    @property
    def share(self) -> float | None:
        """The difference as a share of the present amount; None of nothing."""
        return self.difference / self.present if self.present else None


@dataclass(frozen=True, slots=True)
class Compared:
    """The months' amounts, their sums by currency, the statements issued for them, and messages without a price.

    `unpriced` are (month, by the present prices, by the others), of months that have some.
    """

    rows: list[ComparedAmount]
    totals: list[ComparedAmount]
    issued: list[IssuedMonth]
    unpriced: list[tuple[str, int, int]]


def compare(tenant: Tenant, of: Tenant | GatewayAccount, other: Tariff | None, *, today: date) -> Compared:
    """Compare the last MONTHS whole months of a payer or of one of the tenant's accounts; None: the present prices."""
    months = last_months(today)
    issued: list[IssuedMonth] = []
    if isinstance(of, GatewayAccount):
        found = gateway_under(tenant, of.pk, months, other)
    else:
        found = statements_under(of, months, other)
        issued = issued_months(of, {one.month: one.present.totals() for one in found})
    rows = [row for one in found for row in _amounts(one)]
    currencies = sorted({row.currency for row in rows})
    totals = [
        ComparedAmount("", name, *(sum(getattr(r, side) for r in rows if r.currency == name) for side in _SIDES))
        for name in currencies
    ]
    return Compared(rows, totals, issued, [row for row in map(_unpriced, found) if any(row[1:])])


def last_months(today: date) -> Sequence[Month]:
    """Return the last twelve whole months, the newest first."""
    found = [Month.of(today).previous()]
    while len(found) < MONTHS:
        found.append(found[-1].previous())
    return found


def present_tariff(tenant: Tenant, of: Tenant | GatewayAccount) -> Tariff | None:
    """Return the list that another one would stand in for."""
    if isinstance(of, GatewayAccount):
        return read_chains([tenant]).cost_lists(tenant).get(of.pk)
    return next(iter(read_chains([of]).sale_lists(of)), None)


def tariff_under(price_list: PriceList | None, present: Tariff | None, percent: int) -> Tariff | None:
    """Return a list's prices, else the present ones, with each changed by so many percent; None: nothing differs."""
    if price_list is not None:
        [found] = read_tariffs(PriceList.objects.filter(pk=price_list.pk)).values()
    elif present is not None and percent:
        found = present
    else:
        return None
    return changed_by(found, percent) if percent else found


_SIDES = ("present", "other")


def _amounts(one: MonthCompared) -> list[ComparedAmount]:
    present, other = one.present.totals(), one.other.totals()
    return [
        ComparedAmount(str(one.month), currency, present.get(currency, 0), other.get(currency, 0))
        for currency in sorted(present.keys() | other.keys())
    ]


def _unpriced(one: MonthCompared) -> tuple[str, int, int]:
    present, other = (sum(u.uncharged.messages for u in lines.unpriced) for lines in (one.present, one.other))
    return str(one.month), present, other

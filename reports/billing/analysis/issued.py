"""Issued statements beside the same months under the present lists, and the reasons why their amounts differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.common.periods import Month
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants
from reports.billing.corrected import counted_since
from reports.billing.reading import ISSUED
from reports.models import Statement, StatementLine


@dataclass(frozen=True, slots=True)
class IssuedMonth:
    """A statement, and what leads from its net sum to the month under the present lists; amounts in minor units.

    `corrections` of earlier months are on the statement and are no part of its month. `counts` is what messages cost
    that are counted otherwise since it was issued, at its prices. What is left (`prices`) are prices and fees that are
    others today.
    """

    statement: Statement
    corrections: int
    counts: int
    present: int

    @property
    def prices(self) -> int:
        return self.present - (self.statement.net - self.corrections + self.counts)

    @property
    def taken_out(self) -> int:
        return -self.corrections

    @property
    def is_equal(self) -> bool:
        """Tell whether the month costs the same under the present lists, to the minor unit."""
        return not (self.corrections or self.counts or self.prices)


def issued_months(customer: Tenant, present: Mapping[Month, Mapping[str, int]]) -> list[IssuedMonth]:
    """Return the issued statements of a customer's months, the newest first.

    `present` are the months' sums by currency under the present lists.
    """
    found = Statement.objects.filter(
        issuer=customer.parent_id,
        customer=customer,
        kind=Statement.Kind.INVOICE,
        state__in=ISSUED,
        month__in=[month.first_day for month in present],
    )
    tenant_ids = with_descendants([customer.pk])
    return [
        IssuedMonth(
            one,
            _sum(one.lines.filter(kind=StatementLine.Kind.CORRECTION)),
            counted_since(one, tenant_ids=tenant_ids),
            present[Month.of(one.month)].get(one.currency, 0),
        )
        for one in found.select_related("customer").order_by("-month", "currency")
    ]


def _sum(lines: Iterable[StatementLine]) -> int:
    return sum(line.amount for line in lines)

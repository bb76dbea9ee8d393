"""Sale, cost and margin of a parent: what it charges its customers, and what it is charged for their messages.

A customer's messages are those of the customers below it as well. The parent's own messages are no partner's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from portal.tenants.models import Tenant
from portal.tenants.scope import descendants_of_each
from reports.figures.query import StatisticsQuery
from reports.pricing.costing import costs, costs_of_customers, payer_of
from reports.pricing.costs import Costs
from reports.pricing.figures import CostFigures, cost_figures

# the names that rows are by: what statistics are grouped by, besides the customer
GROUPS: dict[str, tuple[str, ...]] = {
    "customer": (),
    "country": ("country",),
    "operator": ("country", "operator"),
    "partner_id": ("partner_id",),
}


@dataclass(frozen=True, slots=True)
class Margin:
    """Sale less cost in one currency, in its minor unit, and as a share of the sale; None of no sale."""

    currency: str
    amount: int
    share: float | None


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """The sale and the cost of a group's messages. `key` holds a customer, or the values of its names."""

    key: tuple
    sale: Costs
    cost: Costs

    @property
    def sale_figures(self) -> list[CostFigures]:
        return cost_figures(self.sale)

    @property
    def cost_figures(self) -> list[CostFigures]:
        return cost_figures(self.cost)

    @property
    def margin(self) -> Margin | None:
        """The margin; None unless sale and cost are in the same single currency and all messages have both."""
        if self.sale.unpriced.messages or self.cost.unpriced.messages:
            return None
        sale, cost = self.sale_figures, self.cost_figures
        if len(sale) != 1 or [one.currency for one in sale] != [one.currency for one in cost]:
            return None
        amount = sale[0].cost - cost[0].cost
        return Margin(sale[0].currency, amount, amount / sale[0].cost if sale[0].cost else None)


def partner_rows(parent: Tenant, query: StatisticsQuery, by: str) -> tuple[list[PartnerRow], PartnerRow]:
    """Return the parent's rows by one of GROUPS, the greatest sale first, and the sum of all.

    Only the period and the filters of the query are looked at.
    """
    customers = list(Tenant.objects.filter(parent=parent, kind=Tenant.Kind.CUSTOMER).order_by("name", "id"))
    sides = (_sales(customers, query, by), _charged(parent, customers, query, by))
    keys = dict.fromkeys(key for side in sides for key in side)
    rows = [PartnerRow(key, *(side.get(key, Costs()) for side in sides)) for key in keys]
    whole = PartnerRow((), *(sum(side.values(), Costs()) for side in sides))
    return sorted(rows, key=_order), whole


def _sales(customers: Sequence[Tenant], query: StatisticsQuery, by: str) -> dict[tuple, Costs]:
    names = {customer.pk: customer for customer in customers}
    found: dict[tuple, Costs] = defaultdict(Costs)
    for customer_id, groups in costs_of_customers(replace(query, group_by=GROUPS[by]), customers).items():
        for key, one in groups.items():
            found[key if GROUPS[by] else (names[customer_id],)] += one
    return found


def _charged(parent: Tenant, customers: Sequence[Tenant], query: StatisticsQuery, by: str) -> dict[tuple, Costs]:
    below = descendants_of_each([customer.pk for customer in customers]) if customers else {}
    slugs = dict(Tenant.objects.filter(id__in=[i for ids in below.values() for i in ids]).values_list("slug", "id"))
    customer_of = {tenant_id: customer for customer in customers for tenant_id in below[customer.pk]}
    query = replace(query, tenant_ids=sorted(customer_of), group_by=("tenant", *GROUPS[by]))
    found: dict[tuple, Costs] = defaultdict(Costs)
    for (slug, *key), one in costs(query, payer_of(parent)).items():
        found[tuple(key) if GROUPS[by] else (customer_of[slugs[str(slug)]],)] += one
    return found


def _order(row: PartnerRow) -> tuple:
    largest = max((one.cost for one in row.sale_figures), default=0)
    return (-largest, [str(value) for value in row.key])

"""Customers' months as their statements read them: what the ledger of causes has, then lines at today's prices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from portal.common.periods import Month
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.scope import descendants_of_each
from reports.billing.corrections import Place
from reports.billing.recounts import CausesOfPlaces, causes_of_tenants, merged
from reports.billing.remarks import kpis_of_tenants
from reports.figures.kpis import Kpis
from reports.monthly.ledger import as_stored, cause_states, summed
from reports.pricing.chains import read_chains
from reports.pricing.costing import statement_usages
from reports.pricing.costs import ChainOf
from reports.pricing.lines import LineKey, MonthLines


@dataclass(frozen=True, slots=True)
class PayerMonth:
    """The lines of a customer's month with all below it (`tenant_ids`), and its issuer's lists by gateway account.

    `ledger` and `causes` are what the ledger had just before the counts were read: as sums of the month, and by place.
    `accounts` are the names of gateway accounts.
    """

    tenant_ids: frozenset[int]
    lines: MonthLines
    chain_of: ChainOf
    ledger: dict[str, Any]
    causes: CausesOfPlaces
    kpis: Kpis
    accounts: Mapping[int, str]


def read_months(customers: Collection[Tenant], month: Month) -> dict[int, PayerMonth]:
    """Return the months of customers of one issuer, in as many queries for many as for one.

    The ledger is read first: what changes between the two readings is then corrected on a later statement.
    """
    below = descendants_of_each([customer.pk for customer in customers]) if customers else {}
    everybody = sorted({tenant_id for ids in below.values() for tenant_id in ids})
    states = {tenant: state for (_day, tenant), state in cause_states(everybody, [month.first_day]).items()}
    causes = causes_of_tenants([tenant for tenant in everybody if tenant in states], month)
    chains = read_chains(customers)
    lines = statement_usages(customers, month, chains=chains)
    kpis = kpis_of_tenants(dict(Tenant.objects.filter(id__in=everybody).values_list("id", "slug")), month)
    accounts = dict(GatewayAccount.objects.values_list("id", "name"))
    found = {}
    for customer in customers:
        ids = below[customer.pk]
        found[customer.pk] = PayerMonth(
            tenant_ids=ids,
            lines=lines[customer.pk],
            chain_of=chains.issued(customer),
            ledger=as_stored(summed(states[one] for one in ids if one in states)),
            causes=merged(causes[one] for one in ids if one in causes),
            kpis=sum((kpis[one] for one in ids if one in kpis), Kpis()),
            accounts=accounts,
        )
    return found


def read_month(customer: Tenant, month: Month) -> PayerMonth:
    """Return the month of one customer."""
    return read_months([customer], month)[customer.pk]


def place_of(key: LineKey) -> Place:
    """Return what the messages of a line have in common."""
    return Place(key.account_id, key.partner_id, key.country, key.operator, key.sender_type)

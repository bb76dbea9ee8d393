"""Price lists that are looked through for a payer's messages, by gateway account (docs/billing.md).

For messages of a payer, or of customers below it, on an account

1. of the payer itself: the account's cost list;
2. of a customer below the payer: none, since that customer pays the gateway;
3. of anybody else: the sale list of the payer's parent (of the operator, if it has none) for the payer, then that
   issuer's default. A cost list never stands in for a sale list.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Q

from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.scope import descendants_of_each
from reports.models import PriceList
from reports.pricing.costs import ChainOf
from reports.pricing.lists import read_tariffs
from reports.pricing.tariff import Chain, Tariff

OPERATOR = None  # the portal's operator as a payer: the gateway charges it for the accounts that nobody owns


@dataclass(frozen=True, slots=True)
class PayerChains:
    """The lists of one payer: cost lists by account, its own sale lists in turn, and whose accounts are not charged."""

    costs: dict[int, Chain]
    sale: Chain
    default: Tariff | None
    own: frozenset[int]
    not_charged: frozenset[int]

    def chain_of(self, account_id: int) -> Chain | None:
        """Return the lists for messages on the account; None where they are not charged to the payer."""
        if account_id in self.own:
            return self.costs.get(account_id, Chain())
        return None if account_id in self.not_charged else self.sale

    def issued(self, account_id: int) -> Chain | None:
        """Return the issuer's lists for messages on the account; None where its owner pays the gateway."""
        return None if account_id in self.own else self.chain_of(account_id)

    def gateways(self, account_id: int) -> Chain | None:
        """Return the cost lists for messages on an account of the payer; None for other accounts."""
        return self.chain_of(account_id) if account_id in self.own else None


@dataclass(frozen=True, slots=True)
class Chains:
    """The lists of several payers, read once."""

    _by_payer: dict[int | None, PayerChains]

    def of(self, payer: Tenant | None) -> ChainOf:
        """Return the lists for the payer's messages by account; None is the operator."""
        return self._by_payer[payer.pk if payer else OPERATOR].chain_of

    def issued(self, payer: Tenant) -> ChainOf:
        """Return what the payer's issuer charges it, by account; None for accounts whose owner pays the gateway."""
        return self._by_payer[payer.pk].issued

    def gateways(self, payer: Tenant | None) -> ChainOf:
        """Return what the gateway charges the payer, by account; None for accounts that are not the payer's."""
        return self._by_payer[payer.pk if payer else OPERATOR].gateways

    def sale_lists(self, payer: Tenant) -> tuple[Tariff, ...]:
        """Return the lists of the payer's issuer that charge the payer: its own, and the default."""
        return self._by_payer[payer.pk].sale.tariffs

    def default_of(self, payer: Tenant) -> Tariff | None:
        """Return the list by which the payer's issuer charges customers without a list of their own."""
        return self._by_payer[payer.pk].default

    def cost_lists(self, payer: Tenant | None) -> dict[int, Tariff]:
        """Return the cost lists of the payer's own accounts, by account."""
        costs = self._by_payer[payer.pk if payer else OPERATOR].costs
        return {account_id: chain.tariffs[0] for account_id, chain in costs.items()}

    def fees_of(self, payer: Tenant) -> tuple[Tariff, ...]:
        """Return the lists whose fees the payer owes its issuer: its own list, else the default."""
        return self.sale_lists(payer)[:1]


def read_chains(
    payers: Collection[Tenant | None], *, below: Mapping[int, frozenset[int]] | None = None, with_fees: bool = True
) -> Chains:
    """Read the lists that charge these payers, in six queries whatever their number; None is the operator.

    `below` are the tenants at or below each payer, for callers that know them. Without fees the lists have none:
    messages cost the same.
    """
    tenants = {payer.pk: payer for payer in payers if payer}
    if below is None:
        below = descendants_of_each(list(tenants)) if tenants else {}
    owners = dict(GatewayAccount.objects.order_by("id").values_list("id", "owner_id"))
    charging = _charging(tenants.values(), with_operator=OPERATOR in payers)
    tariffs = read_tariffs(PriceList.objects.filter(charging, archived_at=None), with_fees=with_fees)
    costs = {(one.issuer_id, one.account_id): Chain((tariff,)) for one, tariff in tariffs.items() if one.kind == "cost"}
    sales = {(one.issuer_id, one.customer_id): tariff for one, tariff in tariffs.items() if one.kind == "sale"}
    found = {}
    for payer in payers:
        pk = payer.pk if payer else OPERATOR
        own = frozenset(account for account, owner in owners.items() if owner == pk)
        lower = below[payer.pk] - {payer.pk} if payer else None
        steps = [sales.get((payer.parent_id, customer)) for customer in (pk, None)] if payer else []
        found[pk] = PayerChains(
            costs={account: costs[pk, account] for account in own if (pk, account) in costs},
            sale=Chain(tuple(step for step in steps if step is not None)),
            default=steps[-1] if steps else None,
            own=own,
            not_charged=frozenset(
                account for account, owner in owners.items() if account not in own and (lower is None or owner in lower)
            ),
        )
    return Chains(found)


def _charging(payers: Iterable[Tenant], *, with_operator: bool) -> Q:
    """Return the filter of the lists that charge these payers."""
    payers = list(payers)
    ids, parents = [payer.pk for payer in payers], {payer.parent_id for payer in payers}
    for_them = Q(kind="sale") & (Q(customer=None) | Q(customer__in=ids))
    charging = Q(kind="cost", issuer__in=ids) | for_them & Q(issuer__in=parents - {None})
    if with_operator:
        charging |= Q(kind="cost", issuer=None)
    if None in parents:
        charging |= for_them & Q(issuer=None)
    return charging

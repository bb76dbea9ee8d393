"""Permission checks for declaring platformPartnerIds (docs/architecture.md, "Who may declare")."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from portal.accounts.access import Access
from portal.tenants.models import ApiKey, GatewayAccount
from portal.tenants.ownership import COLUMNS, owned_with_customers
from portal.tenants.scope import web_scope

RIGHT = "declare_partner_ids"


@dataclass(frozen=True, slots=True)
class PartnerIdPermissions:
    """Rights of a person to declare and move partner IDs.

    `reach`: the customers among which they may move partner IDs, at `only_account` alone where it is set. `accounts`:
    those whose free values they may declare, each with the customers that it may be for; `pools` are theirs. An
    operator may declare everything, and with `may_take` another customer's too.
    """

    actor: str
    reach: frozenset[int] = frozenset()
    accounts: Mapping[int, frozenset[int]] = field(default_factory=dict)
    pools: frozenset[int] = frozenset()
    only_account: int | None = None
    is_operator: bool = False
    may_take: bool = False

    def may_declare(self, *, account_id: int, tenant_id: int) -> bool:
        """Return whether an undeclared value may be declared for the tenant."""
        return self.is_operator or tenant_id in self.accounts.get(account_id, ())

    def has(self, *, account_id: int, tenant_id: int) -> bool:
        """Return whether this declarer controls the tenant's partner IDs in the account.

        A pool belongs to its account.
        """
        if self.is_operator:
            return True
        if tenant_id in self.pools:
            return account_id in self.accounts
        return tenant_id in self.reach and self.only_account in (None, account_id)

    @contextmanager
    def scope(self) -> Iterator[None]:
        """Be let through the wall to all that is in these hands: pages see no pool otherwise."""
        if self.is_operator:
            yield
        else:
            with web_scope(self.reach | self.pools):
                yield


def operator(actor: str, *, may_take: bool = False) -> PartnerIdPermissions:
    """Return the declarer of an operator: a command, or verified staff."""
    return PartnerIdPermissions(actor, is_operator=True, may_take=may_take)


def permissions_of(access: Access, *, actor: str) -> PartnerIdPermissions:
    """Return how far a page's person or an API key reaches; nowhere without the right or the scope."""
    key = access.key
    may = access.may(RIGHT) if key is None else access.has_scope(ApiKey.Scope.PARTNER_IDS)
    if not may:
        return PartnerIdPermissions(actor)
    if access.account is not None:
        return _of_account(access, actor)
    owned = owned_with_customers(access.tenant_ids)
    return PartnerIdPermissions(
        actor,
        reach=access.tenant_ids,
        accounts={account.id: customers for account, customers in owned},
        pools=frozenset(account.pool_id for account, _customers in owned),
    )


def accounts_of(permissions: PartnerIdPermissions) -> list[GatewayAccount]:
    """Return the accounts whose free values may be declared, by name."""
    return list(GatewayAccount.objects.only(*COLUMNS).filter(id__in=permissions.accounts).order_by("name"))


def _of_account(access: Access, actor: str) -> PartnerIdPermissions:
    pool_id = access.account.pool_id
    customers = access.tenant_ids - {pool_id}
    return PartnerIdPermissions(
        actor,
        reach=customers,
        accounts={access.account.id: customers},
        pools=frozenset({pool_id}),
        only_account=access.account.id,
    )

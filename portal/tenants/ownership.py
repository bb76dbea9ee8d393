"""Gateway accounts with a single owner, and checks that the ownership is still valid.

The owner's people may declare any partner ID of the account and see its pool, so no other customer may have one there.
Every writer keeps to that. Moving a tenant under another parent could break it, so every reader checks again.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from portal.tenants.models import EarlierOwner, GatewayAccount, PartnerId, Tenant
from portal.tenants.partner_owners import owners_at
from portal.tenants.scope import descendants_of_each, with_descendants

# What the web role may read of an account.
COLUMNS = ("id", "name", "timezone", "pool_id", "owner_id", "owner_since")


def set_owner(account: GatewayAccount, owner: Tenant | None, *, now: datetime) -> bool:
    """Give the account (not saved here) this owner, None for none; return whether it changed."""
    if account.owner_id == (owner.id if owner else None):
        return False
    account.owner, account.owner_since = owner, now if owner else None
    return True


def outsiders(account: GatewayAccount, owner: Tenant) -> list[Tenant]:
    """Return the customers that own a partner ID of the account for any time, but for `owner`'s tree, by slug."""
    return list(
        Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, id__in=owners_at(account.pk))
        .exclude(id__in=with_descendants([owner.id]))
        .order_by("slug")
    )


def owned_accounts(tenant_ids: Iterable[int]) -> list[GatewayAccount]:
    """Return the accounts whose owner is among these tenants, by name; not one that others have partner IDs of."""
    return [account for account, _customers in owned_with_customers(tenant_ids)]


def owned_with_customers(tenant_ids: Iterable[int]) -> list[tuple[GatewayAccount, frozenset[int]]]:
    """Return the owned accounts, each with its owner and all below it; as many queries for one as for many."""
    found = list(GatewayAccount.objects.only(*COLUMNS).filter(owner_id__in=tenant_ids).order_by("name"))
    if not found:
        return []
    trees = descendants_of_each({account.owner_id for account in found if account.owner_id is not None})
    strangers, earlier = Q(id__in=[]), Q(id__in=[])
    for account in found:
        inside = [account.pool_id, *sorted(trees[account.owner_id])]
        strangers |= Q(account_id=account.id) & ~Q(tenant_id__in=inside)
        earlier |= Q(partner__account_id=account.id) & ~Q(tenant_id__in=inside)
    last_owners = PartnerId.objects.filter(strangers).values_list("account_id")
    earlier_owners = EarlierOwner.objects.filter(earlier).values_list("partner__account_id")
    shared = {account_id for (account_id,) in last_owners.union(earlier_owners)}
    return [(account, trees[account.owner_id]) for account in found if account.id not in shared]

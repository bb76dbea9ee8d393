"""Accounts that are one customer's alone: whose, and whether that is still true.

The owner's people may declare any partner ID of the account and see its pool, so nobody else may have one there. Every
writer keeps to that; a tenant that was hung under another parent could break it, so every reader asks again.
"""

from collections.abc import Iterable
from datetime import datetime

from portal.tenants.models import GatewayAccount, PartnerId, Tenant
from portal.tenants.scope import with_descendants

# What the web role may read of an account.
COLUMNS = ("id", "name", "timezone", "pool_id", "owner_id", "owner_since")


def set_owner(account: GatewayAccount, owner: Tenant | None, *, now: datetime) -> bool:
    """Give the account (not saved here) this owner, None for none; tell whether it was another."""
    if account.owner_id == (owner.id if owner else None):
        return False
    account.owner, account.owner_since = owner, now if owner else None
    return True


def outsiders(account: GatewayAccount, owner: Tenant) -> list[Tenant]:
    """Return the customers with a partner ID of the account that are neither `owner` nor below it, by slug."""
    return list(
        Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER, partner_ids__account_id=account.pk)
        .exclude(id__in=with_descendants([owner.id]))
        .distinct()
        .order_by("slug")
    )


def owned_accounts(tenant_ids: Iterable[int]) -> list[GatewayAccount]:
    """Return the accounts whose owner is among these tenants, by name; not one that others have partner IDs of."""
    found = GatewayAccount.objects.only(*COLUMNS).filter(owner_id__in=tenant_ids).order_by("name")
    return [account for account in found if not _has_outsiders(account)]


def _has_outsiders(account: GatewayAccount) -> bool:
    inside = with_descendants([account.owner_id])
    mapped = PartnerId.objects.filter(account_id=account.id).exclude(tenant_id=account.pool_id)
    return mapped.exclude(tenant_id__in=inside).exists()

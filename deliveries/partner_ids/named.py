"""The accounts and tenants that bodies of the API about partner IDs name, as far as the key may know them."""

from functools import cached_property

from deliveries.partner_ids.permissions import PartnerIdPermissions, permissions_of
from deliveries.partner_ids.selectors import known_accounts
from portal.accounts.access import Access
from portal.api.problems import BadField
from portal.tenants.models import GatewayAccount, Tenant
from portal.tenants.ownership import COLUMNS


class Named:
    """Accounts and tenants that a key may name. The lists are read once, so a body may name many."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.permissions: PartnerIdPermissions = permissions_of(access, actor=str(access.key))

    def account(self, name: str | None) -> GatewayAccount:
        """Return the account of this name, that of an account's key without one. Raises BadField."""
        if name is None and self.access.account is None:
            raise BadField("account", "required: a gateway account")
        found = self._accounts.get(self.access.account.name if name is None else name)
        if found is None:
            raise BadField("account", "no account of this name that the key may see")
        return found

    def tenant(self, slug: str | None) -> Tenant:
        """Return the customer with this slug, the key's own without one. Raises BadField."""
        if slug is None and self.access.account is None:
            return self.access.tenant
        if slug is None:
            raise BadField("tenant", "required: a tenant")
        found = self._tenants.get(slug)
        if found is None:
            raise BadField("tenant", "no tenant of this name that the key may see")
        return found

    @cached_property
    def _accounts(self) -> dict[str, GatewayAccount]:
        if self.access.account is not None:
            found = list(GatewayAccount.objects.only(*COLUMNS).filter(id=self.access.account.id))
        else:
            found = known_accounts(self.access.tenant, self.access.tenant_ids)
        return {account.name: account for account in found}

    @cached_property
    def _tenants(self) -> dict[str, Tenant]:
        mine = Tenant.objects.filter(id__in=self.access.tenant_ids, kind=Tenant.Kind.CUSTOMER)
        return {tenant.slug: tenant for tenant in mine}

"""Tenants and rights of a person or an API key in one request."""

from dataclasses import dataclass, replace

from django.http import HttpRequest

from portal.accounts import roles
from portal.accounts.models import Role, User
from portal.accounts.view_as import ViewAs
from portal.brands.brand import PLAIN, Brand, brand_above, brand_from, chain_of, common_brand
from portal.common.masking import Masking
from portal.shares.models import ShareLink
from portal.tenants.models import ApiKey, GatewayAccount, Tenant
from portal.tenants.partner_owners import owners_at
from portal.tenants.scope import with_descendants


@dataclass(frozen=True, slots=True)
class Access:
    """Scope of a request: visible tenants, its own tenant (None: none, or not visible) and roles there.

    `reached` has all tenants of the person's memberships, for any request. `refused` is the reason why a presented key
    is rejected: "unknown", "revoked" or "expired".
    """

    tenant_ids: frozenset[int] = frozenset()
    reached: frozenset[int] = frozenset()
    tenant: Tenant | None = None
    roles: frozenset[Role] = frozenset()
    is_staff: bool = False
    key: ApiKey | None = None
    refused: str = ""
    view_as: ViewAs | None = None  # staff who look at the tenant, read-only
    share: ShareLink | None = None  # by which a person without an account sees one page
    brand: Brand = PLAIN  # the tenant's; without one, of all tenants of the person if they have the same
    brand_above: Brand = PLAIN  # what the tenant's brand would be without values of its own

    @property
    def account(self) -> GatewayAccount | None:
        """The gateway account that an account's key is limited to, in addition to its tenants."""
        return self.key.account if self.key else None

    def has_scope(self, scope: str) -> bool:
        return self.key is not None and scope in self.key.scopes

    def may(self, right: str) -> bool:
        return roles.may(self.roles, right)

    @property
    def is_members(self) -> bool:
        """Return whether a member asks: no key, no shared link, and no staff who view the tenant."""
        return bool(self.roles) and self.view_as is None

    @property
    def masking(self) -> Masking:
        """Masking of phone numbers: none for managers, owners and keys with the scope `numbers`."""
        return Masking(self.has_scope(ApiKey.Scope.NUMBERS) if self.key else self.may("see_numbers"))


def access_of(user, *, slug: str | None) -> Access:
    """Return what `user` reaches: by each membership its tenant and all below; with a slug that tenant's part of it.

    A role for a parent holds for its children; of several the rights add up.
    """
    if not user.is_authenticated or not user.is_active:
        return Access()
    # No membership reaches a pool.
    memberships = list(user.memberships.filter(tenant__kind=Tenant.Kind.CUSTOMER).annotate(chain=chain_of("tenant_id")))
    reached = {membership.id: with_descendants([membership.tenant_id]) for membership in memberships}
    everything = frozenset().union(*reached.values())
    brand = common_brand(brand_from(membership.chain) for membership in memberships)
    if slug is None:
        return Access(tenant_ids=everything, reached=everything, is_staff=user.is_staff, brand=brand)
    tenant = _tenant(slug, everything)
    if tenant is None:
        return Access(reached=everything, is_staff=user.is_staff, brand=brand)
    return Access(
        tenant_ids=frozenset(with_descendants([tenant.id])),
        reached=everything,
        tenant=tenant,
        roles=frozenset(Role(m.role) for m in memberships if tenant.id in reached[m.id]),
        is_staff=user.is_staff,
        brand=brand_from(tenant.chain),
        brand_above=brand_above(tenant.chain),
    )


def access_of_observer(view: ViewAs, *, slug: str | None) -> Access:
    """Return what staff who look at a tenant reach: it and all below it, as a viewer, and nothing of their own."""
    reached = frozenset(with_descendants([view.tenant_id]))
    if slug is None:
        return Access(tenant_ids=reached, reached=reached, is_staff=True, view_as=view)
    tenant = _tenant(slug, reached)
    if tenant is None:
        return Access(reached=reached, is_staff=True, view_as=view)
    return Access(
        tenant_ids=frozenset(with_descendants([tenant.id])),
        reached=reached,
        tenant=tenant,
        roles=frozenset({Role.VIEWER}),
        is_staff=True,
        view_as=view,
        brand=brand_from(tenant.chain),
        brand_above=brand_above(tenant.chain),
    )


def _tenant(slug: str, ids: frozenset[int]) -> Tenant | None:
    """Return the tenant with this slug among these, with the chain that makes its brand."""
    return Tenant.objects.filter(slug=slug, id__in=ids).annotate(chain=chain_of("id")).first()


def access_of_key(key: ApiKey | None, *, refused: str = "") -> Access:
    """Return what an API key reaches: its tenant and all below it.

    An account's key reaches the account's pool, every tenant with a partner ID of the account, and the account's owner
    with all below it; what those have at other accounts is kept from it by `Access.account`, which every query of the
    API holds to.
    """
    if key is None:
        return Access(refused=refused)
    if key.account is None:
        ids = frozenset(with_descendants([key.tenant_id]))
    else:
        tree = with_descendants([key.account.owner_id]) if key.account.owner_id else ()
        ids = frozenset({key.tenant_id, *owners_at(key.account_id), *tree})
    return Access(tenant_ids=ids, reached=ids, tenant=key.tenant, key=key)


def access_below(access: Access, tenant: Tenant) -> Access:
    """Return what the key of a tenant below this key's own would reach."""
    return replace(access, tenant=tenant, tenant_ids=frozenset(with_descendants([tenant.id])))


def access_of_share(link: ShareLink | None, *, host: str = "") -> Access:
    """Return what a shared link reaches: its tenant and all below it, without a role, so with no right at all.

    Under a brand's `host` only links of the host's tenant and of those below it are open.

    The views of shared links show the one page that the link is for, with phone numbers masked.
    """
    brand = brand_from(link.chain) if link else PLAIN
    if link is None or (host and host not in brand.hosts):
        return Access()
    ids = frozenset(with_descendants([link.tenant_id]))
    return Access(tenant_ids=ids, reached=ids, tenant=link.tenant, share=link, brand=brand)


class PageRequest(HttpRequest):
    """Type of a request behind the middleware: it carries what it may reach, and views know its person."""

    access: Access
    user: User

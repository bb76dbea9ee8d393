"""Permission to see costs, and the payer whose prices a request sees."""

from portal.accounts.access import Access
from portal.tenants.models import ApiKey, Tenant
from reports.models import PriceList
from reports.pricing.costing import Payer, payer_of


def may_see_costs(access: Access) -> bool:
    """Return whether the request may see prices and costs: by a right, as an API key by the scope `billing`."""
    return access.has_scope(ApiKey.Scope.BILLING) if access.key else access.may("see_costs")


def has_costs(access: Access) -> bool:
    """Return whether the request may see costs and there may be any: whether the wall shows it a price list."""
    is_customer = access.tenant is not None and access.tenant.kind == Tenant.Kind.CUSTOMER
    return is_customer and may_see_costs(access) and PriceList.objects.filter(archived_at=None).exists()


def seen_payer(access: Access) -> Payer | None:
    """Return the request's tenant as a payer; None without permission, for a pool, and if no price list charges it."""
    if access.tenant is None or not has_costs(access):
        return None
    payer = payer_of(access.tenant)
    return payer if payer.tariffs else None

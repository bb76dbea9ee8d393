"""Price lists and rows that a page's address names, as far as the person may see them."""

from dataclasses import dataclass
from datetime import date

from django.http import Http404
from django.utils import timezone

from portal.accounts.access import PageRequest
from portal.common.periods import zone
from portal.tenants.models import Tenant
from reports.billing.prices.reading import given_to, issued_by
from reports.models import PriceList

MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FoundList:
    """A list, and whether the page's tenant issues it: else it is one by which the tenant is charged."""

    price_list: PriceList
    is_own: bool


def any_list(request: PageRequest, tenant: Tenant, list_id: int) -> FoundList:
    """Return a list that the tenant issues, for people who bill, or one by which it is charged. Raises Http404.

    A tenant's own cost lists are for everybody who sees costs.
    """
    own = issued_by(tenant).filter(pk=min(list_id, MAX_ID)).first()
    if own is not None and (request.access.may("billing") or own.kind == PriceList.Kind.COST):
        return FoundList(own, is_own=True)
    given = given_to(tenant).filter(pk=min(list_id, MAX_ID)).first()
    if given is None:
        raise Http404
    return FoundList(given, is_own=False)


def own_list(tenant: Tenant, list_id: int, *, is_active: bool = True) -> PriceList:
    """Return a list that the tenant issues; with `is_active` no archived one. Raises Http404."""
    found = issued_by(tenant).filter(pk=min(list_id, MAX_ID)).first()
    if found is None or (is_active and found.archived_at is not None):
        raise Http404
    return found


def today_of(tenant: Tenant) -> date:
    """Return the day in the tenant's time zone."""
    return timezone.now().astimezone(zone(tenant.timezone)).date()

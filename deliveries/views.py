"""A tenant's platformPartnerIds, and how far the messages of a newly declared one have moved."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from deliveries.selectors.partner_ids import open_moves, with_moves
from portal.accounts.guards import member_may
from portal.tenants.models import PartnerId, Tenant

PAGE_SIZE = 100


@require_safe
@member_may("see_figures")
def partner_ids(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's own partner ids by value, with the newest move of each."""
    declared = PartnerId.objects.filter(tenant=tenant).order_by("value", "id")
    page_obj = Paginator(declared, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "deliveries/partner_ids.html",
        {
            "page": "partner_ids",
            "page_obj": page_obj,
            "rows": with_moves(page_obj.object_list, tenant=tenant),
            "refresh": open_moves(tenant=tenant),
        },
    )

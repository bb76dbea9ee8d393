"""First page of billing: what there is to see and to do."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant


@require_safe
@member_may("see_costs")
def index(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Lead to prices and statements."""
    return render(request, "billing/index.html", {"page": "billing"})

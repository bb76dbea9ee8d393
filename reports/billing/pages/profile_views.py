"""Pages of billing profiles: the tenant's own with its terms and number series, and those of its customers."""

from django.contrib import messages
from django.forms import ModelForm
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.billing import parties
from reports.billing.closing import customers_of
from reports.billing.pages.forms import ProfileForm, SeriesForm, TermsForm
from reports.billing.pages.found import private, today_of
from reports.billing.profiles import missing_by_customer, profile_of
from reports.billing.texts import percent_of
from reports.models import BillingTerms, NumberSeries

MAX_LISTED = 500


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def profile(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show and change the tenant's own profile; of an issuer also the terms for all customers and the numbers."""
    return _page(request, tenant, None)


@require_safe
@member_may("billing")
def customers(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the tenant's customers with what their statements lack."""
    found = list(customers_of(tenant).order_by("name", "id")[: MAX_LISTED + 1])
    missing = missing_by_customer(tenant, found, today_of(tenant))
    context = {
        "page": "billing",
        "customers": [(one, missing[one.pk]) for one in found[:MAX_LISTED]],
        "has_more": len(found) > MAX_LISTED,
    }
    return private(render(request, "billing/statements/customers.html", context))


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("billing")
def customer(request: PageRequest, tenant: Tenant, customer_slug: str) -> HttpResponse:
    """Show and change a customer's profile and its own terms."""
    return _page(request, tenant, get_object_or_404(customers_of(tenant), slug=customer_slug))


def _page(request: PageRequest, tenant: Tenant, customer: Tenant | None) -> HttpResponse:
    party = customer or tenant
    is_issuer = customer is not None or customers_of(tenant).exists()
    posted = request.POST.get("form", "") if request.method == "POST" else ""

    def data(name: str) -> QueryDict | None:
        return request.POST if posted == name else None

    series = NumberSeries.objects.filter(issuer=tenant).first() or NumberSeries(issuer=tenant)
    forms: dict[str, ModelForm] = {
        "profile": ProfileForm(data("profile"), instance=profile_of(party), prefix="profile")
    }
    if is_issuer:
        forms["terms"] = TermsForm(data("terms"), prefix="terms")
    if is_issuer and customer is None:
        forms["series"] = SeriesForm(data("series"), instance=series, prefix="series")
    chosen = forms.get(posted)
    if chosen is not None and chosen.is_valid():
        actor, now = request.user.email, timezone.now()
        if posted == "profile":
            parties.save_profile(chosen, issuer=tenant, actor=actor, now=now)
        elif posted == "terms":
            parties.save_terms(chosen, issuer=tenant, customer=customer, actor=actor)
        else:
            parties.save_series(chosen, issuer=tenant, actor=actor)
        messages.success(request, _("Saved."))
        return redirect(request.path)
    context = {
        "page": "billing",
        "customer": customer,
        "is_issuer": is_issuer,
        "forms": forms,
        "terms": [
            (one, percent_of(one))
            for one in BillingTerms.objects.filter(issuer=tenant, customer=customer).order_by("-valid_from")
        ],
    }
    status = 422 if request.method == "POST" else 200
    return private(render(request, "billing/statements/profile.html", context, status=status))

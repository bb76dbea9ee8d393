"""Saving and deleting the chosen refIds of an A/B test."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from campaigns.comparisons import MAX_COMPARISONS, MAX_NAME, TooManyComparisons, delete_comparison, save_comparison
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.common.no_numbers import refuse_numbers
from portal.tenants.models import Tenant
from reports.campaigns.ab_ref_ids import CHOSEN, RefIdsError, check_ref_ids
from reports.campaigns.details_views import campaign_or_404


class ComparisonForm(forms.Form):
    """The name of a saved test, and the refIds of its variants, one a line."""

    name = forms.CharField(max_length=MAX_NAME, validators=[refuse_numbers])
    a = forms.CharField(required=False, strip=False, validators=[refuse_numbers])
    b = forms.CharField(required=False, strip=False, validators=[refuse_numbers])
    c = forms.CharField(required=False, strip=False, validators=[refuse_numbers])
    d = forms.CharField(required=False, strip=False, validators=[refuse_numbers])

    def clean(self) -> dict:
        data = super().clean() or {}
        try:
            data["ref_ids"] = check_ref_ids({name: data.get(name, "").splitlines() for name in CHOSEN})
        except RefIdsError as error:
            self.add_error(error.field, str(error))
        else:
            if not data["ref_ids"] and not self.errors:
                self.add_error("a", _("Give refIds for two variants or more."))
        return data

    def first_error(self) -> str:
        """Return the first error of the form in one line."""
        return next(str(errors[0]) for errors in self.errors.values())


@posted_from("campaigns:ab")
@member_may("manage_campaigns")
def save(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Save what is compared by a name, and go back to the comparison."""
    campaign = campaign_or_404(request, campaign_id)
    form = ComparisonForm(request.POST)
    chosen = {name: text for name in CHOSEN if (text := request.POST.get(name, ""))}
    if not form.is_valid():
        messages.error(request, _("The comparison was not saved: %(reason)s") % {"reason": form.first_error()})
    else:
        name = form.cleaned_data["name"]
        try:
            save_comparison(
                campaign=campaign, name=name, ref_ids=form.cleaned_data["ref_ids"], actor=request.user.email
            )
            messages.success(request, _("The comparison %(name)s was saved.") % {"name": name})
        except TooManyComparisons:
            text = _("The comparison was not saved: a campaign has at most %(most)d. Delete another one first.")
            messages.error(request, text % {"most": MAX_COMPARISONS})
    address = reverse("campaigns:ab", args=[tenant.slug, campaign.id])
    return redirect(f"{address}?{urlencode(chosen)}" if chosen else address)


@posted_from("campaigns:ab")
@member_may("manage_campaigns")
def delete(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Delete a saved comparison."""
    campaign, name = campaign_or_404(request, campaign_id), request.POST.get("name", "")
    if delete_comparison(campaign=campaign, name=name, actor=request.user.email):
        messages.success(request, _("The comparison %(name)s was deleted.") % {"name": name})
    return redirect("campaigns:ab", tenant.slug, campaign.id)

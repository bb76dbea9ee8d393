"""Page where managers describe, archive and merge a campaign."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from campaigns.details import save_details
from campaigns.merging import MergeError, merge, merged_in, separate
from campaigns.models import Campaign
from deliveries.attributing.windows import set_campaign_window
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.accounts.way_back import posted_from
from portal.tenants.models import Tenant
from reports.campaigns.details_form import DetailsForm, initial_of


class MergeForm(forms.Form):
    """The name of the campaign that another one is shown as part of."""

    campaign = forms.CharField(
        label=gettext_lazy("Merge into"),
        max_length=256,
        strip=False,
        widget=forms.TextInput(attrs={"list": "campaign-names", "autocomplete": "off"}),
        help_text=gettext_lazy("The name of the other campaign. Its figures then include this one's, on every day."),
    )


def campaign_or_404(request: PageRequest, campaign_id: int) -> Campaign:
    """Return a campaign of the tenants that the request reaches. Raises Http404."""
    found = Campaign.objects.filter(tenant_id__in=request.access.tenant_ids).select_related("merged_into")
    campaign = found.filter(id=campaign_id).first() if campaign_id < 2**31 else None
    if campaign is None:
        raise Http404
    return campaign


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("manage_campaigns")
def details(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show the form of a campaign's details, and save it."""
    campaign = campaign_or_404(request, campaign_id)
    if request.method != "POST":
        form = DetailsForm(campaign=campaign, initial=initial_of(campaign))
        return _page(request, campaign, form, MergeForm())
    form = DetailsForm(request.POST, campaign=campaign)
    if not form.is_valid():
        return _page(request, campaign, form, MergeForm(), status=422)
    values = dict(form.cleaned_data)
    archived, actor = values.pop("archived"), request.user.email
    has_window = "conversion_window" in values
    window = values.pop("conversion_window", None)
    with transaction.atomic():
        changed = save_details(campaign=campaign, values=values, archived=archived, actor=actor, now=timezone.now())
        if has_window:
            changed |= set_campaign_window(campaign, window, actor=actor)
    messages.success(request, _("The campaign was saved.") if changed else _("Nothing was changed."))
    return redirect("campaigns:details", tenant.slug, campaign.id)


@posted_from("campaigns:details")
@member_may("manage_campaigns")
def merge_campaign(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Merge the campaign into the one whose name is given."""
    campaign = campaign_or_404(request, campaign_id)
    form = MergeForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["campaign"]
        into = Campaign.objects.filter(tenant_id=campaign.tenant_id, name=name.replace("\0", "")).first()
        if into is None:
            form.add_error("campaign", _("There is no campaign of this name."))
        else:
            try:
                target = merge(campaign=campaign, into=into, actor=request.user.email)
            except MergeError as error:
                form.add_error("campaign", str(error.text))
            else:
                names = {"name": campaign.name, "into": target.name}
                messages.success(request, _("%(name)s is now shown as part of %(into)s.") % names)
                return redirect("campaigns:details", tenant.slug, campaign.id)
    return _page(request, campaign, DetailsForm(campaign=campaign, initial=initial_of(campaign)), form, status=422)


@posted_from("campaigns:details")
@member_may("manage_campaigns")
def separate_campaign(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Undo a merge, and go back to the page of the campaign that it was merged into."""
    campaign = campaign_or_404(request, campaign_id)
    back = campaign.merged_into_id or campaign.id
    if separate(campaign=campaign, actor=request.user.email):
        messages.success(request, _("%(name)s is shown by itself again.") % {"name": campaign.name})
    return redirect("campaigns:details", tenant.slug, back)


def _page(
    request: PageRequest, campaign: Campaign, form: DetailsForm, merge_form: MergeForm, *, status: int = 200
) -> HttpResponse:
    masking = request.access.masking
    context = {
        "page": "campaigns",
        "campaign": campaign,
        "name": masking.text(campaign.name),
        "form": form,
        "merge_form": merge_form,
        "into": campaign.merged_into,
        "merged": [(one, masking.text(one.name)) for one in merged_in(campaign)],
    }
    return render(request, "reports/campaigns/details.html", context, status=status)

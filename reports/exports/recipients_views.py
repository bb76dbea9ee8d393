"""The page that saves a list of a campaign's recipients as a file."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from deliveries.exports import asking
from deliveries.exports.files import KEPT
from deliveries.exports.forms import FormatForm
from deliveries.exports.views import too_many_text
from deliveries.models import Export
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.recipient_lists import count_rows
from reports.campaigns.recipient_narrowing import asked_messages, narrowing, narrowing_text
from reports.campaigns.recipients_views import TITLES
from reports.exports.recipients import COLUMNS, KIND, RECIPIENTS, parameters_of


@require_http_methods(["GET", "HEAD", "POST"])
@member_may("save_searches")
def new(request: PageRequest, tenant: Tenant, campaign_id: int, group: str) -> HttpResponse:
    """Show how many rows the file will have, and queue its export after a POST; 422 if it cannot be queued."""
    if group not in TITLES:
        raise Http404
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("table_exports:recipients", tenant.slug, campaign.merged_into_id, group)
    of = asked_messages(request, campaign)
    title = " · ".join(filter(None, (str(TITLES[group]), narrowing_text(of))))
    form = FormatForm(request.POST or None, initial={"format": Export.Format.XLSX})
    if request.method == "POST" and form.is_valid():
        try:
            asking.ask_for(
                KIND,
                parameters_of(campaign, group, of),
                tenant=tenant,
                access=request.access,
                user=request.user,
                tenant_ids=[campaign.tenant_id],
                title=" · ".join([str(RECIPIENTS.rows), title, campaign.title or campaign.name]),
                format=form.cleaned_data["format"],
                columns=list(COLUMNS),
            )
        except asking.TooMany as error:
            form.add_error(None, too_many_text(error))
        else:
            messages.success(request, _("The file is being made. It appears here when it is done."))
            return redirect("exports:list", tenant.slug)
    masking = request.access.masking
    context = {
        "page": "campaigns",
        "campaign": campaign,
        "group": group,
        "title": title,
        "query": narrowing(of),
        "heading": masking.text(campaign.title or campaign.name),
        "rows": count_rows(of, group),
        "in_full": masking.in_full,
        "kept_days": KEPT.days,
        "form": form,
    }
    return render(request, "exports/recipients.html", context, status=422 if request.method == "POST" else 200)

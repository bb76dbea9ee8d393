"""The recipients of a campaign: how many there are, lists of them, and the messages to one of them.

The counts are a part of the campaign's page that is loaded after the rest, since they read each message.
"""

from dataclasses import replace
from functools import partial
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from campaigns.statistics import rate
from deliveries.message_pages.presenter import MessagePresenter, MessageRow, codes_to_explain
from deliveries.messages.row import StoredMessage
from deliveries.search.find import campaign_names
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common.any_text import address_of
from portal.common.keyset import BadCursor
from portal.tenants.models import Tenant
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.recipient_lists import (
    ALL,
    GROUPS,
    UNREADABLE,
    CampaignMessages,
    messages_page,
    recipients_page,
    seal_key,
    unseal_key,
)
from reports.campaigns.recipient_narrowing import asked_messages, narrowing, narrowing_text
from reports.campaigns.recipients import recipients_of

PAGE = 50
TITLES: dict[str, str | Promise] = {
    ALL: gettext_lazy("All recipients"),
    "delivered": gettext_lazy("Received it"),
    "failed": gettext_lazy("Did not receive it"),
    "pending": gettext_lazy("Not yet known"),
    "unknown": gettext_lazy("Unknown to the gateway"),
    UNREADABLE: gettext_lazy("Messages without a readable number"),
}


class RecipientRow(NamedTuple):
    """A recipient as the list shows it: its message, how many there are, and their address."""

    row: MessageRow
    messages: int
    is_erased: bool
    url: str


def _lists(request: PageRequest, tenant: Tenant, campaign: Campaign) -> dict[str, str]:
    """Return the addresses of the lists of recipients; none for people who open no messages."""
    if not request.access.may("see_messages"):
        return dict.fromkeys(TITLES, "")
    return {name: reverse("campaigns:recipient_list", args=[tenant.slug, campaign.id, name]) for name in TITLES}


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def recipients(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show how many different recipients the campaign had and reached; as a page of its own without scripts."""
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:recipients", tenant.slug, campaign.merged_into_id)
    found = recipients_of(tenant_id=campaign.tenant_id, campaign_ids=ids_shown_as(campaign))
    context = _context(request, campaign) | {
        "recipients": found,
        "lists": _lists(request, tenant, campaign),
        "shares": [rate(n, found.total) for n in (found.delivered, found.pending, found.unknown, found.failed)],
    }
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    template = "_different_recipients.html" if is_part else "recipients.html"
    return render(request, f"reports/campaigns/{template}", context)


@require_safe
@member_may("see_messages")
def recipient_list(request: PageRequest, tenant: Tenant, campaign_id: int, group: str) -> HttpResponse:
    """List the recipients of a group, one row each; of `unreadable` the messages, since nobody can tell their number.

    422 for a page of the list that there is not.
    """
    if group not in TITLES:
        raise Http404
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:recipient_list", tenant.slug, campaign.merged_into_id, group)
    of = asked_messages(request, campaign)
    here = reverse("campaigns:recipient_list", args=[tenant.slug, campaign.id, group])
    context = _context(request, campaign) | _narrowed(of, here) | {
        "title": TITLES[group],
        "group": group,
        "groups": list(TITLES.items()),
    }  # fmt: skip
    if group not in GROUPS:
        return _message_page(request, campaign, of, None, context)
    try:
        found, cursor = recipients_page(of, group, cursor=request.GET.get("cursor", ""), size=PAGE)
    except BadCursor:
        return render(request, "reports/campaigns/recipient_list.html", context | {"is_wrong": True}, status=422)
    of_variant = f"?{kept}" if (kept := narrowing(replace(of, event=None))) else ""
    rows = [
        RecipientRow(
            row=row,
            messages=one.messages,
            is_erased=one.is_erased,
            url=reverse("campaigns:recipient", args=[tenant.slug, campaign.id, seal_key(one.key)]) + of_variant,
        )
        for one, row in zip(found, _rows(request, [one.message for one in found]), strict=True)
    ]
    context |= {"recipients": rows, "explained": codes_to_explain([one.row for one in rows])}
    return render(request, "reports/campaigns/recipient_list.html", context | _paging(request, of, cursor))


@require_safe
@member_may("see_messages")
def recipient(request: PageRequest, tenant: Tenant, campaign_id: int, recipient: str) -> HttpResponse:
    """List the campaign's messages to one recipient, newest first, also when its number has been erased.

    Of one `variant` if it is given.
    """
    campaign, key = campaign_or_404(request, campaign_id), unseal_key(recipient)
    if key is None:
        raise Http404
    if campaign.merged_into_id:
        return redirect("campaigns:recipient", tenant.slug, campaign.merged_into_id, recipient)
    of = replace(asked_messages(request, campaign), event=None)
    here = reverse("campaigns:recipient", args=[tenant.slug, campaign.id, recipient])
    context = _context(request, campaign) | _narrowed(of, here) | {"title": gettext_lazy("Messages to one recipient")}
    return _message_page(request, campaign, of, key, context)


def _message_page(
    request: PageRequest, campaign: Campaign, of: CampaignMessages, key: bytes | None, context: dict
) -> HttpResponse:
    template = "reports/campaigns/recipient_list.html"
    try:
        found, cursor = messages_page(of, key, cursor=request.GET.get("cursor", ""), size=PAGE)
    except BadCursor:
        return render(request, template, context | {"is_wrong": True}, status=422)
    rows = _rows(request, found)
    context |= {"rows": rows, "zone": campaign.tenant.timezone, "explained": codes_to_explain(rows)}
    return render(request, template, context | _paging(request, of, cursor))


def _context(request: PageRequest, campaign: Campaign) -> dict:
    return {
        "page": "campaigns",
        "campaign": campaign,
        "heading": request.access.masking.text(campaign.title or campaign.name),
    }


def _narrowed(of: CampaignMessages, here: str) -> dict:
    """Return what the list is narrowed to, and its addresses: `whole` is that without the narrowing."""
    query = narrowing(of)
    return {
        "narrowing": narrowing_text(of),
        "narrowing_query": f"?{query}" if query else "",
        "here": f"{here}?{query}" if query else here,
        "whole": here,
    }


def _rows(request: PageRequest, messages: list[StoredMessage]) -> list[MessageRow]:
    tenant = request.access.tenant
    assert tenant is not None  # of every page below /t/
    presenter = MessagePresenter(
        messages, campaign_names(messages), masking=request.access.masking, link=partial(_link, tenant)
    )
    return [presenter.row(message) for message in messages]


def _link(tenant: Tenant, account: str, message_id: str) -> str:
    return address_of("messages:message", tenant.slug, account=account, id=message_id)


def _paging(request: PageRequest, of: CampaignMessages, cursor: str | None) -> dict:
    kept = f"{query}&" if (query := narrowing(of)) else ""
    return {
        "next": kept + urlencode({"cursor": cursor}) if cursor else "",
        "is_later_page": bool(request.GET.get("cursor")),
    }

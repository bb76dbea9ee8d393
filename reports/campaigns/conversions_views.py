"""Conversions of a campaign: a part of its page that is loaded after the rest, and the lists of their events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from campaigns.conversions.models import MICROS, ConversionEvent, ConversionKind
from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from deliveries.attributing.due import data_as_of
from deliveries.search.addresses import sealed_id
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common import keyset
from portal.common.any_text import address_of
from portal.common.masking import Masking
from portal.tenants.models import GatewayAccount, Tenant
from reports.campaigns.conversions import Conversions, VariantConversions, campaign_conversions, take_long
from reports.campaigns.details_views import campaign_or_404
from reports.campaigns.recipient_lists import ALL, UNREADABLE
from reports.campaigns.recipient_narrowing import may_be_asked

PAGE = 50


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event in the list of a kind; without an address once its message is deleted."""

    event: ConversionEvent
    variant: str
    value: float | None
    after: timedelta | None
    url: str


@dataclass(frozen=True, slots=True)
class KindRow:
    """Figures of a kind of events, with the addresses of its events and of the recipients with one ('': no link)."""

    figures: Conversions
    events: str
    converted: str


@dataclass(frozen=True, slots=True)
class VariantRow:
    """Figures of a variant by its masked name, with the addresses of their recipients and messages."""

    figures: VariantConversions
    name: str
    addressed: Mapping[str, str]
    converted: Mapping[str, str]


@require_safe
@vary_on_headers("HX-Request", "HX-Boosted")
@member_may("see_figures")
def conversions(request: PageRequest, tenant: Tenant, campaign_id: int) -> HttpResponse:
    """Show the campaign's conversions by kind and by variant; as a page of its own without scripts.

    Of a large campaign that page loads them after the rest, or shows them with `recipients=yes`.
    """
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:conversions", tenant.slug, campaign.merged_into_id)
    is_part = "HX-Request" in request.headers and "HX-Boosted" not in request.headers
    if not is_part and request.GET.get("recipients") != "yes" and take_long(campaign):
        context = _context(request, campaign) | {"are_later": True}
        return render(request, "reports/campaigns/conversions.html", context)
    now = timezone.now()
    as_of = data_as_of([campaign.tenant_id], now=now)
    found = campaign_conversions(campaign)
    context = _context(request, campaign) | {
        "kinds": [_kind_row(request, tenant, campaign, one) for one in found.kinds],
        "reached": _recipients(request, tenant, campaign, "delivered"),
        "variants": [],
        "currency": found.currency,
        "file": f"{tenant.slug}_campaign_{campaign.id}",
        "file_query": file_query(campaign, request.access.masking),
        "as_of": None if as_of == now else as_of,
    }
    if len(found.variants) > 1:
        context["variants"] = [_variant_row(request, tenant, campaign, one) for one in found.variants]
    return render(request, f"reports/campaigns/{'_conversions' if is_part else 'conversions'}.html", context)


def _kind_row(request: PageRequest, tenant: Tenant, campaign: Campaign, one: Conversions) -> KindRow:
    events = ""
    if request.access.may("see_messages"):
        events = reverse("campaigns:conversion_list", args=[tenant.slug, campaign.id, one.kind_id])
    return KindRow(one, events, _recipients(request, tenant, campaign, "delivered", event=one.kind_id))


def _variant_row(request: PageRequest, tenant: Tenant, campaign: Campaign, one: VariantConversions) -> VariantRow:
    links = variant_links(request, tenant, campaign, one.variant)
    return VariantRow(one, request.access.masking.text(one.variant), **links)


def variant_links(request: PageRequest, tenant: Tenant, campaign: Campaign, variant: str) -> dict[str, dict[str, str]]:
    """Return the addresses of the recipients (and messages without a number) that a variant addressed and converted."""
    if not may_be_asked(variant):
        return {"addressed": {}, "converted": {}}
    lists = {"recipients": ALL, "messages": UNREADABLE}
    addressed = {name: _recipients(request, tenant, campaign, group, variant=variant) for name, group in lists.items()}
    converted = {
        name: _recipients(request, tenant, campaign, group, variant=variant, event="any")
        for name, group in lists.items()
    }
    return {"addressed": addressed, "converted": converted}


def _recipients(request: PageRequest, tenant: Tenant, campaign: Campaign, group: str, **narrowing: str | int) -> str:
    """Return the address of a list of the campaign's recipients; '' for people who open no messages."""
    if not request.access.may("see_messages"):
        return ""
    address = reverse("campaigns:recipient_list", args=[tenant.slug, campaign.id, group])
    return f"{address}?{urlencode(narrowing)}" if narrowing else address


@require_safe
@member_may("see_messages")
def conversion_list(request: PageRequest, tenant: Tenant, campaign_id: int, kind_id: int) -> HttpResponse:
    """List the campaign's events of a kind, the last received first. 422 for a page of the list that there is not."""
    campaign = campaign_or_404(request, campaign_id)
    if campaign.merged_into_id:
        return redirect("campaigns:conversion_list", tenant.slug, campaign.merged_into_id, kind_id)
    kind = ConversionKind.objects.filter(tenant_id=campaign.tenant_id, id=kind_id).first()
    if kind is None:
        raise Http404
    context = _context(request, campaign) | {"kind": kind}
    events = ConversionEvent.objects.filter(
        tenant_id=campaign.tenant_id,
        kind_id=kind_id,
        attributed_campaign_id__in=ids_shown_as(campaign),
        attributed_message_id__isnull=False,
    )
    cursor = request.GET.get("cursor", "")
    if cursor:
        try:
            events = events.filter(id__lt=_id_of(cursor))
        except keyset.BadCursor:
            template = "reports/campaigns/conversion_list.html"
            return render(request, template, context | {"is_wrong": True}, status=422)
    found = list(events.order_by("-id")[: PAGE + 1])
    has_more = len(found) > PAGE
    context |= {
        "rows": _rows(request, found[:PAGE]),
        "next": urlencode({"cursor": keyset.encode((found[PAGE - 1].id,))}) if has_more else "",
        "is_later_page": bool(cursor),
    }
    return render(request, "reports/campaigns/conversion_list.html", context)


def file_query(campaign: Campaign, masking: Masking) -> str:
    """Return the parameters of a campaign's tables as files; '' where its name, which they hold, is masked."""
    if not campaign.name or masking.hides(campaign.name):
        return ""
    return urlencode({"campaign": campaign.name, "tenant": campaign.tenant.slug})


def _id_of(cursor: str) -> int:
    (after,), backwards = keyset.decode(cursor, length=1)
    if type(after) is not int or not 0 <= after < 2**63 or backwards:
        raise keyset.BadCursor("not a cursor of this list")
    return after


def _rows(request: PageRequest, events: list[ConversionEvent]) -> list[EventRow]:
    accounts: dict[int | None, str] = dict(GatewayAccount.objects.values_list("id", "name"))
    masking = request.access.masking
    return [
        EventRow(
            event=one,
            variant=masking.text(one.attributed_variant or ""),
            value=None if one.value is None else one.value / MICROS,
            after=_after(one.occurred_at, one.delivered_at),
            url="" if one.is_frozen else _address(request, accounts[one.attributed_account_id], one),
        )
        for one in events
    ]


def _after(occurred_at: datetime, delivered_at: datetime | None) -> timedelta | None:
    return occurred_at - delivered_at if delivered_at and occurred_at >= delivered_at else None


def _address(request: PageRequest, account: str, event: ConversionEvent) -> str:
    message_id = event.attributed_message_id or ""
    shown = message_id if request.access.masking.in_full else sealed_id(message_id)
    tenant = request.access.tenant
    assert tenant is not None  # a page of a tenant
    return address_of("messages:message", tenant.slug, account=account, id=shown)


def _context(request: PageRequest, campaign: Campaign) -> dict:
    return {
        "page": "campaigns",
        "campaign": campaign,
        "heading": request.access.masking.text(campaign.title or campaign.name),
    }

"""Pages of conversion events: their numbers by kind and reason, and lists of events."""

from datetime import datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.models import Campaign, ConversionEvent, ConversionUpload
from deliveries.conversions.api import amount
from deliveries.conversions.selectors import (
    by_customer,
    by_kind,
    by_reason,
    events_of,
    events_of_campaign,
    events_of_messages,
    narrowed,
)
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common import keyset
from portal.common.days_typed import parse_day
from portal.common.period_picker import MAX_DAYS, Period, PeriodError, named, parse
from portal.common.periods import local_day
from portal.tenants.models import GatewayAccount, Tenant

PAGE = 50
NARROWED_BY = ("kind", "reason", "attributed")
MAX_UPLOADS = 20


@require_safe
@member_may("see_conversions")
def index(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the events of a period by kind, those without a message by reason, and the latest uploads.

    A parent's page has the events of its customers too; `tenant` is the slug of the one to show.
    """
    period, error = _period(request, tenant)
    reached, one = _tenants(request)
    events = events_of(reached, period.first, period.last)
    kinds = by_kind(events, reached)
    days = {"from": period.first, "to": period.last}
    narrowing = {"tenant": one.slug} if one else {}
    context = {
        "page": "campaigns",
        "period": period,
        "period_error": error,
        "period_query": urlencode(days | narrowing),
        "narrowing_query": f"&{urlencode(narrowing)}" if narrowing else "",
        "days_query": urlencode(days),
        "one": one,
        "presets": _presets(request),
        "kinds": [(row, [(currency, money(total)) for currency, total in row.values]) for row in kinds],
        "total": sum(row.events for row in kinds),
        "reasons": by_reason(events),
        "customers": by_customer(events) if len(request.access.tenant_ids) > 1 and not one else [],
        "uploads": ConversionUpload.objects.filter(tenant=tenant)
        .defer("sealed", "errors")
        .order_by("-id")[:MAX_UPLOADS],
        "may_upload": request.access.may("upload_conversions"),
        "may_change": request.access.may("change_settings"),
        "file": f"{tenant.slug}_conversions_{period.first}_{period.last}",
    }
    return render(request, "conversions/index.html", context, status=422 if error else 200)


@require_safe
@member_may("see_conversions")
def events(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the events of a period, newest first, with the message or the reason of each.

    With `campaign` (an id) they are those that belong to messages of the campaign and of these days, with `of=messages`
    those of all messages of the days, with `upload` (an id) those of an upload, at any time. A parent's page has the
    events of its customers too; `tenant` is the slug of the one to show. 404 for a reason that there is not.
    """
    period, error = _period(request, tenant)
    campaign, upload, of = _campaign(request), _upload(request, tenant), request.GET.get("of", "")
    reached, one = _tenants(request)
    if of not in ("", "messages"):
        raise Http404
    if upload:
        found = ConversionEvent.objects.filter(tenant=tenant, upload=upload)
    elif campaign:
        found = events_of_campaign(campaign, period)
    elif of:
        found = events_of_messages(reached, period.first, period.last)
    else:
        found = events_of(reached, period.first, period.last)
    kind, reason, attributed = (request.GET.get(name, "").replace("\0", "") for name in NARROWED_BY)
    if reason not in ("", *ConversionEvent.Reason) or attributed not in ("", "yes", "no"):
        raise Http404
    found = narrowed(found, kind=kind, reason=reason, attributed=attributed)
    found = found.select_related("kind", "campaign", "tenant")
    if before := request.GET.get("before", ""):
        try:
            at, id_ = _edge(before)
            found = found.filter(occurred_at__lte=at).exclude(occurred_at=at, id__gte=id_)
        except keyset.BadCursor:
            error = _("This page of the list does not exist")
    rows = list(found.order_by("-occurred_at", "-id")[: PAGE + 1])
    shown = rows[:PAGE]
    kept = {"from": period.first, "to": period.last, "kind": kind, "reason": reason, "attributed": attributed}
    kept |= {"campaign": campaign.id if campaign else "", "tenant": one.slug if one else ""}
    kept |= {"upload": upload.id if upload else "", "of": of}
    older = {name: value for name, value in kept.items() if value}
    context = {
        "page": "campaigns",
        "period": period,
        "period_error": error,
        "rows": _shown(request, shown),
        "older": urlencode(older | {"before": _cursor(shown[-1])}) if len(rows) > PAGE else "",
        "kind": kind,
        "campaign": request.access.masking.text(campaign.title or campaign.name) if campaign else "",
        "campaign_id": campaign.id if campaign else None,
        "of_messages": bool(campaign or of),
        "upload": upload,
        "reason": dict(ConversionEvent.Reason.choices).get(reason, ""),
        "attributed": attributed,
        "back": urlencode({"from": period.first, "to": period.last} | ({"tenant": one.slug} if one else {})),
        "one": one,
        "with_customers": len(request.access.tenant_ids) > 1,
        "file_query": "" if upload or of else _file_query(request, campaign, one, older),
    }
    return render(request, "conversions/events.html", context, status=422 if error else 200)


def _campaign(request: PageRequest) -> Campaign | None:
    """Return the campaign that is asked for, None without one. Raises Http404."""
    text = request.GET.get("campaign", "")
    if not text:
        return None
    found = None
    if text.isascii() and text.isdecimal() and len(text) < 10:
        found = Campaign.objects.select_related("tenant").filter(
            tenant_id__in=request.access.tenant_ids, id=int(text)
        ).first()  # fmt: skip
    if found is None:
        raise Http404
    return found


def _upload(request: PageRequest, tenant: Tenant) -> ConversionUpload | None:
    """Return the upload that is asked for, None without one. Raises Http404."""
    text = request.GET.get("upload", "")
    if not text:
        return None
    found = None
    if text.isascii() and text.isdecimal() and len(text) < 19 and request.access.may("upload_conversions"):
        found = ConversionUpload.objects.filter(tenant=tenant, id=int(text)).defer("sealed", "errors").first()
    if found is None:
        raise Http404
    return found


def _tenants(request: PageRequest) -> tuple[list[int], Tenant | None]:
    """Return the tenants that the page shows, and the one that was asked for. Raises Http404 for one out of reach."""
    slug = request.GET.get("tenant", "").replace("\0", "")
    reached = sorted(request.access.tenant_ids)
    if not slug:
        return reached, None
    one = Tenant.objects.filter(id__in=reached, slug=slug).first()
    if one is None:
        raise Http404
    return [one.id], one


def _file_query(request: PageRequest, campaign: Campaign | None, one: Tenant | None, kept: dict) -> str:
    """Return the parameters of the list as a file; '' where the campaign's name, which they hold, is masked."""
    if campaign is None:
        return urlencode(kept)
    if request.access.masking.hides(campaign.name) or not campaign.name:
        return ""
    return urlencode(kept | {"campaign": campaign.name, "tenant": campaign.tenant.slug})


def _cursor(event: ConversionEvent) -> str:
    return keyset.encode((event.occurred_at, event.id))


def _edge(cursor: str) -> tuple[datetime, int]:
    """Return the time and id of the event that a page begins after. Raises BadCursor."""
    (at, id_), backwards = keyset.decode(cursor, length=2)
    try:
        time = datetime.fromisoformat(at)
    except (TypeError, ValueError) as error:
        raise keyset.BadCursor("not a cursor of this list") from error
    if type(id_) is not int or not 0 <= id_ < 2**63 or backwards or time.tzinfo is None:
        raise keyset.BadCursor("not a cursor of this list")
    return time, id_


def _shown(request: PageRequest, events: list[ConversionEvent]) -> list[dict]:
    masking = request.access.masking
    accounts = {event.attributed_account_id for event in events if event.attributed_account_id is not None}
    names: dict[int | None, str] = dict(GatewayAccount.objects.filter(id__in=accounts).values_list("id", "name"))
    ids = {event.attributed_campaign_id for event in events if event.attributed_campaign_id is not None}
    campaigns: dict[int | None, str] = dict(Campaign.objects.filter(id__in=ids).values_list("id", "name"))
    return [
        {
            "event": event,
            "event_id": masking.text(event.event_id),
            "value": None if event.value is None else money(event.value),
            "account": names.get(event.attributed_account_id),
            "message_id": event.attributed_message_id,
            "is_masked": bool(event.attributed_message_id) and masking.hides(event.attributed_message_id),
            "campaign": masking.text(campaigns.get(event.attributed_campaign_id, "")),
        }
        for event in events
    ]


def money(micros: int) -> str:
    """Return an amount of millionths in the notation of the page's language, with 2 to 6 decimals."""
    text = amount(micros)
    return number_format(Decimal(text), decimal_pos=len(text.partition(".")[2]), force_grouping=True)


def _period(request: PageRequest, tenant: Tenant) -> tuple[Period, str]:
    """Return the days that are asked for, or the last 30 and what is wrong."""
    today = local_day(timezone.now(), tenant.timezone)
    try:
        return parse(request.GET, today=today, read=parse_day), ""
    except PeriodError:
        text = _("Choose a first and a last day, at most %(most)s days. These are the last 30 days.")
        return named("30d", today=today), text % {"most": MAX_DAYS}


def _presets(request: PageRequest) -> list[dict]:
    chosen = request.GET.get("period", "" if request.GET.get("from") else "30d")
    names = (("7d", _("Last 7 days")), ("30d", _("Last 30 days")), ("90d", _("Last 90 days")))
    return [{"name": name, "text": text, "is_chosen": name == chosen} for name, text in names]

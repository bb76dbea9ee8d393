"""Pages of conversion events: their numbers by kind and reason, and lists of events."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count, QuerySet, Sum
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign, ConversionEvent, ConversionKind, ConversionUpload
from deliveries.conversions.api import amount
from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.common import keyset
from portal.common.days_typed import parse_day
from portal.common.period_picker import MAX_DAYS, Period, PeriodError, named, parse
from portal.common.periods import local_day, start_of_day
from portal.tenants.models import GatewayAccount, Tenant

PAGE = 50
MAX_UPLOADS = 20


@dataclass(slots=True)
class KindRow:
    """Numbers of events of a kind; `values` are (currency, sum of the attributed ones)."""

    name: str
    events: int = 0
    attributed: int = 0
    values: list[tuple[str, str]] = field(default_factory=list)

    @property
    def unattributed(self) -> int:
        return self.events - self.attributed


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Number of events that have no message for one reason."""

    code: str
    text: str
    events: int


@require_safe
@member_may("see_conversions")
def index(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Show the events of a period by kind, those without a message by reason, and the latest uploads."""
    period, error = _period(request, tenant)
    events = _of_period(tenant, period)
    kinds = {
        name: KindRow(name)
        for name in ConversionKind.objects.filter(tenant=tenant).order_by("name").values_list("name", flat=True)
    }
    reasons: dict[str, int] = {}
    for name, reason, count in events.values_list("kind__name", "reason").annotate(count=Count("id")).order_by():
        kinds[name].events += count
        if reason:
            reasons[reason] = reasons.get(reason, 0) + count
        else:
            kinds[name].attributed += count
    sums = events.filter(reason="", value__isnull=False).values_list("kind__name", "currency")
    for name, currency, total in sums.annotate(total=Sum("value")).order_by("currency"):
        kinds[name].values.append((currency, money(int(total))))
    context = {
        "page": "campaigns",
        "period": period,
        "period_error": error,
        "period_query": urlencode({"from": period.first, "to": period.last}),
        "presets": _presets(request),
        "kinds": list(kinds.values()),
        "total": sum(row.events for row in kinds.values()),
        "reasons": [
            ReasonRow(code, str(text), reasons[code])
            for code, text in ConversionEvent.Reason.choices
            if code in reasons
        ],
        "uploads": ConversionUpload.objects.filter(tenant=tenant)
        .defer("sealed", "errors")
        .order_by("-id")[:MAX_UPLOADS],
        "may_upload": request.access.may("upload_conversions"),
        "may_change": request.access.may("change_settings"),
    }
    return render(request, "conversions/index.html", context, status=422 if error else 200)


@require_safe
@member_may("see_conversions")
def events(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """List the events of a period, newest first, with the message or the reason of each.

    With `campaign` (an id) they are those that belong to messages of the campaign and of these days.
    """
    period, error = _period(request, tenant)
    campaign = _campaign(request)
    found = _of_campaign(campaign, period) if campaign else _of_period(tenant, period)
    found = found.select_related("kind", "campaign")
    kind, reason, attributed = (request.GET.get(name, "") for name in ("kind", "reason", "attributed"))
    if kind:
        found = found.filter(kind__name=kind)
    if reason:
        found = found.filter(reason=reason)
    if attributed in ("yes", "no"):
        found = found.filter(reason="") if attributed == "yes" else found.exclude(reason="")
    if before := request.GET.get("before", ""):
        try:
            at, id_ = _edge(before)
            found = found.filter(occurred_at__lte=at).exclude(occurred_at=at, id__gte=id_)
        except keyset.BadCursor:
            error = _("This page of the list does not exist")
    rows = list(found.order_by("-occurred_at", "-id")[: PAGE + 1])
    shown = rows[:PAGE]
    kept = {"from": period.first, "to": period.last, "kind": kind, "reason": reason, "attributed": attributed}
    kept |= {"campaign": campaign.id if campaign else ""}
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
        "reason": dict(ConversionEvent.Reason.choices).get(reason, ""),
        "attributed": attributed,
        "back": urlencode({"from": period.first, "to": period.last}),
    }
    return render(request, "conversions/events.html", context, status=422 if error else 200)


def _campaign(request: PageRequest) -> Campaign | None:
    """Return the campaign that is asked for, None without one. Raises Http404."""
    text = request.GET.get("campaign", "")
    if not text:
        return None
    found = None
    if text.isascii() and text.isdecimal() and len(text) < 10:
        found = Campaign.objects.filter(tenant_id__in=request.access.tenant_ids, id=int(text)).first()
    if found is None:
        raise Http404
    return found


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


def _of_period(tenant: Tenant, period: Period) -> QuerySet[ConversionEvent]:
    first = start_of_day(period.first, tenant.timezone)
    end = start_of_day(period.last + timedelta(days=1), tenant.timezone)
    return ConversionEvent.objects.filter(tenant=tenant, occurred_at__gte=first, occurred_at__lt=end)


def _of_campaign(campaign: Campaign, period: Period) -> QuerySet[ConversionEvent]:
    """Return the events of the campaign's messages of the days, with those of campaigns merged into it."""
    return ConversionEvent.objects.filter(
        tenant_id=campaign.tenant_id,
        attributed_campaign_id__in=ids_shown_as(campaign),
        attributed_message_id__isnull=False,
        attributed_message_day__range=(period.first, period.last),
    )


def _presets(request: PageRequest) -> list[dict]:
    chosen = request.GET.get("period", "" if request.GET.get("from") else "30d")
    names = (("7d", _("Last 7 days")), ("30d", _("Last 30 days")), ("90d", _("Last 90 days")))
    return [{"name": name, "text": text, "is_chosen": name == chosen} for name, text in names]

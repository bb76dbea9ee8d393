"""Conversion events of a period, by kind and by reason: the figures of page and file."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet, Sum

from campaigns.merging import ids_shown_as
from campaigns.models import Campaign, ConversionEvent, ConversionKind, ConversionUpload
from portal.common.period_picker import Period
from portal.common.periods import start_of_day
from portal.tenants.models import Tenant


@dataclass(slots=True)
class KindFigures:
    """Numbers of events of a kind, by its name; `values` are (currency, sum of the attributed ones in millionths)."""

    name: str
    events: int = 0
    attributed: int = 0
    values: list[tuple[str, int]] = field(default_factory=list)

    @property
    def unattributed(self) -> int:
        return self.events - self.attributed


@dataclass(frozen=True, slots=True)
class ReasonFigures:
    """Number of events that have no message for one reason."""

    code: str
    text: str
    events: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeFigures:
    """Numbers of events, and of those that have a message."""

    events: int
    attributed: int

    @property
    def unattributed(self) -> int:
        return self.events - self.attributed


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFigures(OutcomeFigures):
    """Numbers of events of one customer."""

    tenant: Tenant


def events_of(
    tenant_ids: Collection[int],
    first: date | None = None,
    last: date | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[ConversionEvent]:
    """Return the events that occurred from the day `first` to the day `last`, by each tenant's own days.

    `since` and `until` are instants, the latter not included.
    """
    zones: dict[str, list[int]] = {}
    for tenant_id, zone in Tenant.objects.filter(id__in=tenant_ids).order_by("id").values_list("id", "timezone"):
        zones.setdefault(zone, []).append(tenant_id)
    within = Q(tenant_id__in=[])
    for zone, ids in zones.items():
        days = Q(tenant_id__in=ids)
        if first is not None:
            days &= Q(occurred_at__gte=start_of_day(first, zone))
        if last is not None:
            days &= Q(occurred_at__lt=start_of_day(last + timedelta(days=1), zone))
        within |= days
    if since is not None:
        within &= Q(occurred_at__gte=since)
    if until is not None:
        within &= Q(occurred_at__lt=until)
    return ConversionEvent.objects.filter(within)


def events_of_campaign(campaign: Campaign, period: Period) -> QuerySet[ConversionEvent]:
    """Return the events of the campaign's messages of the days, with those of campaigns merged into it."""
    return ConversionEvent.objects.filter(
        tenant_id=campaign.tenant_id,
        attributed_campaign_id__in=ids_shown_as(campaign),
        attributed_message_id__isnull=False,
        attributed_message_day__range=(period.first, period.last),
    )


def events_of_messages(tenant_ids: Collection[int], first: date, last: date) -> QuerySet[ConversionEvent]:
    """Return the events of the messages of the days, whenever the events occurred."""
    return ConversionEvent.objects.filter(
        tenant_id__in=tenant_ids, attributed_message_id__isnull=False, attributed_message_day__range=(first, last)
    )


def of_campaign_named(
    events: QuerySet[ConversionEvent], name: str, tenant_ids: Collection[int]
) -> QuerySet[ConversionEvent]:
    """Return the events of messages of the campaigns of this name, and of all that are shown as part of them.

    The name of a merged campaign stands for the one that it is shown as.
    """
    named = Campaign.objects.filter(tenant_id__in=tenant_ids, name=name)
    shown = [merged_into or own for own, merged_into in named.values_list("id", "merged_into_id")]
    ids = Campaign.objects.filter(Q(id__in=shown) | Q(merged_into_id__in=shown)).values_list("id", flat=True)
    return events.filter(attributed_campaign_id__in=list(ids), attributed_message_id__isnull=False)


def narrowed(
    events: QuerySet[ConversionEvent], *, kind: str = "", reason: str = "", attributed: str = ""
) -> QuerySet[ConversionEvent]:
    """Return the events of a kind, with a reason, and with a message (`yes`) or without one (`no`)."""
    if kind:
        events = events.filter(kind__name=kind)
    if reason:
        events = events.filter(reason=reason)
    if attributed in ("yes", "no"):
        events = events.filter(reason="") if attributed == "yes" else events.exclude(reason="")
    return events


def by_kind(events: QuerySet[ConversionEvent], tenant_ids: Collection[int]) -> list[KindFigures]:
    """Return the kinds of the tenants with their events, by name; kinds of one name are one."""
    names = ConversionKind.objects.filter(tenant_id__in=tenant_ids).order_by("name").values_list("name", flat=True)
    found = {name: KindFigures(name) for name in names}
    counts = events.values_list("kind__name", "reason").annotate(count=Count("id")).order_by()
    for name, reason, count in counts:
        found[name].events += count
        found[name].attributed += 0 if reason else count
    sums = events.filter(reason="", value__isnull=False).values_list("kind__name", "currency")
    for name, currency, total in sums.annotate(total=Sum("value")).order_by("currency"):
        found[name].values.append((currency, int(total)))
    return list(found.values())


def by_reason(events: QuerySet[ConversionEvent]) -> list[ReasonFigures]:
    """Return the reasons of events without a message, in the order of Reason."""
    counts = dict(events.exclude(reason="").values_list("reason").annotate(count=Count("id")).order_by())
    choices = ConversionEvent.Reason.choices
    return [ReasonFigures(code, str(text), counts[code]) for code, text in choices if code in counts]


def by_outcome(upload: ConversionUpload) -> OutcomeFigures:
    """Return the stored events of an upload, by whether they have a message."""
    counts = {"events": Count("id"), "attributed": Count("id", filter=Q(reason=""))}
    return OutcomeFigures(**ConversionEvent.objects.filter(tenant=upload.tenant, upload=upload).aggregate(**counts))


def by_customer(events: QuerySet[ConversionEvent]) -> list[CustomerFigures]:
    """Return the customers that have events, those with the most first."""
    counts = events.values_list("tenant_id").annotate(all=Count("id"), attributed=Count("id", filter=Q(reason="")))
    rows = {tenant_id: (all_, attributed) for tenant_id, all_, attributed in counts.order_by()}
    tenants = Tenant.objects.in_bulk(rows)
    found = [
        CustomerFigures(tenant=tenants[tenant_id], events=events_, attributed=attributed)
        for tenant_id, (events_, attributed) in rows.items()
    ]
    return sorted(found, key=lambda row: (-row.events, row.tenant.name))

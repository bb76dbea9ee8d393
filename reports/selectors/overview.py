"""All that a tenant's Overview page shows, from the counts alone, in a fixed number of queries."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q, Sum

from campaigns.models import NO_CAMPAIGN, OTHER_CAMPAIGNS, Campaign
from campaigns.statistics import rate
from deliveries.dialects.advice import advice
from deliveries.dialects.codes import COUNTS_AS
from deliveries.models import CampaignCount, DailyCount, LatencyCount, ResultCode
from portal.common.periods import day_bounds
from portal.tenants.models import Feed, Tenant
from reports.kpis import Changes, Kpis, changes
from reports.selectors.statistics import OTHER, Group, count_rows, finality, kpis_of, statistics, sums, total
from reports.statistics_query import StatisticsQuery

TOP_CAMPAIGNS = 10

_UNKNOWN_CODE = {"en": "A code that is not in the table", "fi": "Koodi, jota ei ole taulukossa"}
_NOT_DELIVERED = [status for status, counts_as in COUNTS_AS.items() if counts_as in ("failed", "unknown")]


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of the period; days without messages are there, with zeros."""

    day: date
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A tenant's campaign; `name` is `(other)` for what is over the daily limit of new ones."""

    campaign_id: int
    name: str
    tenant: str
    kpis: Kpis


@dataclass(frozen=True, slots=True)
class FailureRow:
    """Messages that one result code kept from being delivered, or of which it says nothing sure.

    `text` is the code's meaning and `advice` what a sender can do, both in the language asked for; `share` is that of
    all failed and unknown messages.
    """

    result_code: int
    status: str
    reason: str
    text: str
    advice: str
    messages: int
    share: float


@dataclass(frozen=True, slots=True)
class Overview:
    """The figures of a period. `before` and `changes` are None where it is not compared.

    From `provisional_from` on, late reports are still expected (None: all is over). `campaigns` are the largest ones,
    without the messages that have none.
    """

    first: date
    last: date
    kpis: Kpis
    before: Kpis | None
    changes: Changes | None
    provisional_from: date | None
    days: list[DayRow]
    countries: list[Group]
    campaigns: list[CampaignRow]
    failures: list[FailureRow]


def overview(
    *,
    tenant_ids: Collection[int],
    first: date,
    last: date,
    now: datetime,
    language: str = "en",
    compare: tuple[date, date] | None = None,
    top: int = TOP_CAMPAIGNS,
) -> Overview:
    """Return the figures of the tenants from `first` to `last`, both included; `compare` is the period before."""
    query = StatisticsQuery(tenant_ids=tenant_ids, first=first, last=last)
    final = finality()
    countries = statistics(replace(query, group_by=("country",)), final=final)
    kpis = sum((group.kpis for group in countries), Kpis(latency={}))
    before = total(replace(query, first=compare[0], last=compare[1]), final=final) if compare else None
    return Overview(
        first=first,
        last=last,
        kpis=kpis,
        before=before,
        changes=changes(kpis, before) if before else None,
        provisional_from=provisional_from(tenant_ids=tenant_ids, first=first, last=last, now=now),
        days=days(query, final=final),
        countries=countries,
        campaigns=top_campaigns(query, limit=top, final=final),
        failures=failures(query, language=language),
    )


def provisional_from(*, tenant_ids: Collection[int], first: date, last: date, now: datetime) -> date | None:
    """Return the first day of the period whose grace is not over in every tenant's zone, None where it is for all."""
    zones = Tenant.objects.filter(id__in=tenant_ids).values_list("timezone", flat=True).distinct()
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    found = None
    for zone in zones:
        # Backwards from the newest day: a long period is mostly over.
        day = last
        while day >= first and now < day_bounds(day, zone)[1] + grace:
            found = day if found is None else min(found, day)
            day -= timedelta(days=1)
    return found


def days(query: StatisticsQuery, *, final: Q | None = None) -> list[DayRow]:
    """Return every day of the period in order, without times to delivery."""
    groups = statistics(replace(query, group_by=("day",), with_latency=False), final=final)
    found = {group.key["day"]: group.kpis for group in groups}
    count = (query.last - query.first).days + 1
    every = [query.first + timedelta(days=n) for n in range(count)]
    return [DayRow(day, found.get(day, Kpis())) for day in every]


def top_campaigns(query: StatisticsQuery, *, limit: int = TOP_CAMPAIGNS, final: Q | None = None) -> list[CampaignRow]:
    """Return the campaigns with the most messages, the largest first."""
    rows = count_rows(query, CampaignCount).exclude(campaign_id=NO_CAMPAIGN).values("tenant_id", "campaign_id")
    rows = (
        rows.annotate(**sums(finality() if final is None else final))
        .filter(n_messages__gt=0)
        .order_by("-n_messages", "tenant_id", "campaign_id")
    )
    rows = list(rows[:limit])
    ids = sorted({row["campaign_id"] for row in rows})
    names = dict(Campaign.objects.filter(id__in=ids).values_list("id", "name")) | {OTHER_CAMPAIGNS: OTHER}
    tenants = dict(Tenant.objects.filter(id__in=[row["tenant_id"] for row in rows]).values_list("id", "slug"))
    latency: dict[tuple, dict[int, int]] = {(row["tenant_id"], row["campaign_id"]): {} for row in rows}
    counted = count_rows(query, LatencyCount).filter(campaign_id__in=ids).values("tenant_id", "campaign_id", "bucket")
    for row in counted.annotate(n=Sum("messages")).filter(n__gt=0):
        if (key := (row["tenant_id"], row["campaign_id"])) in latency:
            latency[key][row["bucket"]] = row["n"]
    return [
        CampaignRow(
            campaign_id=row["campaign_id"],
            name=names[row["campaign_id"]],
            tenant=tenants[row["tenant_id"]],
            kpis=replace(kpis_of(row), latency=latency[row["tenant_id"], row["campaign_id"]]),
        )
        for row in rows
    ]


def failures(query: StatisticsQuery, *, language: str = "en") -> list[FailureRow]:
    """Return the codes of failed and unknown messages, the most frequent first."""
    dialects = dict(Feed.objects.values_list("account_id", "dialect"))
    codes = {(code.dialect, code.code): code for code in ResultCode.objects.all()}
    rows = count_rows(query, DailyCount).filter(status__in=_NOT_DELIVERED).values("account_id", "status", "result_code")
    found: dict[tuple, int] = {}
    for row in rows.annotate(n=Sum("messages")).filter(n__gt=0):
        key = (dialects.get(row["account_id"]), row["result_code"], row["status"])
        found[key] = found.get(key, 0) + row["n"]
    of = sum(found.values())
    result = []
    for (dialect, number, status), n in found.items():
        code = codes.get((dialect, number))
        reason = code.reason or "other" if code else "other"
        text = _UNKNOWN_CODE["fi" if language == "fi" else "en"]
        if code is not None:
            text = (code.text_fi if language == "fi" else "") or code.text_en
        result.append(FailureRow(number, status, reason, text, advice(reason, language), n, rate(n, of)))
    return sorted(result, key=lambda row: (-row.messages, row.result_code, row.status))

"""Figures of a campaign's variants, or of variants chosen by their refIds.

Variants of the refId scheme are read from the counts, so that a large campaign is read fast. Counts have no times, so
the messages of the last `within` seconds are read besides and taken off. Variants by refIds are read from the messages.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from campaigns.latency import bucket_of
from campaigns.merging import ids_shown_as
from campaigns.models import Campaign
from deliveries.dialects.codes import COUNTS_AS
from reports.campaigns.ab_figures import Counts, Place, Variant
from reports.campaigns.ab_verdict import is_mature
from reports.campaigns.life import life_of
from reports.figures.kpis import Kpis
from reports.figures.query import StatisticsQuery
from reports.figures.statistics import finality, statistics
from reports.figures.volume import Volume

MAX_VARIANTS = 20

_CLASSES = ("delivered", "failed", "pending", "unknown")
_SENT = """
SELECT v.variant, min(first.sent_at), max(last.sent_at)
FROM unnest(%(variants)s::text[]) AS v (variant) CROSS JOIN unnest(%(campaigns)s::int[]) AS c (id)
CROSS JOIN LATERAL (
    SELECT sent_at FROM message WHERE tenant_id = %(tenant)s AND campaign_id = c.id AND variant = v.variant
    ORDER BY sent_at LIMIT 1
) AS first CROSS JOIN LATERAL (
    SELECT sent_at FROM message WHERE tenant_id = %(tenant)s AND campaign_id = c.id AND variant = v.variant
    ORDER BY sent_at DESC LIMIT 1
) AS last GROUP BY v.variant
"""
_RECENT = """
SELECT variant, country, operator, count(*), count(*) FILTER (WHERE latency_bucket <= %(bucket)s) FROM message
WHERE tenant_id = %(tenant)s AND campaign_id = ANY (%(campaigns)s) AND sent_at > %(edge)s AND day >= %(day)s
GROUP BY 1, 2, 3
"""
_BY_REF_ID = """
SELECT ref_id, country, operator, status, count(*), count(*) FILTER (WHERE final),
    count(*) FILTER (WHERE sent_at <= %(edge)s),
    count(*) FILTER (WHERE sent_at <= %(edge)s AND latency_bucket <= %(bucket)s), min(sent_at), max(sent_at),
    array_agg(DISTINCT campaign_id)
FROM message WHERE tenant_id = %(tenant)s AND ref_id = ANY (%(ref_ids)s) GROUP BY 1, 2, 3, 4
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantFigures:
    """A variant for the verdict, with its messages by what became of them, in all and by place.

    `final` are those with a final status. `ref_ids` are the messages by refId where it was chosen by refIds, and
    `campaign_ids` their campaigns then.
    """

    variant: Variant
    volume: Volume
    final: int
    places: Mapping[Place, Volume]
    ref_ids: Mapping[str, int]
    campaign_ids: frozenset[int] = frozenset()


class TooManyVariants(ValueError):
    """The campaign has more variants than a comparison takes; `variants` is how many."""

    def __init__(self, variants: int) -> None:
        super().__init__(f"{variants} variants, at most {MAX_VARIANTS}")
        self.variants = variants


def variants_of_campaign(campaign: Campaign, *, within: int, now: datetime) -> tuple[list[VariantFigures], int]:
    """Return the variants of the campaign by name, and the messages without a variant. Raises TooManyVariants."""
    life = life_of(campaign)
    if life is None:
        return [], 0
    campaign_ids = ids_shown_as(campaign)
    query = StatisticsQuery(
        tenant_ids=[campaign.tenant_id],
        first=life.first,
        last=life.last,
        group_by=("variant", "country", "operator"),
        filters={"campaign": [campaign.name]},
    )
    groups = statistics(query, final=finality())
    names = sorted({str(group.key["variant"]) for group in groups} - {""})
    if len(names) > MAX_VARIANTS:
        raise TooManyVariants(len(names))
    kpis: dict[str, dict[Place, Kpis]] = defaultdict(dict)
    for group in groups:
        kpis[str(group.key["variant"])][str(group.key["country"]), str(group.key["operator"])] = group.kpis
    sent = _sent(campaign, campaign_ids, names)
    recent = _recent(campaign, campaign_ids, within=within, now=now)
    bucket = bucket_of(within)
    found = [_of_counts(name, kpis[name], sent.get(name), recent, bucket, now) for name in names]
    return found, sum(one.volume.messages for one in kpis.get("", {}).values())


def variants_of_ref_ids(
    tenant_id: int, chosen: Mapping[str, Sequence[str]], *, within: int, now: datetime
) -> list[VariantFigures]:
    """Return the variants that are chosen by refIds, in their order; no refId is in two of them."""
    values: dict[str, Any] = {
        "tenant": tenant_id,
        "ref_ids": sorted({ref_id for ref_ids in chosen.values() for ref_id in ref_ids}),
        "edge": now - timedelta(seconds=within),
        "bucket": bucket_of(within),
    }
    with connection.cursor() as cursor:
        cursor.execute(_BY_REF_ID, values)
        rows = cursor.fetchall()
    return [
        _of_rows(name, ref_ids, [row for row in rows if row[0] in ref_ids], now) for name, ref_ids in chosen.items()
    ]


def _of_counts(
    name: str,
    kpis: Mapping[Place, Kpis],
    sent: tuple[datetime, datetime] | None,
    recent: Mapping[tuple[str, str, str], tuple[int, int]],
    bucket: int,
    now: datetime,
) -> VariantFigures:
    total = sum(kpis.values(), Kpis())
    places = {}
    for place, one in kpis.items():
        young, young_in_time = recent.get((name, *place), (0, 0))
        in_time = sum(n for bucket_, n in (one.latency or {}).items() if bucket_ <= bucket)
        places[place] = Counts(
            messages=one.volume.messages,
            delivered=one.volume.delivered,
            aged=one.volume.messages - young,
            in_time=in_time - young_in_time,
        )
    first, last = sent or (None, None)
    return VariantFigures(
        variant=Variant(
            name=name,
            places=places,
            first=first,
            last=last,
            is_mature=_is_mature(last, total.final or 0, total.volume.messages, now),
        ),
        volume=total.volume,
        final=total.final or 0,
        places={place: one.volume for place, one in kpis.items()},
        ref_ids={},
    )


def _of_rows(name: str, ref_ids: Sequence[str], rows: Sequence[tuple], now: datetime) -> VariantFigures:
    places: dict[Place, Counts] = defaultdict(Counts)
    volumes: dict[Place, Volume] = defaultdict(Volume)
    by_ref_id = dict.fromkeys(ref_ids, 0)
    final = 0
    campaign_ids: set[int] = set()
    for ref_id, country, operator, status, messages, finals, aged, in_time, _first, _last, campaigns in rows:
        counts_as = COUNTS_AS[status]
        places[country, operator] += Counts(
            messages=messages, delivered=messages if counts_as == "delivered" else 0, aged=aged, in_time=in_time
        )
        volumes[country, operator] += Volume(
            messages=messages, parts=0, **{one: messages if one == counts_as else 0 for one in _CLASSES}
        )
        by_ref_id[ref_id] += messages
        final += finals
        campaign_ids |= set(campaigns)
    last = max((row[9] for row in rows), default=None)
    total = sum(volumes.values(), Volume())
    return VariantFigures(
        variant=Variant(
            name=name,
            places=dict(places),
            first=min((row[8] for row in rows), default=None),
            last=last,
            is_mature=_is_mature(last, final, total.messages, now),
        ),
        volume=total,
        final=final,
        places=dict(volumes),
        ref_ids=by_ref_id,
        campaign_ids=frozenset(campaign_ids),
    )


def _is_mature(last: datetime | None, final: int, messages: int, now: datetime) -> bool:
    grace = timedelta(hours=settings.REPORT_GRACE_HOURS)
    return is_mature(last=last, final=final, messages=messages, now=now, grace=grace)


def _of(campaign: Campaign, campaign_ids: Sequence[int]) -> dict[str, Any]:
    """Return the parameters that keep a statement to the messages of the campaign and of those merged into it."""
    return {"tenant": campaign.tenant_id, "campaigns": campaign_ids}


def _sent(
    campaign: Campaign, campaign_ids: Sequence[int], variants: Sequence[str]
) -> dict[str, tuple[datetime, datetime]]:
    """Return when each variant's first and last stored message was sent."""
    with connection.cursor() as cursor:
        cursor.execute(_SENT, _of(campaign, campaign_ids) | {"variants": list(variants)})
        return {variant: (first, last) for variant, first, last in cursor.fetchall()}


def _recent(
    campaign: Campaign, campaign_ids: Sequence[int], *, within: int, now: datetime
) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Return the messages of the last `within` seconds by variant and place, and those that were in time."""
    edge = now - timedelta(seconds=within)
    values: dict[str, Any] = {"edge": edge, "day": edge.date() - timedelta(days=1), "bucket": bucket_of(within)}
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, _of(campaign, campaign_ids) | values)
        return {(variant, country, operator): (n, in_time) for variant, country, operator, n, in_time in cursor}

"""Rows of a period by campaign, as SQL: what the list of campaigns sums and sorts (listing_sql.py)."""

from collections.abc import Sequence
from dataclasses import replace

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Aggregate, F, Max, Min, Q, QuerySet, SmallIntegerField, Sum, Value
from django.db.models.functions import Cast

from deliveries.models import CampaignCount, CondensedCampaign, LatencyCount
from reports.campaigns.listing_sql import (
    BUCKET_COUNT,
    BUCKETS_OF_COUNTS,
    BUCKETS_OF_ROLLUPS,
    EVENTS_OF_CAMPAIGNS,
    MEDIAN,
    MEDIANS_OF_COUNTS,
    VARIANT_COUNT,
    VARIANTS,
)
from reports.figures.query import StatisticsQuery
from reports.figures.rollups import Ready, as_float, bucket_rows, named, ready_spans, union_all
from reports.figures.statistics import count_sources, sums

_DAYS = ("first", "last")
# What a column is sorted by besides the sums of `sums`.
OWN_COLUMNS = {
    "first": ("first_day",),
    "last": ("last_day",),
    "maturity": ("n_final",),
    "median": ("median",),
    "conversions": ("events",),
    "variants": ("variants",),
}


def rows_to_sort(
    query: StatisticsQuery, column: str, *, final: Q, ready: Ready, parameters: dict
) -> tuple[str, str, str]:
    """Return the SQL of the period's rows by campaign, and of the exact values of a column that is known by bounds.

    The third text is what both read, a CTE. All have named parameters, which are added to `parameters`. `ready` is that
    of the query.
    """
    by_campaign = replace(query, group_by=("campaign",))
    if column == "maturity":
        ready = ready_spans(query.tenant_ids, query.first, query.last, with_final=True)
    elif column in _DAYS and query.filters.keys() - {"tenant"}:  # only sums by campaign alone hold them for a month
        ready = ready_spans(query.tenant_ids, query.first, query.last, by_day=True)
    own = OWN_COLUMNS.get(column, ())
    names = tuple(sums(CampaignCount))
    rows = []
    for source in count_sources(by_campaign, CampaignCount, ready=ready):
        if source.model is CondensedCampaign:  # a row is a sum already
            wanted: dict = {name: F(name.removeprefix("n_")) for name in (*names, *own) if name.startswith("n_")}
            wanted |= {name: Value(0) for name in own if name == "events"}
            rows.append(source.annotate(**wanted).values_list("campaign_id", *names, *own))
        else:
            wanted = sums(source.model, as_float) | {name: _counted(name, final) for name in own}
            rows.append(source.values("campaign_id").annotate(**wanted).values_list("campaign_id", *names, *own))
    if column == "variants":
        return _rows_with_variants(rows, parameters)
    sql = named(union_all(rows), parameters)
    zeros = ", ".join("0" for _name in names)
    if column == "conversions" and not query.filters:  # events have no country and no operator
        parameters |= {"first": query.first, "last": query.last}
        sql += f" UNION ALL ({EVENTS_OF_CAMPAIGNS.format(zeros=zeros)})"
    if column != "median":
        return sql, "", ""
    before, buckets = "", []
    if counted := [
        _by_bucket(source)
        for source in count_sources(by_campaign, LatencyCount, ready=ready)
        if source.model is not CondensedCampaign
    ]:
        own_rows = " UNION ALL ".join(f"({named(statement, parameters)})" for statement in counted)
        sql += f" UNION ALL ({MEDIANS_OF_COUNTS.format(zeros=zeros)})"
        before = BUCKET_COUNT.format(rows=own_rows)
        buckets.append(BUCKETS_OF_COUNTS)
    held = ("campaign_id", "buckets", "bucket_messages")
    for source in rows:
        if source.model is CondensedCampaign:
            own_rows = named(union_all([source.values_list(*held)]), parameters)
            buckets.append(BUCKETS_OF_ROLLUPS.format(rows=own_rows))
    return sql, MEDIAN.format(rows=" UNION ALL ".join(buckets)), before


def _by_bucket(source: QuerySet) -> tuple[str, Sequence]:
    """Return the SQL of campaign, bucket and messages of a source of LatencyCount, and its parameters."""
    if source.model is not LatencyCount:
        return bucket_rows(source, ("campaign_id",))
    counted = source.values("campaign_id", "bucket").annotate(n=Sum(as_float("messages"))).filter(n__gt=0)
    return counted.query.sql_with_params()


def _rows_with_variants(rows: list[QuerySet], parameters: dict) -> tuple[str, str, str]:
    """Return what `rows_to_sort` returns for variants."""
    before, whole, own = "", [], []
    for source in rows:
        if source.model is CampaignCount:
            before = VARIANT_COUNT.format(rows=named(source.query.sql_with_params(), parameters))
            whole.append("SELECT * FROM variant_count")
            own.append("SELECT campaign_id, variants FROM variant_count")
        else:
            whole.append(named(union_all([source]), parameters))
            own.append(named(union_all([source.values_list("campaign_id", "variants")]), parameters))
    return " UNION ALL ".join(whole), VARIANTS.format(rows=" UNION ALL ".join(own)), before


def _counted(name: str, final: Q) -> Aggregate:
    """Return a column of `OWN_COLUMNS` over rows of counts; their medians are in rows of their own."""
    has_messages = Q(messages__gt=0)
    aggregates: dict[str, Aggregate] = {
        "n_final": Sum(as_float("messages"), filter=final, default=0),
        "first_day": Min("day", filter=has_messages),
        "last_day": Max("day", filter=has_messages),
        "median": Max(Cast(Value(None), SmallIntegerField())),
        "events": Max(Value(0)),
        "variants": ArrayAgg(
            "variant", distinct=True, order_by="variant", filter=has_messages & ~Q(variant=""), default=Value([])
        ),
    }
    return aggregates[name]

"""Statements that sort the campaigns of a period, choose a page of them and sum the others.

Most campaigns are neither merged nor archived, so only the others are looked up before the rows are summed. The rows
are summed once, by campaign; the parts of the list are sums of these.
"""

from collections.abc import Sequence

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID
from reports.figures.rollups import summed

LISTED, HIDDEN = 1, 2
PARTS = {NO_CAMPAIGN_ID: "none", OTHER_CAMPAIGNS_ID: "over", LISTED: "listed", HIDDEN: "hidden"}
_MOST = 2**31 - 1
# What a column is sorted by, of the rows of a campaign as it is shown.
SORTED_BY = {
    "name": "NULL",  # looked up when the rows are summed
    "first": "min(first_day)",
    "last": "max(last_day)",
    "messages": summed("n_messages"),
    "delivery_rate": f"{summed('n_delivered')} / {summed('n_messages')}",
    "failed": summed("n_failed"),
    "conversions": summed("events"),
    "maturity": f"{summed('n_final')} / {summed('n_messages')}",
}
# Bounds of columns that are no sum of a campaign's rows: the value lies between them, and is both where they are equal.
# The median of several rows lies between their medians; their variants are one row's at least and all rows' at most.
BOUNDS = {
    "median": ("min(median)::int", "max(median)::int"),
    "variants": (
        "coalesce(max(cardinality(variants)), 0)::int",
        # equal hashes are equal arrays; comparing arrays takes longer
        "coalesce(CASE WHEN min(hash_array_extended(variants, 0)) = max(hash_array_extended(variants, 0))"
        " THEN max(cardinality(variants)) ELSE sum(cardinality(variants)) END, 0)::int",
    ),
}
_SORTED = f"""
WITH {{before}}shown_as AS MATERIALIZED (
    SELECT c.id, coalesce(m.id, c.id) AS shown_id, ({{wanted}}) AS is_wanted
    FROM campaigns_campaign AS c LEFT JOIN campaigns_campaign AS m ON m.id = c.merged_into_id
    WHERE c.tenant_id = ANY (%(tenants)s) AND (c.merged_into_id IS NOT NULL OR c.archived_at IS NOT NULL OR {{others}})
), sorted AS MATERIALIZED (
    SELECT coalesce(s.shown_id, r.campaign_id) AS shown_id, min(CASE
        WHEN r.campaign_id <= 0 THEN r.campaign_id WHEN coalesce(s.is_wanted, {{is_usual}}) THEN {LISTED}
        ELSE {HIDDEN} END) AS kind, {{sorted_by}}, {{sums}}
    FROM ({{rows}}) AS r LEFT JOIN shown_as AS s ON s.id = r.campaign_id
    GROUP BY 1 HAVING {summed("n_messages")} > 0
)"""  # noqa: S608  constants of this module
_NAMES = """
, named AS MATERIALIZED (
    SELECT id, coalesce(nullif(title, ''), name) AS label FROM campaigns_campaign WHERE tenant_id = ANY (%(tenants)s)
)"""
_PLACES = {
    "name": {"names": _NAMES, "of": "sorted LEFT JOIN named ON id = shown_id", "place": "label"},
    "other": {"names": "", "of": "sorted", "place": "place"},
}
_PAGE = f"""
{{names}}, page AS MATERIALIZED (
    SELECT shown_id FROM {{of}} WHERE kind = {LISTED}
    ORDER BY {{place}} {{way}} NULLS LAST, shown_id LIMIT %(limit)s OFFSET %(offset)s
)"""  # noqa: S608  constants of this module
# The bounds say which campaigns can be on the page. Only those are counted exactly whose bounds differ.
_BOUNDED_PAGE = f"""
, bound AS MATERIALIZED (
    SELECT
        coalesce((SELECT low FROM sorted WHERE kind = {LISTED} ORDER BY low {{way}} OFFSET %(low_at)s LIMIT 1),
                 -2) AS low,
        coalesce((SELECT high FROM sorted WHERE kind = {LISTED} ORDER BY high {{way}} OFFSET %(high_at)s LIMIT 1),
                 {_MOST}) AS high
), near AS MATERIALIZED (
    SELECT s.shown_id, s.low, s.high FROM sorted AS s CROSS JOIN bound AS b
    WHERE s.kind = {LISTED} AND s.high >= b.low AND s.low <= b.high
), inexact AS MATERIALIZED (
    SELECT shown_id AS id, shown_id FROM near WHERE low < high
    UNION SELECT s.id, s.shown_id FROM near JOIN shown_as AS s USING (shown_id) WHERE low < high
), exact AS MATERIALIZED ({{exact}}
), page AS MATERIALIZED (
    SELECT shown_id FROM (
        SELECT shown_id, low AS value FROM near WHERE low = high UNION ALL SELECT shown_id, value FROM exact
    ) AS n ORDER BY value {{way}}, shown_id LIMIT %(limit)s
    OFFSET %(offset)s - (
        SELECT count(*) FROM sorted AS s CROSS JOIN bound AS b WHERE s.kind = {LISTED} AND {{is_ahead}}
    )
)"""  # noqa: S608  constants of this module
_PARTS = """
SELECT part, ARRAY(SELECT shown_id FROM page), count(*), {sums}
FROM (
    SELECT CASE WHEN p.shown_id IS NULL THEN s.kind END AS part, {names}
    FROM sorted AS s LEFT JOIN page AS p ON p.shown_id = s.shown_id
) AS parts GROUP BY part
"""
# Rows are read one after the other and not looked up campaign by campaign: there may be thousands (OFFSET 0).
_OF_INEXACT = "JOIN inexact AS i ON i.id = r.campaign_id"
# The bucket of each campaign's median: the first one that reaches half of the delivered messages.
# PostgreSQL expects few rows, and would sort all of them on disk before it sums them. MATERIALIZED keeps the order of
# what follows from it; of a series that ends where a query says it expects a thousand rows, of which there are none.
MEDIAN = f"""
    WITH bucket_sum AS MATERIALIZED (
        SELECT shown_id, bucket, {summed("n")} AS n FROM (
            {{rows}} UNION ALL SELECT 0, 0::smallint, 0 FROM generate_series(1, (SELECT 0))
        ) AS b GROUP BY shown_id, bucket
    )
    SELECT shown_id, min(bucket)::int AS value FROM (
        SELECT shown_id, bucket, sum(n) OVER (PARTITION BY shown_id ORDER BY bucket ROWS UNBOUNDED PRECEDING) AS seen,
               sum(n) OVER (PARTITION BY shown_id) AS every FROM bucket_sum
    ) AS seen WHERE seen * 2 >= every GROUP BY shown_id
"""  # noqa: S608  constants of this module
# In the list of columns both arrays are unnested in step, faster than as a function of each row.
BUCKETS_OF_ROLLUPS = f"""
    SELECT i.shown_id, unnest(r.buckets) AS bucket, unnest(r.bucket_messages) AS n
    FROM ({{rows}} OFFSET 0) AS r {_OF_INEXACT}
"""  # noqa: S608  constants of this module
# The days that are not rolled up, by campaign and bucket: read once, for the bounds and for the exact medians.
BUCKET_COUNT = "bucket_count AS MATERIALIZED ({rows}), "
BUCKETS_OF_COUNTS = f"SELECT i.shown_id, r.bucket, r.n FROM bucket_count AS r {_OF_INEXACT}"  # noqa: S608  constants of this module
# Their medians, as rows of their own without messages.
MEDIANS_OF_COUNTS = f"""
    SELECT campaign_id, {{zeros}}, min(bucket)::smallint FROM (
        SELECT campaign_id, bucket,
               {summed("n")} OVER (PARTITION BY campaign_id ORDER BY bucket ROWS UNBOUNDED PRECEDING) AS seen,
               {summed("n")} OVER (PARTITION BY campaign_id) AS every FROM bucket_count
    ) AS seen WHERE seen * 2 >= every GROUP BY 1
"""  # noqa: S608  constants of this module
# The attributed events of each campaign, as rows of their own without messages.
EVENTS_OF_CAMPAIGNS = f"""
    SELECT coalesce(attributed_campaign_id, {NO_CAMPAIGN_ID}), {{zeros}}, count(*) FROM conversion_event
    WHERE tenant_id = ANY (%(tenants)s) AND attributed_message_id IS NOT NULL
    AND attributed_message_day BETWEEN %(first)s AND %(last)s GROUP BY 1
"""  # noqa: S608  constants of this module
# The variants of the days that are not rolled up, too, are read once.
VARIANT_COUNT = "variant_count AS MATERIALIZED ({rows}), "
VARIANTS = f"""
    SELECT i.shown_id, count(DISTINCT v.variant)::int AS value FROM ({{rows}} OFFSET 0) AS r {_OF_INEXACT}
    CROSS JOIN unnest(r.variants) AS v (variant) GROUP BY i.shown_id
"""  # noqa: S608  constants of this module


def placed(*, column: str, way: str, exact: str, names: Sequence[str], **parts: str) -> str:
    """Return the statement of a page sorted by a column; `parts` are those of the templates above.

    `names` are the columns that are summed.
    """
    if column in BOUNDS:
        low, high = BOUNDS[column]
        sorted_by = f"coalesce({low}, %(nothing)s) AS low, coalesce({high}, %(nothing)s) AS high"
        is_ahead = "s.low > b.high" if way == "DESC" else "s.high < b.low"
        page = _BOUNDED_PAGE.format(way=way, exact=exact, is_ahead=is_ahead)
    else:
        sorted_by = f"{SORTED_BY[column]} AS place"
        page = _PAGE.format(way=way, **_PLACES["name" if column == "name" else "other"])
    sums = ", ".join(f"{summed(name)} AS {name}" for name in names)
    parts_sums = ", ".join(f"{summed(name)}::bigint" for name in names)
    return (
        _SORTED.format(sorted_by=sorted_by, sums=sums, **parts)
        + page
        + _PARTS.format(sums=parts_sums, names=", ".join(names))
    )


def bounds_at(*, way: str, offset: int, limit: int) -> dict[str, int]:
    """Return the places in the order where the bounds of a page are read, and the value of campaigns without one."""
    first, last = offset, offset + limit - 1
    if way == "DESC":
        return {"low_at": last, "high_at": first, "nothing": -1}
    return {"low_at": first, "high_at": last, "nothing": _MOST}

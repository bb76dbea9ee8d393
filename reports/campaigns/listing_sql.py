"""Statements that sort the campaigns of a period, choose a page of them and sum the others."""

from campaigns.models import NO_CAMPAIGN_ID, OTHER_CAMPAIGNS_ID

# What a column is sorted by, of the rows of a campaign as it is shown.
SORTED_BY = {
    "name": "min(label)",
    "first": "min(value)",
    "last": "max(value)",
    "messages": "sum(n_messages)::bigint",
    "delivery_rate": "sum(n_delivered)::float / sum(n_messages)::float",
    "failed": "sum(n_failed)::bigint",
    "median": "max(value)",
    "maturity": "sum(value)::float / sum(n_messages)::float",
    "variants": "max(value)",
}
# The period's rows are read once, and joined to how their campaigns are shown before they are summed: the planner
# knows how many rows and campaigns there are, but little of how many sums. By campaign only what sorts is summed, the
# rest by part of the list: sums of 50,000 campaigns would not fit in the memory of a query. 0 is no campaign, -1 what
# is over the daily limit.
PLACED = f"""
WITH shown_as AS MATERIALIZED (
    SELECT c.id, coalesce(m.id, c.id) AS shown_id, {{label}} AS label, ({{wanted}}) AS is_wanted
    FROM campaigns_campaign AS c LEFT JOIN campaigns_campaign AS m ON m.id = c.merged_into_id
    WHERE c.tenant_id = ANY (%(tenants)s)
), counted AS MATERIALIZED (
    SELECT coalesce(s.shown_id, r.campaign_id) AS shown_id, s.label, {{names}}, value, CASE
        WHEN r.campaign_id = {NO_CAMPAIGN_ID} THEN 'none' WHEN r.campaign_id = {OTHER_CAMPAIGNS_ID} THEN 'over'
        WHEN s.is_wanted THEN 'listed' ELSE 'hidden' END AS kind
    FROM ({{rows}}) AS r LEFT JOIN shown_as AS s ON s.id = r.campaign_id
), sorted AS MATERIALIZED (
    SELECT shown_id, kind, {{order}} AS sorted_by FROM counted GROUP BY shown_id, kind HAVING sum(n_messages) > 0
), page AS MATERIALIZED (
    SELECT shown_id FROM sorted WHERE kind = 'listed'
    ORDER BY sorted_by {{way}} NULLS LAST, shown_id LIMIT %(limit)s OFFSET %(offset)s
)
SELECT part, ARRAY(SELECT shown_id FROM page), (SELECT count(*) FROM sorted WHERE kind = part), {{sums}}
FROM (
    SELECT CASE WHEN p.shown_id IS NULL THEN kind ELSE 'shown' END AS part, {{names}}
    FROM counted AS c LEFT JOIN page AS p ON p.shown_id = c.shown_id
) AS parts GROUP BY part
"""  # noqa: S608  constants of this module
_BY_SHOWN = """
    SELECT coalesce(m.merged_into_id, r.campaign_id) AS campaign_id, r.{key}, sum(r.n)::bigint AS n FROM ({rows}) AS r
    LEFT JOIN campaigns_campaign AS m ON m.id = r.campaign_id AND m.merged_into_id IS NOT NULL
    WHERE r.campaign_id > 0 GROUP BY 1, 2
"""
# The bucket of each campaign's median: the first one that reaches half of the delivered messages.
MEDIANS = f"""
SELECT campaign_id, {{zeros}}, min(bucket) AS value FROM (
    SELECT campaign_id, bucket, sum(n) OVER (PARTITION BY campaign_id ORDER BY bucket) AS seen,
           sum(n) OVER (PARTITION BY campaign_id) AS every
    FROM ({_BY_SHOWN}) AS counted
) AS seen WHERE seen * 2 >= every GROUP BY 1
"""  # noqa: S608  constants of this module
VARIANTS = f"""
SELECT campaign_id, {{zeros}}, count(*) AS value FROM ({_BY_SHOWN}) AS counted WHERE variant <> '' AND n > 0 GROUP BY 1
"""  # noqa: S608  constants of this module

"""Counts of tens of thousands of campaigns of one tenant, made by SQL without messages, for the pages that list them.

Each of the last 20 days has messages of a tenth of the campaigns. A campaign sends on two days in a row, in two
variants, over two operators, with two states.
"""

from datetime import UTC, datetime, timedelta

from deliveries.counts.rollups import ROLLUP_TABLES, roll_up

TENANT = "nordic-retail"
DAYS = 20
_CAMPAIGNS = """
INSERT INTO campaigns_campaign (tenant_id, name, created_at, title, note, tags, planned_split, day_notes)
SELECT %(tenant)s, 'listed-' || lpad(c::text, 6, '0'), now(), '', '', '{}', '{}', '{}'
FROM generate_series(1, %(campaigns)s) AS c
"""
_LISTED = """
CREATE TEMPORARY TABLE listed AS
SELECT id, middle, %(last)s::date - ((n + later) %% %(days)s)::int AS day, ceil(random() * 40)::int AS size
FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS n, 35 + floor(random() * 60)::int AS middle FROM campaigns_campaign
    WHERE tenant_id = %(tenant)s AND name LIKE 'listed-%%'
) AS c CROSS JOIN generate_series(0, 1) AS later
"""
_PLACES = """
CROSS JOIN (VALUES ('A'), ('B')) AS v (variant) CROSS JOIN (VALUES ('fi.elisa'), ('fi.dna')) AS o (operator)
"""
_COUNTS = f"""
INSERT INTO campaign_count (tenant_id, day, account_id, campaign_id, variant, country, operator, sender_type, status,
    result_code, messages, parts)
SELECT %(tenant)s, day, %(account)s, id, variant, 'FI', operator, 'alphanumeric', status, code, size * times,
    size * times
FROM listed {_PLACES} CROSS JOIN (VALUES ('delivered', 1001, 10), ('failed', 1006, 1)) AS s (status, code, times)
ORDER BY day
"""
_TIMES = f"""
INSERT INTO latency_count (tenant_id, day, account_id, campaign_id, variant, country, operator, sender_type, bucket,
    messages)
SELECT %(tenant)s, day, %(account)s, id, variant, 'FI', operator, 'alphanumeric', middle + b + (size %% 3), size * times
FROM listed {_PLACES} CROSS JOIN (VALUES (-9, 2), (0, 5), (12, 3)) AS t (b, times) ORDER BY day
"""
_DAYS = """
INSERT INTO daily_count (tenant_id, day, account_id, partner_id, country, operator, sender_type, status, result_code,
    messages, parts)
SELECT c.tenant_id, c.day, c.account_id, '(other)', c.country, c.operator, c.sender_type, c.status, c.result_code,
    sum(c.messages), sum(c.parts)
FROM campaign_count c WHERE c.tenant_id = %(tenant)s AND c.campaign_id IN (SELECT id FROM listed)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
ON CONFLICT (tenant_id, day, account_id, partner_id, country, operator, sender_type, status, result_code)
DO UPDATE SET messages = daily_count.messages + excluded.messages, parts = daily_count.parts + excluded.parts
"""


def fill(stage, campaigns: int) -> None:
    """Add so many campaigns with counts of the last 20 days to what is stored."""
    today = datetime.now(UTC).date()
    with stage.connect() as own:
        tenant = own.execute("SELECT id FROM tenants_tenant WHERE slug = %s", [TENANT]).fetchone()[0]
        values = {
            "tenant": tenant, "campaigns": campaigns, "account": stage.feed.account_id, "days": DAYS,
            "last": today - timedelta(days=1),
        }  # fmt: skip
        for statement in (_CAMPAIGNS, _LISTED, _COUNTS, _TIMES, _DAYS):
            own.execute(statement, values)
        own.execute("DELETE FROM condensed_span WHERE tenant_id = %s", [tenant])
        own.execute("VACUUM (ANALYZE) campaigns_campaign, campaign_count, latency_count, daily_count")
        roll_up(now=datetime.now(UTC))
        own.execute(f"VACUUM (ANALYZE) {', '.join(ROLLUP_TABLES)}")

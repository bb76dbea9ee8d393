"""Count by the quarter of an hour and by account, where it was by the UTC hour.

Days whose messages are there are counted again from them. What retention has sealed keeps the counts by hour, as rows
at the full hour with account 0; `quarters_from` says until when. Where a sealed day's hours do not sum to the day, its
tenant's time zone was changed since: `hours_from` leaves those days out of answers by the hour.
"""

import django.db.models.deletion
from django.db import migrations, models

QUARTERS = """
SET LOCAL work_mem = '64MB';  -- as many groups as there are messages, where those are few
LOCK TABLE hour_count IN ACCESS EXCLUSIVE MODE;
CREATE TEMP TABLE counted_by_hour ON COMMIT DROP AS SELECT * FROM hour_count WHERE messages <> 0 OR parts <> 0;
TRUNCATE hour_count;
ALTER TABLE hour_count DROP CONSTRAINT hour_count_pkey;
ALTER TABLE hour_count RENAME COLUMN hour TO quarter;
ALTER TABLE hour_count ADD COLUMN account_id integer NOT NULL;

INSERT INTO hour_count (tenant_id, quarter, account_id, country, operator, status, messages, parts)
SELECT m.tenant_id, date_bin('15 minutes', m.sent_at, '2000-01-01T00:00Z'), m.account_id, m.country, m.operator,
       m.status, count(*), sum(m.parts)
FROM message m LEFT JOIN retention_mark r ON r.tenant_id = m.tenant_id
WHERE m.day >= coalesce(r.messages_before, '-infinity') GROUP BY 1, 2, 3, 4, 5, 6;

-- An hour may have begun in a sealed day and ended in an open one: what is counted by quarters is taken off it.
INSERT INTO hour_count (tenant_id, quarter, account_id, country, operator, status, messages, parts)
SELECT h.tenant_id, h.hour, 0, h.country, h.operator, h.status,
       h.messages - coalesce(q.messages, 0), h.parts - coalesce(q.parts, 0)
FROM counted_by_hour h JOIN retention_mark r ON r.tenant_id = h.tenant_id AND h.hour < r.hours_before
LEFT JOIN (
    SELECT tenant_id, date_trunc('hour', quarter, 'UTC') AS hour, country, operator, status,
           sum(messages) AS messages, sum(parts) AS parts
    FROM hour_count GROUP BY 1, 2, 3, 4, 5
) AS q ON (q.tenant_id, q.hour, q.country, q.operator, q.status)
    = (h.tenant_id, h.hour, h.country, h.operator, h.status)
WHERE h.messages <> coalesce(q.messages, 0) OR h.parts <> coalesce(q.parts, 0);

ALTER TABLE hour_count ADD PRIMARY KEY (tenant_id, quarter, account_id, country, operator, status);

UPDATE retention_mark r SET sealed_in = t.timezone FROM tenants_tenant t
WHERE t.id = r.tenant_id AND r.messages_before IS NOT NULL;
UPDATE retention_mark r SET quarters_from = r.hours_before
WHERE EXISTS (SELECT 1 FROM hour_count h WHERE h.tenant_id = r.tenant_id AND h.account_id = 0);
UPDATE retention_mark r SET hours_from = ((wrong.last + 1)::timestamp AT TIME ZONE r.sealed_in)
FROM (
    SELECT tenant_id, max(day) AS last
    FROM (
        SELECT c.tenant_id, c.day
        FROM (
            SELECT tenant_id, day, messages FROM daily_count
            UNION ALL
            SELECT h.tenant_id, (h.quarter AT TIME ZONE m.sealed_in)::date, -h.messages
            FROM hour_count h JOIN retention_mark m ON m.tenant_id = h.tenant_id AND m.quarters_from IS NOT NULL
        ) AS c JOIN retention_mark m ON m.tenant_id = c.tenant_id AND m.quarters_from IS NOT NULL
        WHERE c.day < m.messages_before GROUP BY c.tenant_id, c.day HAVING sum(c.messages) <> 0
    ) AS days_apart GROUP BY tenant_id
) AS wrong
WHERE wrong.tenant_id = r.tenant_id;
"""
HOURS = """
LOCK TABLE hour_count IN ACCESS EXCLUSIVE MODE;
CREATE TEMP TABLE counted_by_quarter ON COMMIT DROP AS SELECT * FROM hour_count;
TRUNCATE hour_count;
ALTER TABLE hour_count DROP COLUMN account_id;
ALTER TABLE hour_count RENAME COLUMN quarter TO hour;
INSERT INTO hour_count (tenant_id, hour, country, operator, status, messages, parts)
SELECT tenant_id, date_trunc('hour', quarter, 'UTC'), country, operator, status, sum(messages), sum(parts)
FROM counted_by_quarter GROUP BY 1, 2, 3, 4, 5;
ALTER TABLE hour_count ADD PRIMARY KEY (tenant_id, hour, country, operator, status);
"""


def _key(to: str) -> models.ForeignKey:
    return models.ForeignKey(
        to, on_delete=django.db.models.deletion.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0018_delivery_times"),
        ("tenants", "0005_feed_kind"),
    ]

    operations = [
        migrations.AddField("retentionmark", "quarters_from", models.DateTimeField(null=True)),
        migrations.AddField("retentionmark", "hours_from", models.DateTimeField(null=True)),
        migrations.AddField("retentionmark", "sealed_in", models.TextField(db_default="")),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(QUARTERS, HOURS)],
            state_operations=[
                migrations.DeleteModel("HourCount"),
                migrations.CreateModel(
                    name="HourCount",
                    fields=[
                        ("messages", models.BigIntegerField()),
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "tenant_id",
                                "quarter",
                                "account_id",
                                "country",
                                "operator",
                                "status",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("quarter", models.DateTimeField()),
                        ("country", models.CharField(max_length=2)),
                        ("operator", models.TextField(db_collation="C")),
                        ("status", models.TextField(db_collation="C")),
                        ("parts", models.BigIntegerField()),
                        ("account", _key("tenants.gatewayaccount")),
                        ("tenant", _key("tenants.tenant")),
                    ],
                    options={"db_table": "hour_count"},
                ),
            ],
        ),
    ]

"""Millions of messages straight into the tables: a year of traffic, made by SQL with the shares that real traffic has.

They do not come in by the door, so there is nothing in the inbox; counts are made from the messages, as reconcile makes
them. Indexes are made after the rows. About 15 minutes and 30 GB for 20 million messages.
"""

import sys
from datetime import UTC, date, datetime, timedelta

from campaigns.models import SegmentKey
from deliveries.counts.changes import TABLES
from deliveries.counts.rollups import ROLLUP_TABLES, roll_up
from deliveries.messages import month_filters, partitions
from deliveries.messages.recipients import RecipientKeys, recipient_keys

BATCH = 250_000
DAYS = 365
CAMPAIGNS = 300  # of each tenant

# (slug, platformPartnerIds, zone, countries with their calling code and operators); the first ones send the most
_WORLD = """
CREATE TABLE bench_place AS
SELECT row_number() OVER (ORDER BY tenant_order, partner_order, country, operator) - 1 AS n, t.*
FROM (
    SELECT te.id AS tenant_id, te.timezone, p.account_id, p.value AS partner_id, te.id AS tenant_order,
        p.id AS partner_order,
           c.country, c.code, c.operator
    FROM tenants_partnerid p JOIN tenants_tenant te ON te.id = p.tenant_id
    CROSS JOIN (VALUES
        ('FI', '358', 'fi.elisa'), ('FI', '358', 'fi.dna'), ('FI', '358', 'fi.telia'), ('SE', '46', 'se.telia'),
        ('SE', '46', 'se.tele2'), ('NO', '47', 'no.telenor'), ('DK', '45', 'dk.tdc'), ('DE', '49', 'de.o2'),
        ('EE', '372', 'ee.telia'), ('LV', '371', 'lv.lmt'), ('LT', '370', 'lt.bite')
    ) AS c (country, code, operator)
    WHERE p.declared_at IS NOT NULL
) AS t
"""
_CAMPAIGNS = """
INSERT INTO campaigns_campaign (tenant_id, name, created_at)
SELECT DISTINCT p.tenant_id, 'campaign-' || lpad(c::text, 4, '0'), now()
FROM bench_place p CROSS JOIN generate_series(1, %s) AS c ON CONFLICT DO NOTHING
"""
_CAMPAIGN_IDS = """
CREATE TABLE bench_campaign AS
SELECT tenant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) - 1 AS c, id, name FROM campaigns_campaign
"""
# Nine in ten are delivered; a fifth of the numbers get most of the messages. The first campaign of each tenant has one
# message in nine, so with 20 million it has a million for the largest tenant.
_MESSAGES = """
CREATE TEMP TABLE bench_message ON COMMIT DROP AS
WITH draw AS MATERIALIZED (
    SELECT g, floor(power(random(), 2) * %(places)s)::int AS n,
           CASE WHEN random() < 0.06 THEN 0 ELSE floor(power(random(), 2) * %(campaigns)s)::int END AS c,
           %(first)s::timestamptz + random() * interval '1 day' * %(days)s AS sent_at, random() AS fate,
           floor(power(random(), 3) * 8000000)::int AS number, exp(1.5 + 0.9 * random_normal()) AS seconds,
           random() < 0.12 AS long
    FROM generate_series(%(from)s::bigint, %(to)s::bigint) AS g
)
SELECT d.*, p.tenant_id, p.timezone, p.account_id, p.partner_id, p.country, p.operator, ca.id AS campaign_id, ca.name,
       CASE WHEN d.g %% 2 = 0 THEN 'A' ELSE 'B' END AS variant,
       code || (400000000 + number)::text AS digits,
       replace(encode(sha224(int8send(d.g)), 'base64'), E'\\n', '') AS hash,
       CASE WHEN fate < 0.955 THEN 'delivered' WHEN fate < 0.980 THEN 'failed' WHEN fate < 0.988 THEN 'expired'
            WHEN fate < 0.992 THEN 'rejected' WHEN fate < 0.993 THEN 'unknown' ELSE 'sent' END AS status,
       CASE WHEN fate < 0.955 THEN 1001 WHEN fate < 0.980 THEN 1006 WHEN fate < 0.988 THEN 1002
            WHEN fate < 0.992 THEN 2106 WHEN fate < 0.993 THEN 4 ELSE 1000 END AS result_code
FROM draw d JOIN bench_place p ON p.n = d.n JOIN bench_campaign ca ON ca.tenant_id = p.tenant_id AND ca.c = d.c
"""
_NUMBERS = "SELECT DISTINCT tenant_id, digits FROM bench_message"
_RECIPIENTS = "CREATE TEMP TABLE bench_recipient (tenant_id int, digits text, recipient_key bytea) ON COMMIT DROP"
_STORE = """
INSERT INTO message (tenant_id, day, account_id, message_id, partner_id, partner_rank, ref_id, campaign_id, variant,
    labels, custom_parameters, source, destination, sender_type, country, operator, parts, status, result_code, final,
    status_at, part_states, flags, sent_at, sent_at_rank, delivered_at, latency_bucket, received_at, recipient_key)
SELECT tenant_id, (sent_at AT TIME ZONE timezone)::date, account_id, left(hash, 24), partner_id, 1,
    name || '|' || variant, campaign_id, variant, NULL,
    jsonb_build_object('received', to_char(sent_at, 'YYYY-MM-DD HH24:MI:SS'), 'language', lower(country),
        'tier', (ARRAY['gold', 'silver', 'bronze'])[1 + number % 3], 'store', (number % 400)::text),
    'ACME', '+' || digits, 'alphanumeric', country, operator, CASE WHEN long THEN 2 ELSE 1 END,
    status, result_code, status <> 'sent', sent_at + seconds * interval '1 s', NULL, 0, sent_at, 3,
    CASE WHEN status = 'delivered' THEN sent_at + seconds * interval '1 s' END,
    CASE WHEN status = 'delivered' THEN
        CASE WHEN seconds < 1 THEN 0 ELSE least(1 + ceil(ln(seconds) / ln(1.02 / 0.98)), 600) END END,
    sent_at + interval '1 s', recipient_key
FROM bench_message JOIN bench_recipient USING (tenant_id, digits)
"""
_REPORTS = """
INSERT INTO delivery_report (tenant_id, day, account_id, message_id, part, result_code, status_at, sent_at, operator,
    operator_result_code, feed_id, inbox_id, received_at)
SELECT m.tenant_id, m.day, m.account_id, m.message_id, NULL, r.code, r.at, m.sent_at, m.operator, '0', %(feed)s,
    row_number() OVER () + %(after)s, r.at
FROM message m CROSS JOIN LATERAL (
    SELECT 1000, m.sent_at + interval '1 s' UNION ALL
    SELECT m.result_code, m.status_at WHERE m.result_code <> 1000
) AS r (code, at)
WHERE m.day BETWEEN %(first)s AND %(last)s
"""
# What messages are found by (benchmarks/reading.py), a row for each key. The figures of their values are of the first
# tenant alone, which has the most messages: 400 values take nearly as many rows of counts as there are messages.
KEYS = ("store", "tier")
_PARAMETERS = f"""
INSERT INTO message_parameter (tenant_id, day, key, value, sent_at, account_id, message_id)
SELECT m.tenant_id, m.day, k.key, m.custom_parameters ->> k.key, m.sent_at, m.account_id, m.message_id
FROM message m CROSS JOIN (VALUES {", ".join(f"('{key}')" for key in KEYS)}) AS k (key)
WHERE m.day BETWEEN %(first)s AND %(last)s
"""
_CHOSEN = """
INSERT INTO campaigns_segmentkey (tenant_id, key, position, state, removed, done, total, attempts, error, created_at,
    cancel_requested)
SELECT min(tenant_id), key, %s, 'done', false, 0, 0, 0, '', now(), false
FROM bench_place CROSS JOIN unnest(%s::text[]) AS key GROUP BY key
"""
_VALUES = """
INSERT INTO segment_value (tenant_id, key, month, value, number)
SELECT k.tenant_id, k.key, month::date, v.value, row_number() OVER (PARTITION BY k.key, month ORDER BY v.value)
FROM campaigns_segmentkey k
JOIN (
    SELECT 'store', n::text FROM generate_series(0, 399) AS n
    UNION ALL SELECT 'tier', unnest(ARRAY['gold', 'silver', 'bronze'])
) AS v (key, value) USING (key)
CROSS JOIN generate_series(date_trunc('month', %s::date), %s::date, '1 month') AS month
"""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = %s"


def fill(stage, messages: int) -> None:
    """Empty the facts and make so many messages, sent over the last year until yesterday."""
    stage.empty()
    last = datetime.now(UTC).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS)
    partitions.ensure_months(first + timedelta(days=n) for n in range(-1, DAYS + 3))
    with stage.connect() as own:
        own.execute(
            "SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'; SET jit = off; SET synchronous_commit = off"
        )
        own.execute("DROP TABLE IF EXISTS bench_place, bench_campaign")
        own.execute(_WORLD)
        own.execute(_CAMPAIGNS, [CAMPAIGNS])
        own.execute(_CAMPAIGN_IDS)
        places = own.execute("SELECT count(*) FROM bench_place").fetchone()[0]
        indexes = _drop_indexes(own)
        _fill_messages(own, messages, places, first)
        _fill_reports(own, stage.feed.id, first, last)
        _fill_parameters(own, first, last)
        for number, definition in enumerate(indexes, 1):
            _say(f"index {number} of {len(indexes)}")
            own.execute(definition)
        own.execute(_CHOSEN, [SegmentKey.BEGINNING, list(KEYS)])
        own.execute(_VALUES, [first - timedelta(days=1), last + timedelta(days=1)])
        own.execute("ANALYZE message, campaigns_segmentkey, segment_value")  # else the joins below take hours
        for table in TABLES:
            _say(table.name)
            columns = ", ".join([*table.keys, *table.values])
            # Appliers write day after day; in the order of a hash every row of a day would lie in another page.
            own.execute(
                f"INSERT INTO {table.stored} ({columns}) {table.facts.format(where='true')} ORDER BY {table.time}"
            )
        own.execute("DROP TABLE bench_place, bench_campaign")
        for table in ("message", "delivery_report", "message_parameter", *(table.stored for table in TABLES)):
            _say(f"vacuum {table}")
            own.execute(f"VACUUM (ANALYZE) {table}")
        _say("condense")
        roll_up(now=datetime.now(UTC))
        for table in ROLLUP_TABLES:
            own.execute(f"VACUUM (ANALYZE) {table}")
        _say("filters of past months")
        month_filters.make(now=datetime.now(UTC))
        SegmentKey.objects.all().delete()  # other benchmarks must not pay for them; those that need keys choose them


def _fill_messages(own, messages: int, places: int, first: date) -> None:
    """Month by month, so that the rows of a partition lie together."""
    steps = max(1, -(-messages // BATCH))
    days = DAYS / steps
    keys = recipient_keys()
    for step in range(steps):
        _say(f"messages {step * BATCH:,} of {messages:,}")
        with own.transaction():
            own.execute(
                _MESSAGES,
                {
                    "places": places,
                    "campaigns": CAMPAIGNS,
                    "first": datetime(first.year, first.month, first.day, tzinfo=UTC) + timedelta(days=days * step),
                    "days": days,
                    "from": step * BATCH,
                    "to": min((step + 1) * BATCH, messages) - 1,
                },
            )
            _derive_keys(own, keys)
            own.execute(_STORE)


def _derive_keys(own, keys: RecipientKeys) -> None:
    """Put the recipient keys of the drawn messages into a table of their own."""
    own.execute(_RECIPIENTS)
    recipients = own.execute(_NUMBERS).fetchall()
    with own.cursor().copy("COPY bench_recipient FROM STDIN") as copy:
        for tenant_id, digits in recipients:
            copy.write_row((tenant_id, digits, keys.of_number(digits, tenant_id=tenant_id)))
    own.execute("ANALYZE bench_message, bench_recipient")


def _fill_reports(own, feed_id: int, first: date, last: date) -> None:
    day, after = first - timedelta(days=1), 0
    while day <= last + timedelta(days=1):
        _say(f"delivery reports from {day}")
        values = {"feed": feed_id, "after": after, "first": day, "last": day + timedelta(days=6)}
        after += own.execute(_REPORTS, values).rowcount
        day += timedelta(days=7)


def _fill_parameters(own, first: date, last: date) -> None:
    day = first - timedelta(days=1)
    while day <= last + timedelta(days=1):
        _say(f"custom parameters from {day}")
        own.execute(_PARAMETERS, {"first": day, "last": day + timedelta(days=6)})
        day += timedelta(days=7)


def _drop_indexes(own) -> list[str]:
    """Drop the facts' indexes and return what makes them again."""
    definitions = []
    for table in partitions.FACTS:
        for name, definition in own.execute(_INDEXES, [table]).fetchall():
            definitions.append(definition.replace(" ON ONLY ", " ON "))
            own.execute(f'DROP INDEX "{name}"')
    return definitions


def _say(text: str) -> None:
    print(f"  {text}", file=sys.stderr, flush=True)

"""Messages read by a search, as the web role: in proportion to the page, not to the stored messages."""

import json
from datetime import date

import pytest
from django.db import connection

from campaigns.models import Campaign
from deliveries.checks.reconcile import find_differences, repair
from deliveries.rederiving.segment_keys import choose, run_segment_keys
from deliveries.search.find import MessageQuery, search
from portal.tenants.scope import web_scope
from tests.deliveries.helpers import NOW, apply, dlr
from tests.messages.factory import copy_messages, store_parameters

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated")]

# 30,000 of ten hours: refIds all different, 50 campaigns; every 100th failed, but none of campaign 7 but the oldest two
_COPIES = {
    "message_id": "'x' || lpad(n::text, 5, '0')",
    "ref_id": "'order-' || n",
    "campaign_id": "1 + n % 50",
    "variant": "CASE WHEN n IN (9, 10) THEN 'Z' ELSE 'A' END",
    "custom_parameters": """
        jsonb_build_object('store', (n % 40)::text, 'tier', CASE WHEN n % 10 < 5 THEN 'low' ELSE 'high' END)""",
    "country": "CASE WHEN n < 20 THEN 'EE' ELSE 'FI' END",
    "operator": "CASE WHEN n % 50 = 8 THEN 'fi.dna' ELSE 'fi.elisa' END",
    "status": "CASE WHEN n % 100 = 1 OR n IN (6, 56) THEN 'failed' ELSE 'delivered' END",
    "sent_at": "sent_at + n * interval '1.2 second'",
}


@pytest.fixture
def many(feed, tenant):
    sent = {"sentTimestamp": "2026-11-05T06:00:00Z", "timestamp": "2026-11-05T06:00:05Z"}
    apply(feed, dlr("one", 1001, **sent, gateCustomParameters={"platformPartnerId": "nr-fi"}))
    for key in ("store", "tier"):
        choose(tenant=tenant, key=key, actor="manager@example.com", now=NOW)
    run_segment_keys()
    Campaign.objects.bulk_create(Campaign(id=n, tenant=tenant, name=f"c{n}") for n in range(1, 51))
    copy_messages(30_000, **_COPIES)
    store_parameters("store", "tier")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE message; ANALYZE message_parameter")
    repair(find_differences())


def rows_read(run) -> int:
    """Return how many messages the statements that `run` executes read, whether they match or not."""
    total = 0.0

    def explain(execute, sql, parameters, many, context):
        nonlocal total
        if "FROM message m" in sql and not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
                (plan,) = cursor.fetchone()
            total += _read((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        run()
    return round(total)


def _read(node: dict) -> float:
    own = 0.0
    of_messages = node.get("Relation Name", "").startswith("message_2026") and node["Node Type"] != "Index Only Scan"
    if of_messages:
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return own + sum(_read(child) for child in node.get("Plans", []))


# What is looked for, how many are found on a page of ten and the next one, and the messages that may be read for it.
CASES = [
    # of 30,000, 11,111 and 1,111 messages with refIds of their own
    ({"ref_id_prefix": "order-"}, 11, 100),
    ({"ref_id_prefix": "order-2"}, 11, 100),
    ({"ref_id_prefix": "order-29"}, 11, 100),
    ({"ref_id_prefix": "order-7777"}, 1, 100),
    # of the day before all but one of them, in the tenant's zone
    ({"first": date(2026, 11, 3), "last": date(2026, 11, 4)}, 0, 10),
    ({"last": date(2026, 11, 4), "statuses": ("delivered",)}, 0, 10),
    ({"first": date(2026, 11, 5), "statuses": ("failed",)}, 11, 50),
    # 600 messages of the campaign, 302 that failed, and the two that are both
    ({"campaign": "c7", "statuses": ("failed",)}, 2, 10),
    ({"campaign": "c7", "statuses": ("rejected",)}, 0, 10),
    ({"campaign": "c8", "country": "EE"}, 1, 700),
    ({"campaign": "c7", "country": "SE"}, 0, 100),
    ({"campaign": "c7", "operator": "fi.dna"}, 0, 100),
    ({"variant": "Z"}, 2, 1500),
    ({"variant": "B"}, 0, 100),
    ({"partner_id": "nobody's"}, 0, 100),
    ({"operator": "fi.dna", "statuses": ("failed", "rejected")}, 0, 100),
    # 750 and 15,000 messages that have one of them, and none both
    ({"parameters": {"store": "7", "tier": "low"}}, 0, 100),
    ({"parameters": {"store": "7", "tier": "high"}}, 11, 100),
    ({"parameters": {"tier": "low"}, "statuses": ("rejected",)}, 0, 10),
    ({"parameters": {"tier": "high"}, "campaign": "c7"}, 11, 100),
    ({"parameters": {"tier": "low"}, "campaign": "c7"}, 0, 10),
]


def test_search_reads_in_proportion_to_its_page(many, tenant):
    for filters, found, most in CASES:
        query = MessageQuery(tenant_ids=frozenset([tenant.id]), **filters)
        with web_scope([tenant.id]):
            page = search(query, size=10, seconds=5)
            read = rows_read(lambda query=query: search(query, size=10, seconds=5))
            deep = read
            if cursor := page.next_cursor:
                deep = rows_read(lambda query=query, cursor=cursor: search(query, cursor=cursor, size=10))

        assert (filters, len(page.messages) + (page.next_cursor is not None)) == (filters, found)
        assert (filters, read <= most, deep <= most) == (filters, True, True), (read, deep)


@pytest.mark.parametrize("ref_ids", [3, 40])
def test_few_ref_ids_of_a_beginning_are_read_page_by_page_without_a_gap(many, tenant, ref_ids):
    """The oldest 400 messages have fewer refIds than there are on a page, or more; all the others begin otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE message SET ref_id = 'old-' || right(message_id, 5)::int * 7 %% %s WHERE message_id <= 'x00400'"
            " AND message_id <> 'one'",
            [ref_ids],
        )
    query = MessageQuery(tenant_ids=frozenset([tenant.id]), ref_id_prefix="old-")
    pages = []
    with web_scope([tenant.id]):
        page = search(query, size=20, seconds=5)
        read = rows_read(lambda: search(query, size=20, seconds=5))
        while True:
            pages.append([message.folded.message_id for message in page.messages])
            if page.next_cursor is None:
                break
            page = search(query, size=20, cursor=page.next_cursor, seconds=5)
        back = search(query, size=20, cursor=page.previous_cursor, seconds=5)

    assert pages == [[f"x{n:05}" for n in range(last, last - 20, -1)] for last in range(400, 0, -20)]
    assert [message.folded.message_id for message in back.messages] == pages[-2]
    assert read <= 200

"""Under the wall an A/B test reads the campaign's own messages by index, and of a running one the recent ones alone."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.models import Campaign
from deliveries.messages import partitions
from portal.tenants.scope import web_scope
from reports.campaigns import ab_selectors
from tests.messages.factory import copy_messages
from tests.wall.rows import DAY, change, insert, row, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.fixture
def sale(tenant, other_tenant, account) -> Campaign:
    """A campaign of every tenth of the messages of three months, every other message another tenant's."""
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    partitions.ensure_months([DAY.replace(month=month) for month in (9, 10, 11)])
    insert("message", row("message", tenant.id) | {"account_id": account.id})
    copy_messages(
        30_000,
        tenant_id=f"CASE n % 2 WHEN 0 THEN {tenant.id} ELSE {other_tenant.id} END",
        day="date '2026-09-01' + n % 90",
        sent_at="timestamptz '2026-09-01 12:00Z' + (n % 90) * interval '1 day' - n * interval '1 second'",
        message_id="'m' || n",
        campaign_id=f"CASE n % 10 WHEN 0 THEN {campaign.id} ELSE {campaign.id} + 1 + n % 50 END",
        variant="CASE n % 4 WHEN 0 THEN 'A' ELSE 'B' END",
        ref_id="'r' || n % 500",
    )
    change("ANALYZE message", [])
    return campaign


def nodes(sql: str, values: dict, *, table: str = "message") -> list[dict]:
    """Return the nodes that read messages, or a table of this name, as the web role carries the query out."""
    (explained,) = rows(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", values)[0]
    found: list[dict] = []

    def walk(node: dict) -> None:
        if str(node.get("Relation Name", "")).startswith(table):
            found.append(node)
        for child in node.get("Plans", []):
            walk(child)

    walk((explained if isinstance(explained, list) else json.loads(explained))[0]["Plan"])
    return found


def rows_read(found: list[dict]) -> int:
    return sum(node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0) for node in found)


@pytest.mark.parametrize(
    ("name", "values", "most"),
    [
        ("_SENT", {"variants": ["A", "B"]}, 20),
        ("_RECENT", {"edge": NOW - timedelta(seconds=60), "day": DAY, "bucket": 5}, 40),
        ("_BY_REF_ID", {"ref_ids": ["r10", "r20"], "edge": NOW, "bucket": 5}, 130),
    ],
)
def test_no_query_of_the_test_reads_other_messages(tenant, sale, name, values, most):
    with web_scope([tenant.id]):
        found = nodes(getattr(ab_selectors, name), {"tenant": tenant.id, "campaigns": [sale.id]} | values)

    assert found
    assert {node["Node Type"] for node in found if node["Actual Rows"]} <= {
        "Index Scan",
        "Index Only Scan",
        "Bitmap Heap Scan",
    }
    assert rows_read(found) <= most

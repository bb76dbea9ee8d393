"""Under the wall the recipients of a campaign are read by its index, and no other campaign's messages are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from deliveries.messages import partitions
from portal.tenants.scope import web_scope
from reports.campaigns.ab_recipients import Chosen, recipients_of_variants
from reports.campaigns.conversions import conversions_of
from reports.campaigns.hours import hours_of
from reports.campaigns.recipient_lists import CampaignMessages, messages_page, recipients_page
from reports.campaigns.recipients import recipients_of
from tests.messages.factory import copy_messages
from tests.wall.rows import DAY, change, insert, row
from tests.wall.test_ab_plans import NOW, nodes, rows_read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]


@pytest.fixture
def campaign_id(tenant, account) -> int:
    """A campaign of a tenth of three months' messages, to 1,000 recipients; a third have no readable number."""
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    partitions.ensure_months([DAY.replace(month=month) for month in (9, 10, 11)])
    insert("message", row("message", tenant.id) | {"account_id": account.id, "campaign_id": 0})
    copy_messages(
        30_000,
        day="date '2026-09-01' + n % 90",
        sent_at="timestamptz '2026-09-01 12:00Z' + (n % 90) * interval '1 day' - n * interval '1 second'",
        message_id="'m' || n",
        campaign_id=f"CASE n % 10 WHEN 0 THEN {campaign.id} ELSE {campaign.id} + 1 + n % 50 END",
        recipient_key="CASE WHEN n % 3 > 0 THEN decode(md5((n % 1000)::text), 'hex') END",
    )
    change("ANALYZE message", [])
    return campaign.id


@pytest.mark.parametrize("name", ["count", "page", "messages", "hours", "variants", "test", "test by place"])
def test_only_the_campaigns_messages_are_read(tenant, campaign_id, name):
    of = CampaignMessages(tenant_id=tenant.id, campaign_ids=[campaign_id])
    asked = {
        "count": lambda: recipients_of(tenant_id=tenant.id, campaign_ids=[campaign_id]),
        "page": lambda: recipients_page(of, "all", size=50),
        "messages": lambda: messages_page(of, None, size=50),
        "variants": lambda: conversions_of(tenant_id=tenant.id, campaign_ids=[campaign_id]),
        "test": lambda: recipients_of_variants(Chosen(tenant.id, [campaign_id], {}), by_place=False, now=NOW),
        "test by place": lambda: recipients_of_variants(Chosen(tenant.id, [campaign_id], {}), by_place=True, now=NOW),
        "hours": lambda: hours_of(
            tenant_id=tenant.id,
            campaign_ids=[campaign_id],
            first=DAY.replace(month=9, day=1),
            last=DAY.replace(month=11, day=30),
            timezone=tenant.timezone,
        ),
    }
    with web_scope([tenant.id]):
        with CaptureQueriesContext(connection) as captured:
            asked[name]()
        statements = [query["sql"] for query in captured.captured_queries if "FROM message" in query["sql"]]
        plans = [nodes(sql, {}) for sql in statements]

    assert 1 <= len(plans) <= 4  # a page looks twice where a recipient has many messages
    # The index has all that is counted: the messages of a campaign that sends all year lie on as many pages.
    allowed = {"Index Only Scan"} | (
        {"Index Scan", "Bitmap Heap Scan"} if name in ("page", "messages", "test by place") else set()
    )
    for found in plans:
        assert {node["Node Type"] for node in found if node["Actual Rows"]} <= allowed
        assert rows_read(found) <= 3000 + 51 * 3  # the campaign's messages, and those of the page by their identity


def test_messages_without_a_number_are_found_in_the_index(tenant, campaign_id):
    oldest = [f"m{90 * n}" for n in range(1, 8)]
    change(
        "UPDATE message SET recipient_key = '\\x01' WHERE campaign_id = %s AND recipient_key IS NULL"
        " AND NOT message_id = ANY (%s)",
        [campaign_id, oldest],
    )
    change("ANALYZE message", [])
    of = CampaignMessages(tenant_id=tenant.id, campaign_ids=[campaign_id])
    with web_scope([tenant.id]):
        with CaptureQueriesContext(connection) as captured:
            first, cursor = messages_page(of, None, size=5)
            second, end = messages_page(of, None, cursor=cursor or "", size=5)
        plans = [nodes(query["sql"], {}) for query in captured.captured_queries if "sent_at = ANY" in query["sql"]]
    assert [message.folded.message_id for message in (*first, *second)] == oldest
    assert (len(first), end) == (5, None)
    # All other messages of the campaign have a recipient: the rows of a page are read without them.
    assert len(plans) == 2
    assert 7 <= sum(map(rows_read, plans)) <= 20

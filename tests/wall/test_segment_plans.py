"""Under the wall, segments read from messages and lists of conversion events read their own rows by index."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.conversions.models import ConversionEvent, ConversionKind, ConversionUpload
from campaigns.models import Campaign
from deliveries.conversions import selectors
from deliveries.messages import partitions
from portal.common.period_picker import Period
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from reports.figures.query import StatisticsQuery
from reports.segments import from_messages
from reports.segments.cross import cross_table
from tests.messages.factory import copy_messages
from tests.wall.rows import DAY, change, insert, row
from tests.wall.test_ab_plans import nodes, rows_read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
MONTH = 500  # messages of the tenant in it
EVENTS = 30  # of the tenant in ten days, of one of its campaigns, and of an upload


@pytest.fixture
def sale(tenant, other_tenant, account) -> Campaign:
    """Every twentieth of the messages of three months is the tenant's, half of these of one campaign."""
    campaign = Campaign.objects.create(tenant=tenant, name="sale")
    partitions.ensure_months([DAY.replace(month=month) for month in (9, 10, 11)])
    insert("message", row("message", tenant.id) | {"account_id": account.id})
    copy_messages(
        60 * MONTH,
        tenant_id=f"CASE n % 20 WHEN 0 THEN {tenant.id} ELSE {other_tenant.id} END",
        day="date '2026-09-01' + n / 20 % 90",
        sent_at="timestamptz '2026-09-01 12:00Z' + (n / 20 % 90) * interval '1 day' - n * interval '1 second'",
        message_id="'m' || n",
        campaign_id=f"{campaign.id} + n / 20 % 2",
        recipient_key="decode(md5((n % 1000)::text), 'hex')",
        custom_parameters="jsonb_build_object('shop', 's' || n / 20 % 3, 'tier', 't' || n / 20 % 4)",
    )
    change("ANALYZE message", [])
    return campaign


@pytest.fixture
def events(tenant, other_tenant) -> ConversionUpload:
    """Events of ninety days, a tenth of them the tenant's; returns one of its uploads."""
    upload = ConversionUpload.objects.create(tenant=tenant, made_by="x", file_name="x.csv")
    begin = datetime(2026, 9, 1, 12, tzinfo=UTC)
    kinds = {one: ConversionKind.objects.create(tenant=one, name="purchase") for one in (tenant, other_tenant)}
    made = []
    for n in range(90 * EVENTS):
        owner = (tenant, other_tenant)[n % 10 > 0]
        at = begin + timedelta(days=n // 10 % 90)
        found = {"attributed_campaign_id": n // 10 % 9, "attributed_message_day": at.date(), "reason": ""}
        made.append(
            ConversionEvent(
                tenant=owner,
                kind=kinds[owner],
                event_id=f"e{n}",
                occurred_at=at,
                source="api",
                recipient_key=b"x",
                upload=upload if n % 90 == 0 else None,
                **(found | {"attributed_account_id": 1, "attributed_message_id": f"m{n}"} if n // 10 % 2 else {}),
            )
        )
    ConversionEvent.objects.bulk_create(made)
    change("ANALYZE conversion_event", [])
    return upload


def plans(tenant: Tenant, ask, *, table: str) -> list[list[dict]]:
    """Return, of each statement that `ask` runs as the web role, the nodes that read the table."""
    with web_scope([tenant.id]):
        with CaptureQueriesContext(connection) as captured:
            ask()
        statements = [one["sql"] for one in captured.captured_queries if one["sql"].lstrip().startswith("SELECT")]
        return [found for sql in statements if (found := nodes(sql, {}, table=table))]


def assert_by_index(found: list[list[dict]], *, most: int) -> None:
    assert found
    for plan in found:
        read = [node for node in plan if node["Actual Rows"] or node.get("Rows Removed by Filter")]
        assert "Seq Scan" not in {node["Node Type"] for node in read}
        assert 0 < rows_read(read) <= most


@pytest.mark.parametrize("filters", [{}, {"campaign": ["sale"]}])
@pytest.mark.parametrize(
    "ask",
    [
        lambda query: from_messages.groups_of(query, ("segment:shop",)),
        lambda query: from_messages.recipients_of(query, ("segment:shop", "segment:tier")),
        lambda query: cross_table(query, ("shop", "tier"), merge_small=True),
    ],
    ids=["groups", "recipients", "cross"],
)
def test_segments_read_the_tenants_messages_of_the_days_alone(tenant, sale, ask, filters):
    query = StatisticsQuery(tenant_ids=[tenant.id], first=FIRST, last=LAST, filters=filters)
    assert_by_index(plans(tenant, lambda: ask(query), table="message"), most=MONTH + MONTH // 30)


@pytest.mark.parametrize("name", ["kinds", "reasons", "customers", "newest", "campaign", "messages", "upload"])
def test_events_are_found_by_the_index_of_what_they_are_asked_by(tenant, events, name):
    days = date(2026, 9, 11), date(2026, 9, 20)

    def of_days():
        return selectors.events_of([tenant.id], *days)

    asked = {
        "kinds": lambda: selectors.by_kind(of_days(), [tenant.id]),
        "reasons": lambda: selectors.by_reason(of_days()),
        "customers": lambda: selectors.by_customer(of_days()),
        "newest": lambda: list(of_days().order_by("-occurred_at", "-id")[:51]),
        "campaign": lambda: list(
            selectors.events_of_campaign(Campaign(id=1, tenant=tenant), Period(date(2026, 9, 1), LAST))
        ),
        "messages": lambda: list(selectors.events_of_messages([tenant.id], *days)),
        "upload": lambda: selectors.by_outcome(events),
    }
    assert_by_index(plans(tenant, asked[name], table="conversion_event"), most=EVENTS * 3 // 2)

"""Under the wall the web role's queries still go by index."""

import json

import pytest

from campaigns.models import Campaign
from deliveries.messages import partitions
from deliveries.models import Message
from portal.tenants.scope import web_scope
from tests.messages.factory import copy_messages
from tests.wall.rows import DAY, change, insert, row, rows

ROWS = 20_000

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]


@pytest.fixture
def many(tenant, other_tenant, account) -> None:
    """Many messages in three months, every other one another tenant's."""
    partitions.ensure_months([DAY.replace(month=month) for month in (9, 10, 11)])
    insert("message", row("message", tenant.id) | {"account_id": account.id})
    copy_messages(
        ROWS,
        tenant_id=f"CASE n % 2 WHEN 0 THEN {tenant.id} ELSE {other_tenant.id} END",
        day="date '2026-09-01' + n % 90",
        message_id="'m' || n",
    )
    change("ANALYZE message", [])


def plan(query) -> list[tuple[str, str | None]]:
    """Return (kind, index) of each node that reads a partition, for a queryset as the web role plans it."""
    sql, parameters = query.query.sql_with_params()
    found = []

    def walk(node: dict) -> None:
        if "Relation Name" in node or "Index Name" in node:
            found.append((node["Node Type"], node.get("Index Name")))
        for child in node.get("Plans", []):
            walk(child)

    (explained,) = rows("EXPLAIN (FORMAT JSON) " + sql, list(parameters))[0]
    walk((explained if isinstance(explained, list) else json.loads(explained))[0]["Plan"])
    return found


def test_message_is_found_by_its_identity_through_the_index(many, tenant, account):
    query = Message.objects.filter(tenant=tenant, account=account, message_id="m4242")
    with web_scope([tenant.id]):
        assert list(query.values_list("message_id", "tenant_id")) == [("m4242", tenant.id)]
        assert not Message.objects.filter(account=account, message_id="m4243").exists()  # another tenant's
        nodes = plan(query)
    assert len(nodes) >= 3  # one for each month; those without a row may be read whole
    assert "message_2026_11_message_id_idx" in {index for _, index in nodes}
    assert {index[-len("_message_id_idx") :] for _, index in nodes if index} == {"_message_id_idx"}


def test_partition_of_another_month_is_not_read(many, tenant, account):
    query = Message.objects.filter(tenant=tenant, account=account, message_id="m4242", day__gte=DAY)
    with web_scope([tenant.id]):
        nodes = plan(query)
    assert [index for _, index in nodes if index] == ["message_2026_11_message_id_idx"]


def test_campaign_is_found_by_its_name_through_the_index(tenant, other_tenant):
    Campaign.objects.bulk_create(
        Campaign(tenant_id=owner.id, name=f"c{n}") for n in range(2000) for owner in (tenant, other_tenant)
    )
    change("ANALYZE campaigns_campaign", [])
    with web_scope([tenant.id]):
        assert plan(Campaign.objects.filter(tenant=tenant, name="c77")) == [("Index Scan", "campaign_by_name")]

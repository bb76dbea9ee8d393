"""Plans of what the palette reads, as the web role."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.selectors import campaign_names
from portal.common.masking import Masking
from portal.palette.results import partner_values
from portal.tenants.scope import web_scope
from tests.wall.rows import change, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_migrated"), pytest.mark.any_python]


def indexes(read, relation: str) -> set[str]:
    """Return the indexes by which the statements of `read` reach a table; '' stands for reading it whole."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        read()
    found = set()

    def walk(node: dict, above: str = "") -> None:
        if node.get("Relation Name") == relation and node["Node Type"] != "Bitmap Heap Scan":
            found.add(node.get("Index Name", ""))
        if node["Node Type"] == "Bitmap Index Scan":
            found.add(node["Index Name"])
        for child in node.get("Plans", []):
            walk(child)

    for query in captured.captured_queries:
        if relation in query["sql"]:
            (explained,) = rows("EXPLAIN (FORMAT JSON) " + query["sql"].replace("%", "%%"), [])[0]
            walk((explained if isinstance(explained, list) else json.loads(explained))[0]["Plan"])
    return found


@pytest.fixture
def many(tenant, other_tenant, account) -> None:
    change(
        "INSERT INTO tenants_partnerid (account_id, tenant_id, value)"
        " SELECT %s, CASE n %% 2 WHEN 0 THEN %s ELSE %s END, 'p' || n FROM generate_series(1, 20000) AS n",
        [account.id, tenant.id, other_tenant.id],
    )
    change(
        "INSERT INTO campaigns_campaign (tenant_id, name)"
        " SELECT CASE n %% 2 WHEN 0 THEN %s ELSE %s END, 'c' || n FROM generate_series(1, 20000) AS n",
        [tenant.id, other_tenant.id],
    )
    change("ANALYZE tenants_partnerid, campaigns_campaign", [])


def test_partner_ids_are_found_by_their_beginning_through_the_index(many, tenant):
    with web_scope([tenant.id]):
        values = partner_values(frozenset([tenant.id]), "p1234")
        used = indexes(lambda: partner_values(frozenset([tenant.id]), "p1234"), "tenants_partnerid")

    assert values == ["p1234", "p12340", "p12342", "p12344", "p12346", "p12348"]
    assert used == {"partner_id_by_value"}


def test_campaigns_are_found_by_their_beginning_through_the_index(many, tenant):
    with web_scope([tenant.id]):
        masking = Masking(in_full=True)
        used = indexes(
            lambda: campaign_names(tenant_ids=frozenset([tenant.id]), prefix="c1234", masking=masking),
            "campaigns_campaign",
        )

    assert used and used <= {"campaign_name_per_tenant", "campaign_by_name"}

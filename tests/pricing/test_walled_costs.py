"""No page, answer or file of a customer holds the prices or costs of its parent, or of another customer."""

from datetime import date

import pytest
from django.utils import timezone

from portal.accounts.models import Role
from portal.tenants.models import Tenant
from tests.api.conftest import call
from tests.conftest import NOW, make_user
from tests.pricing.stored import count, price_list
from tests.shares.conftest import make_link, opened

__all__ = ["call"]

pytestmark = pytest.mark.django_db

# Prices whose digits stand nowhere else: of a thousand messages 7,654.30, 8,765.40, 9,876.50 and 6,543.20.
CANARIES = {"cost of the parent": 7_654_300, "sibling": 9_876_500, "operator to parent": 8_765_400}
OWN = 6_543_200


@pytest.fixture
def family(account, tenant, monkeypatch) -> Tenant:
    """A child with a price list of its own, between lists that are not its business."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant, timezone="Europe/Helsinki")
    sibling = Tenant.objects.create(slug="sibling", name="Sibling", parent=tenant, timezone="Europe/Helsinki")
    for one in (tenant, child, sibling):
        count(one, account, date(2026, 11, 5), 1_000, campaign="sale")
    price_list({"micro": CANARIES["operator to parent"]})
    price_list({"micro": CANARIES["sibling"]}, issuer=tenant, customer=sibling)
    price_list({"micro": OWN}, issuer=tenant, customer=child)
    return child


def digits(micro: int) -> str:
    return f"{micro / 1_000:,.2f}"  # of a thousand messages


@pytest.mark.parametrize("own", [True, False])
def test_child_sees_its_own_prices_alone(client, call, tenant, account, family, own):
    if own:  # the gateway charges the parent itself
        account.owner, account.owner_since = tenant, NOW
        account.save()
        price_list({"micro": CANARIES["cost of the parent"]}, kind="cost", issuer=tenant, account=account)
    client.force_login(make_user("child@example.com", family, Role.OWNER))
    key = call(family, "read", "billing")
    days = "from=2026-11-01&to=2026-11-19"
    campaign = key.get("campaigns/").json()["data"][0]["id"]
    shown = [
        client.get(f"/t/child/{page}").content.decode()
        for page in (
            f"overview/?{days}",
            f"campaigns/?{days}&costs=yes",
            f"campaigns/{campaign}/",
            f"campaigns/{campaign}/ab/",
            "billing/",
        )
    ]
    shown += [
        key.get("statistics/", group_by=name, **{"from": "2026-11-01", "to": "2026-11-19"}).content.decode()
        for name in ("country", "campaign", "partner_id", "tenant")
    ]
    shown.append(key.get(f"campaigns/{campaign}/").content.decode())
    everything = "\n".join(shown).replace("\N{NO-BREAK SPACE}", " ")
    assert digits(OWN) in everything
    assert f"{OWN / 1_000:.2f}" in everything
    for micro in (*CANARIES.values(), *(a + b for a in CANARIES.values() for b in (OWN,))):
        assert digits(micro) not in everything, micro
        assert f"{micro / 1_000:.2f}" not in everything, micro


def test_parent_sees_what_it_pays_and_not_its_sales(client, call, tenant, family):
    key = call(tenant, "read", "billing")
    found = key.get("statistics/", group_by="tenant", **{"from": "2026-11-01", "to": "2026-11-19"}).json()
    assert {group["key"]["tenant"]: group["costs"]["amounts"][0]["cost"] for group in found["groups"]} == {
        tenant.slug: "8765.40",
        "child": "8765.40",
        "sibling": "8765.40",
    }


def test_shared_page_shows_no_cost(tenant, family):
    maker = make_user("manager@example.com", tenant, Role.MANAGER)
    _link, token = make_link(tenant, maker, query="from=2026-11-01&to=2026-11-19")
    page = opened(token).content.decode()
    assert "1,000" in page
    assert "kpi-cost" not in page
    assert digits(CANARIES["operator to parent"]) not in page

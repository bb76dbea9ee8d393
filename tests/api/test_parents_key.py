"""A parent's key names a child by `tenant`: what is read is what the child's own key reads."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.api.schema import document
from portal.tenants.models import Tenant
from reports.budgets import changing
from reports.budgets.changing import BudgetInput
from tests.billing.checks.rows import make_done_check
from tests.conftest import NOW
from tests.pricing.stored import count, price_list

pytestmark = pytest.mark.django_db

READS = ("reports/forecast/", "budgets/", "invoice-checks/")
# Reads of tenants' rows and figures without `tenant`, by the reason.
WITHOUT = {
    "of the portal, or of the key itself": {
        "/api/v1/",
        "/api/v1/countries/",
        "/api/v1/exports/",  # nobody but the key that asked sees an export
        "/api/v1/key/",
        "/api/v1/result-codes/",
        "/api/v1/schema/",
    },
    "of the issuer itself, whose key it is": {
        "/api/v1/billing/closings/",
        "/api/v1/billing/margins/",
        "/api/v1/exchange-rates/",
        "/api/v1/statements/bookkeeping/",
    },
    "named by another parameter": {
        "/api/v1/billing/what-if/",  # customer
        "/api/v1/leaks/messages/",  # leak
        "/api/v1/messages/one/",  # account, id
        "/api/v1/price-lists/",  # issuer
        "/api/v1/statements/",  # customer
        "/api/v1/tenants/",  # parent
    },
}


@pytest.fixture
def house(tenant, monkeypatch) -> Tenant:
    """The parent of the tenant, with traffic of the tenant alone."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    house = Tenant.objects.create(slug="house", name="House", timezone="UTC")
    Tenant.objects.filter(id=tenant.id).update(parent=house)
    tenant.refresh_from_db()
    return house


def test_child_is_read_as_by_its_own_key(call, house, tenant, account):
    for n in range(100):
        count(tenant, account, NOW.date() - timedelta(days=n), 100)
    price_list({"micro": 50_000}, issuer=house)
    check = make_done_check(tenant)
    given = BudgetInput(name="Month", scope="all", amount=10_000, currency="EUR")
    budget = changing.create(tenant, given, actor="owner@example.com", now=NOW)
    above, own = call(house), call(tenant)

    for path in READS:
        by_parent, by_child = above.get(path, tenant=tenant.slug).json(), own.get(path).json()
        assert by_parent.pop("data_as_of") <= by_child.pop("data_as_of")
        assert by_parent == by_child, path
    forecast = own.get("reports/forecast/").json()
    assert forecast["costs"]["amounts"][0]["known"] == "95.00"
    for path in (f"budgets/{budget.pk}/", f"invoice-checks/{check.pk}/"):
        answers = [key.get(path).json() for key in (above, own)]
        assert answers[0] | {"data_as_of": answers[1]["data_as_of"]} == answers[1]
        assert answers[1]["tenant"] == tenant.slug


@pytest.mark.parametrize("path", READS)
def test_parents_own_reads_name_no_child_and_a_childs_no_parent(call, house, tenant, other_tenant, path):
    make_done_check(tenant)
    given = BudgetInput(name="Month", scope="all", amount=10_000, currency="EUR")
    changing.create(tenant, given, actor="owner@example.com", now=NOW)
    above, own = call(house), call(tenant)

    assert tenant.slug not in above.get(path).content.decode()
    refused = [own.get(path, tenant="house"), above.get(path, tenant=other_tenant.slug), above.get(path, tenant="")]
    assert [(answer.status_code, answer.json()["errors"][0]["parameter"]) for answer in refused[:2]] == [
        (400, "tenant"), (400, "tenant"),
    ]  # fmt: skip
    assert refused[2].status_code == 200  # no name, as in all reads


def test_every_read_of_tenants_takes_the_name_of_one():
    """One row by its id is found wherever the key reaches it."""
    paths = {
        path
        for path, methods in document()["paths"].items()
        if "get" in methods
        and "{" not in path
        and "tenant" not in {one["name"] for one in methods["get"].get("parameters", ())}
    }

    assert paths == set().union(*WITHOUT.values())

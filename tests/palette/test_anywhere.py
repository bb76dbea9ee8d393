"""The palette on pages without a customer: the person's customers and pages that belong to none."""

import pytest
from django.core.cache import cache

from portal.accounts.models import Membership

pytestmark = pytest.mark.django_db

GO = "/go/"
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def no_searches_yet(db):
    cache.clear()


def found(client, text: str) -> dict[str, list[str]]:
    answer = client.post(GO, {"q": text}, headers=JSON).json()
    return {group["name"]: [item["text"] for item in group["items"]] for group in answer["groups"]}


def test_it_leads_to_customers_of_the_person_and_pages_of_none(client, tenant, other_tenant, viewer):
    client.force_login(viewer)

    answer = client.post(GO, {"q": ""}, headers=JSON).json()

    assert found(client, "") == {"Pages": ["Start page", "Your account", "REST API"], "Customers": [tenant.name]}
    urls = [item["url"] for group in answer["groups"] for item in group["items"]]
    assert {client.get(url, follow=True).status_code for url in urls} == {200}


def test_another_customer_is_not_found(client, tenant, other_tenant, viewer):
    client.force_login(viewer)

    assert found(client, other_tenant.name) == {}


def test_staff_find_every_customer(client, tenant, other_tenant, staff_user):
    client.force_login(staff_user)

    assert found(client, "")["Pages"] == ["Start page", "Your account", "REST API", "Administration"]
    assert found(client, "")["Customers"] == sorted([tenant.name, other_tenant.name])
    assert found(client, other_tenant.name[:4])["Customers"] == [other_tenant.name]


def test_numbers_and_messages_are_not_searched(client, tenant, viewer):
    client.force_login(viewer)

    assert found(client, "+358401234567") == {}
    page = client.post(GO, {"q": "+358401234567", "what": "number"})
    assert (page.status_code, "Nothing found" in page.content.decode()) == (200, True)


def test_pages_without_a_customer_offer_it(client, tenant, viewer):
    Membership.objects.filter(user=viewer).delete()
    client.force_login(viewer)

    page = client.get("/").content.decode()

    assert ('href="/go/" data-palette' in page, 'id="palette"' in page) == (True, True)

"""A brand's values are the nearest ones up the chain of parents, read with the tenant and behind the wall."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.accounts.access import access_of
from portal.brands.brand import PLAIN, brand_of
from portal.brands.models import TenantBrand
from portal.tenants.models import Tenant
from portal.tenants.scope import web_scope
from tests.brands.conftest import PARTNER_HOST, make_brand, png
from tests.conftest import make_user

pytestmark = pytest.mark.django_db

PAGE = "/t/nordic-retail/reports/"


def test_child_without_values_shows_its_parents(child, partner):
    brand = brand_of(child.id)

    assert (brand.product_name, brand.sender_name, brand.colour, brand.host) == (
        "Partner Insights", "Partner Desk", "#7a1fa2", PARTNER_HOST,
    )  # fmt: skip
    assert (brand.logo_width, brand.logo_height, len(brand.logo)) == (320, 80, 64)


def test_each_value_is_the_nearest_one(child, partner):
    grandchild = Tenant.objects.create(slug="shop", name="Shop", parent=child, accent="#0b7285")
    make_brand(child, product_name="Nordic", host="nordic.example")

    brand = brand_of(grandchild.id)

    assert (brand.product_name, brand.sender_name, brand.colour) == ("Nordic", "Partner Desk", "#0b7285")
    assert (brand.host, brand.hosts) == ("nordic.example", ("nordic.example", PARTNER_HOST))
    assert brand.logo == brand_of(partner.id).logo


def test_tenant_without_a_brand_above_it_has_the_portals_own(tenant, other_tenant, partner):
    assert (brand_of(tenant.id), brand_of(tenant.id).product) == (PLAIN, "SMS reports")


def test_host_that_is_not_confirmed_is_not_used(child):
    TenantBrand.objects.update(host_confirmed_at=None)

    assert brand_of(child.id).host == ""
    assert brand_of(child.id).address == "https://portal.example.com"


def test_circle_of_parents_ends(child, partner):
    Tenant.objects.filter(id=partner.id).update(parent=child)

    assert brand_of(child.id).product_name == "Partner Insights"


def test_page_shows_the_parents_brand_and_nothing_else_of_the_parent(client, child, viewer, partner):
    client.force_login(viewer)

    page = client.get(PAGE).content.decode()

    assert ("Partner Insights</title>" in page, "/look/7a1fa2.css" in page, "/look/logo/" in page) == (True,) * 3
    assert ("/look/icon/" in page, 'name="theme-color"' in page) == (True, True)
    assert ("canary-above" in page, "partner" in [o.slug for o in client.get(PAGE).context["reachable_tenants"]()]) == (
        False,
        False,
    )


def test_web_role_reads_no_brand_of_a_tenant_above(child, partner):
    make_brand(child, product_name="Own")

    with web_scope([child.id]):
        seen = list(TenantBrand.objects.values_list("tenant_id", "product_name"))

    assert seen == [(child.id, "Own")]


def test_chain_holds_looks_and_no_other_column_of_the_ancestors(child, partner):
    TenantBrand.objects.update(host_token="canary-token")

    access = access_of(make_user("new@example.com", child, "viewer"), slug=child.slug)

    said = json.dumps(access.tenant.chain)
    assert ("Partner Insights" in said, "canary" in said, '"partner"' in said) == (True, False, False)


def test_page_needs_no_query_for_its_brand(client, tenant, viewer, django_assert_num_queries):
    client.force_login(viewer)
    client.get(PAGE)
    with CaptureQueriesContext(connection) as before:
        client.get(PAGE)
    above = Tenant.objects.create(slug="above", name="Above", accent="#7a1fa2")
    make_brand(above, host=PARTNER_HOST, logo=png(), product_name="Above")
    Tenant.objects.filter(id=tenant.id).update(parent=above)

    with django_assert_num_queries(len(before)):
        page = client.get(PAGE).content.decode()

    assert "Above</title>" in page


def test_pages_without_a_tenant_show_the_brand_that_a_persons_tenants_have_in_common(
    client, child, viewer, other_tenant
):
    client.force_login(viewer)
    of_one = client.get("/accounts/profile/").content.decode()
    from portal.accounts.models import Membership

    Membership.objects.create(user=viewer, tenant=other_tenant, role="viewer")
    of_two = client.get("/accounts/profile/").content.decode()

    assert ["Partner Insights" in page for page in (of_one, of_two)] == [True, False]


def test_settings_preview_shows_the_inherited_colour(client, child, manager):
    client.force_login(manager)

    page = client.get("/t/nordic-retail/settings/")

    assert (page.context["preview"].accent, "the portal's own colour" in page.content.decode()) == ("#7a1fa2", False)


def test_staff_who_view_a_tenant_see_its_brand(client, child, staff_user):
    client.force_login(staff_user)
    client.post(f"/admin/tenants/tenant/{child.id}/view-as/", {"reason": "ticket 4711"})

    assert "Partner Insights</title>" in client.get(PAGE).content.decode()

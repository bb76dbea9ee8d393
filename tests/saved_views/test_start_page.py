"""The saved view that a person begins with."""

import pytest

from portal.accounts.models import Membership, Role
from portal.saved_views.models import SavedView
from tests.conftest import PASSWORD
from tests.saved_views.conftest import VIEWS, make_view

pytestmark = pytest.mark.django_db


def starts() -> list[str]:
    return list(SavedView.objects.exclude(start_since=None).values_list("name", flat=True))


def test_person_begins_on_the_start_page_and_no_longer(client, tenant, viewer, messages):
    view = make_view(tenant, viewer, "Failed", page="messages", query="counts_as=failed&period=7d")
    client.force_login(viewer)

    client.post(f"{VIEWS}{view.id}/start/")
    client.logout()
    signed_in = client.post("/accounts/login/", {"login": viewer.email, "password": PASSWORD}, follow=True)
    assert signed_in.redirect_chain[-1][0] == "/t/nordic-retail/messages/?counts_as=failed&period=7d"
    client.post(f"{VIEWS}{view.id}/start/", {"end": "yes"})

    assert (client.get("/").url, starts()) == ("/t/nordic-retail/overview/", [])


def test_one_view_is_the_start_page_whatever_the_tenant(client, tenant, other_tenant, viewer):
    Membership.objects.create(user=viewer, tenant=other_tenant, role=Role.VIEWER)
    first, second = make_view(tenant, viewer, "first"), make_view(other_tenant, viewer, "second")
    client.force_login(viewer)
    assert client.get("/").status_code == 200  # two tenants: a choice

    client.post(f"{VIEWS}{first.id}/start/")
    client.post(f"/t/baltic-parcel/views/{second.id}/start/")

    assert (client.get("/").url, starts()) == ("/t/baltic-parcel/overview/?period=90d", ["second"])


def test_start_page_of_a_lost_tenant_is_passed_over(client, tenant, other_tenant, viewer):
    lost = make_view(other_tenant, viewer)
    SavedView.objects.filter(pk=lost.pk).update(start_since="2026-11-20T12:00Z")
    client.force_login(viewer)

    assert client.get("/").url == "/t/nordic-retail/overview/"


def test_start_page_narrowed_to_a_child_that_left_is_passed_over(client, tenant, family, viewer):
    make_view(tenant, viewer, query="period=30d&tenant=nr-norge", start_since="2026-11-20T12:00Z")
    client.force_login(viewer)
    assert client.get("/").url == "/t/nordic-retail/overview/?period=30d&tenant=nr-norge"

    type(family).objects.filter(pk=family.pk).update(parent=None)

    assert client.get("/").url == "/t/nordic-retail/overview/"


def test_others_start_pages_are_nobodys_business(client, tenant, viewer, analyst):
    make_view(tenant, analyst, start_since="2026-11-20T12:00Z")
    client.force_login(viewer)

    assert client.get("/").url == "/t/nordic-retail/overview/"

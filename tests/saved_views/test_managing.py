"""Renaming and deleting saved views, and whose they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.accounts import lost_rights, members
from portal.accounts.models import Membership, Role
from portal.saved_views.models import SavedView
from tests.saved_views.conftest import VIEWS, make_view, shown

pytestmark = pytest.mark.django_db


def test_view_is_renamed(client, tenant, viewer):
    view = make_view(tenant, viewer, "Mine")
    make_view(tenant, viewer, "Other")
    client.force_login(viewer)

    taken = client.post(f"{VIEWS}{view.id}/rename/", {"name": "other"})
    own = client.post(f"{VIEWS}{view.id}/rename/", {"name": "MINE"})

    assert (taken.status_code, own.status_code) == (422, 302)
    assert "You have a saved view “other” already." in taken.content.decode()
    assert [name for _page, name, _query in shown(viewer)] == ["MINE", "Other"]


def test_view_is_deleted_after_a_question(client, tenant, viewer):
    view = make_view(tenant, viewer, "Mine")
    client.force_login(viewer)

    asked = client.get(f"{VIEWS}{view.id}/delete/")
    assert ("Delete “Mine”?" in asked.content.decode(), len(shown(viewer))) == (True, 1)
    client.post(f"{VIEWS}{view.id}/delete/")

    assert shown(viewer) == []


@pytest.mark.parametrize("who", ["owner", "stranger", "staff_user"])
def test_nobody_else_sees_or_changes_a_view(client, request, tenant, viewer, messages, who):
    view = make_view(tenant, viewer, "canary")
    client.force_login(request.getfixturevalue(who))

    pages = [client.get(page) for page in (VIEWS, "/t/nordic-retail/overview/", "/t/nordic-retail/messages/")]
    changes = [client.post(f"{VIEWS}{view.id}/{what}/", {"name": "taken"}) for what in ("rename", "delete", "start")]

    assert [b"canary" in page.content for page in pages] == [False] * 3
    assert [answer.status_code for answer in changes] == [404] * 3
    assert list(SavedView.objects.values_list("name", "start_since")) == [("canary", None)]


def test_staff_who_view_the_tenant_see_and_save_none(client, tenant, staff_user, messages):
    Membership.objects.create(user=staff_user, tenant=tenant, role=Role.VIEWER)
    make_view(tenant, staff_user, "canary", start_since=timezone.now())
    client.force_login(staff_user)
    client.post(f"/admin/tenants/tenant/{tenant.id}/view-as/", {"reason": "ticket 4711"})

    page, listed = client.get("/t/nordic-retail/overview/"), client.get(VIEWS)
    saved = client.post(VIEWS, {"page": "overview", "query": "", "name": "New"})
    home = client.get("/")

    assert (page.context["saved"], b"canary" in page.content) == (None, False)
    assert (listed.status_code, saved.status_code, SavedView.objects.count()) == (403, 403, 1)
    assert home.url == "/t/nordic-retail/overview/"


def test_who_is_removed_loses_the_views_of_what_is_lost(client, tenant, family, owner, viewer, analyst):
    """Another membership still reaches the child; the colleague keeps everything."""
    Membership.objects.create(user=viewer, tenant=family, role=Role.VIEWER)
    for user in (viewer, analyst):
        make_view(tenant, user, "lost")
        make_view(family, user, "kept")
    client.force_login(owner)
    left = Membership.objects.get(user=viewer, tenant=tenant)

    assert client.post(f"/t/nordic-retail/settings/members/{left.id}/remove/").status_code == 302

    assert [name for _page, name, _query in shown(viewer)] == ["kept"]
    assert [name for _page, name, _query in shown(analyst)] == ["lost", "kept"]


def test_parents_member_who_leaves_the_child_keeps_its_views(tenant, family, viewer, owner):
    own = Membership.objects.create(user=viewer, tenant=family, role=Role.VIEWER)
    make_view(family, viewer, "kept")

    members.remove(membership=own, actor=viewer, now=timezone.now())

    assert len(shown(viewer)) == 1


def test_views_go_when_rights_are_lost_in_other_ways(tenant, other_tenant, family, viewer, analyst, stranger):
    """As by staff, a provisioning file, or a child that gets another parent."""
    make_view(family, viewer, "lost")
    make_view(tenant, analyst, "lost")
    make_view(other_tenant, stranger, "kept")
    type(family).objects.filter(pk=family.pk).update(parent=None)
    Membership.objects.filter(user=analyst).delete()

    lost_rights.settle(actor="portal", now=timezone.now())

    assert list(SavedView.objects.values_list("name", flat=True)) == ["kept"]


def test_views_of_a_deleted_person_are_deleted(tenant, viewer):
    make_view(tenant, viewer, start_since=timezone.now() - timedelta(days=1))

    viewer.delete()

    assert SavedView.objects.count() == 0


def test_staff_delete_a_person_with_views_and_read_no_name(client, tenant, viewer, staff_user):
    make_view(tenant, viewer, "canary")
    client.force_login(staff_user)
    address = f"/admin/accounts/user/{viewer.id}/delete/"

    asked = client.get(address)
    client.post(address, {"post": "yes"})

    assert (asked.status_code, b"canary" in asked.content) == (200, False)
    assert SavedView.objects.count() == 0

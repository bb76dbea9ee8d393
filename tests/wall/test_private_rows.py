"""Rows that belong to one person at one tenant, who may share them there."""

import pytest
from django.db import ProgrammingError

from portal.accounts.models import Membership
from portal.saved_views.models import SavedView
from portal.tenants.models import Tenant
from portal.tenants.scope import ingest_scope, signin_scope, web_scope
from tests.wall.scopes import staff_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def views(tenant, other_tenant, owner, viewer) -> dict[str, SavedView]:
    """Each of two people has a view at each of two tenants."""
    return {
        f"{who} {where}": SavedView.objects.create(user=user, tenant=of, page="overview", name=f"{who} {where}")
        for who, user in (("owner", owner), ("viewer", viewer))
        for where, of in (("here", tenant), ("there", other_tenant))
    }


def seen() -> list[str]:
    return list(SavedView.objects.order_by("name").values_list("name", flat=True))


def test_page_sees_the_persons_own_rows_of_its_tenants(views, tenant, other_tenant, owner):
    shown = []
    for tenants, person in (
        ([], ""), ([tenant.id], ""), ([], str(owner.id)), ([tenant.id], str(owner.id)),
        ([tenant.id, other_tenant.id], str(owner.id)),
    ):  # fmt: skip
        with web_scope(tenants, person=person):
            shown.append(seen())

    assert shown == [[], [], [], ["owner here"], ["owner here", "owner there"]]


def test_page_changes_and_deletes_no_other_row(views, tenant, owner):
    with web_scope([tenant.id], person=str(owner.id)):
        assert SavedView.objects.update(name="x") == 1
        assert SavedView.objects.all().delete()[0] == 1

    assert seen() == ["owner there", "viewer here", "viewer there"]


def test_page_adds_and_gives_away_no_row_of_others(views, tenant, other_tenant, owner, viewer):
    for user, of in ((viewer, tenant), (owner, other_tenant)):
        for act in (
            lambda user=user, of=of: SavedView.objects.create(user=user, tenant=of, page="overview", name="new"),
            lambda user=user, of=of: SavedView.objects.update(user=user, tenant=of, name="new"),
        ):
            with (
                pytest.raises(ProgrammingError, match=r"row-level security|permission denied"),
                web_scope([tenant.id], person=str(owner.id)),
            ):
                act()


def test_shared_row_is_seen_by_people_of_its_tenant_alone(views, tenant, other_tenant, owner, viewer):
    SavedView.objects.filter(user=viewer).update(is_shared=True)
    found = []
    for tenants, person in (([tenant.id], str(owner.id)), ([other_tenant.id], str(owner.id)), ([tenant.id], "")):
        with web_scope(tenants, person=person):
            found.append(seen())

    assert found == [["owner here", "viewer here"], ["owner there", "viewer there"], []]


@pytest.mark.parametrize(("role", "changed"), [("owner", 1), ("manager", 1), ("analyst", 0), ("viewer", 0)])
@pytest.mark.parametrize("of", ["tenant", "parent"])
def test_shared_row_is_changed_by_the_tenants_owners_and_managers_alone(
    tenant, other_tenant, owner, viewer, role, of, changed
):
    """A role for a tenant above counts, one for another tenant does not."""
    child = Tenant.objects.create(slug="child", name="Child", parent=tenant)
    at = {"tenant": child, "parent": tenant}[of]
    Membership.objects.filter(user=owner).delete()
    Membership.objects.create(user=owner, tenant=other_tenant, role="owner")
    Membership.objects.create(user=owner, tenant=at, role=role)
    for name, shared in (("shared", True), ("private", False)):
        SavedView.objects.create(user=viewer, tenant=child, page="overview", name=name, is_shared=shared)

    with web_scope([child.id], person=str(owner.id)):
        assert SavedView.objects.update(name="x") == changed
        assert SavedView.objects.all().delete()[0] == changed

    assert SavedView.objects.count() == 2 - changed


def test_staff_may_delete_and_change_none_and_others_reach_none(views):
    with staff_scope():
        assert len(seen()) == 4
    for scope, statement in (
        (staff_scope(), lambda: SavedView.objects.update(name="x")),
        (signin_scope(), seen),
        (ingest_scope(), seen),
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), scope:
            statement()

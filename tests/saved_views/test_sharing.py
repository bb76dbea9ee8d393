"""Saved views that are shared with a tenant's members: who sees, changes and deletes them, and what is logged."""

import pytest

from portal.accounts import lost_rights, members
from portal.accounts.models import AuditEntry, Membership, Role
from portal.saved_views import store
from portal.saved_views.models import SavedView
from tests.conftest import NOW, make_user
from tests.pages.searched import text_of
from tests.saved_views.conftest import VIEWS, make_view, shown

pytestmark = pytest.mark.django_db

MESSAGES = "/t/nordic-retail/messages/"


@pytest.fixture
def manager(tenant):
    return make_user("mari@example.com", tenant, Role.MANAGER)


def logged() -> list[tuple[str, str, str, dict]]:
    entries = AuditEntry.objects.filter(action__startswith="view.").order_by("id")
    return list(entries.values_list("action", "actor", "subject", "details"))


def test_view_is_saved_as_a_shared_one_and_colleagues_open_it_with_its_columns(
    client, tenant, viewer, analyst, messages
):
    client.force_login(analyst)
    query = "counts_as=failed&period=7d&columns=sent_at&columns=status"
    client.post(VIEWS, {"page": "messages", "query": query, "name": "Failed", "is_shared": "on"})
    client.force_login(viewer)

    menu = client.get(MESSAGES).context["saved"]
    opened = client.get(menu.shared[0].address)
    listed = client.get(VIEWS)

    assert ([one.name for one in menu.entries], [(one.name, one.maker) for one in menu.shared]) == (
        [], [("Failed", analyst.email)],
    )  # fmt: skip
    assert opened.context["form"].table.names == ["sent_at", "status"]
    assert [one.is_current for one in opened.context["saved"].shared] == [True]
    assert (listed.context["rows"], [row["view"].name for row in listed.context["shared"]]) == ([], ["Failed"])
    assert f'data-label="Shared by">{analyst.email}<' in text_of(listed)
    assert logged() == [("view.shared", analyst.email, "Failed", {})]


def test_sharing_ends_and_private_views_are_not_logged(client, tenant, viewer, analyst):
    view = make_view(tenant, analyst, "Mine")
    client.force_login(analyst)

    client.post(f"{VIEWS}{view.id}/rename/", {"name": "Ours"})
    for data in ({}, {}, {"end": "yes"}, {"end": "yes"}):
        client.post(f"{VIEWS}{view.id}/share/", data)
    client.force_login(viewer)

    assert client.get(VIEWS).context["shared"] == []
    assert logged() == [("view.shared", analyst.email, "Ours", {}), ("view.unshared", analyst.email, "Ours", {})]


@pytest.mark.parametrize(("who", "may"), [("viewer", False), ("analyst", False), ("manager", True), ("owner", True)])
def test_shared_view_of_another_is_changed_by_managers_and_owners_alone(client, request, tenant, who, may):
    maker = make_user("maker@example.com", tenant, Role.VIEWER)
    view = make_view(tenant, maker, "Ours", is_shared=True)
    private = make_view(tenant, maker, "Secret")
    user = request.getfixturevalue(who)
    client.force_login(user)

    page = text_of(client.get(VIEWS))
    taken = client.post(f"{VIEWS}{view.id}/rename/", {"name": "secret"})
    renamed = client.post(f"{VIEWS}{view.id}/rename/", {"name": "Everybody's"})
    others = [client.post(f"{VIEWS}{view.id}/{what}/").status_code for what in ("share", "start")]
    asked = client.get(f"{VIEWS}{view.id}/delete/")
    deleted = client.post(f"{VIEWS}{view.id}/delete/")
    of_private = [client.post(f"{VIEWS}{private.id}/{what}/", {"name": "x"}) for what in ("rename", "delete", "share")]

    assert (f"{VIEWS}{view.id}/delete/" in page, others) == (may, [404, 404])
    assert [one.status_code for one in (taken, renamed, asked, deleted)] == (
        [422, 302, 200, 302] if may else [404] * 4
    )  # fmt: skip
    assert [one.status_code for one in of_private] == [404] * 3
    assert shown(maker) == [("overview", one, "period=90d") for one in (["Secret"] if may else ["Ours", "Secret"])]
    if may:
        assert "it is deleted for all members" in text_of(asked)
        assert logged() == [
            ("view.renamed", user.email, "Everybody's", {"from": "Ours"}),
            ("view.deleted", user.email, "Everybody's", {}),
        ]


def test_shared_views_of_other_tenants_and_for_staff_stay_hidden(client, tenant, other_tenant, stranger, owner):
    view = make_view(other_tenant, stranger, "canary", is_shared=True)
    client.force_login(owner)

    assert b"canary" not in client.get(VIEWS).content
    assert client.post(f"{VIEWS}{view.id}/delete/").status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()


def test_shared_view_stays_when_its_person_leaves(client, tenant, viewer, analyst):
    make_view(tenant, analyst, "Ours", is_shared=True)
    make_view(tenant, analyst, "Mine")

    members.remove(membership=Membership.objects.get(user=analyst), actor=analyst, now=NOW)
    lost_rights.settle(actor="portal", now=NOW)
    client.force_login(viewer)

    assert [name for _page, name, _query in shown(analyst)] == ["Ours"]
    assert "a former member" in text_of(client.get(VIEWS))


def test_so_many_are_shared_at_most(client, tenant, viewer, analyst, monkeypatch):
    monkeypatch.setattr(store, "MAX_SHARED", 1)
    make_view(tenant, viewer, "Theirs", is_shared=True)
    view = make_view(tenant, analyst, "Mine")
    client.force_login(analyst)

    saved = client.post(VIEWS, {"page": "overview", "query": "", "name": "New", "is_shared": "on"})
    after = client.post(f"{VIEWS}{view.id}/share/", follow=True)

    assert saved.status_code == 422
    assert saved.context["form"].errors["is_shared"] == ["1 views are shared here, which is the most."]
    assert "1 views are shared here, which is the most." in text_of(after)
    assert [name for _page, name, _query in shown(analyst)] == ["Mine"]
    assert SavedView.objects.filter(is_shared=True).count() == 1

"""The Members page: who may open it, what owners may do, and which rules hold for owners too."""

from urllib.parse import quote

import pytest
from django.utils import timezone

from portal.accounts import members
from portal.accounts.invitations import invite
from portal.accounts.models import AuditEntry, Invitation, Membership, Role
from portal.tenants.models import Tenant
from tests.conftest import NOW, make_user
from tests.people.conftest import MEMBERS


def audit(action: str) -> list[tuple]:
    rows = AuditEntry.objects.filter(action=action).order_by("id")
    return list(rows.values_list("tenant__slug", "actor", "subject", "details"))


def role_of(user, tenant) -> str | None:
    return Membership.objects.filter(user=user, tenant=tenant).values_list("role", flat=True).first()


def posts(membership: Membership, invitation: Invitation) -> dict[str, dict]:
    return {
        f"{MEMBERS}invite/": {"email": "new@example.com", "role": "owner"},
        f"{MEMBERS}{membership.id}/role/": {"role": "owner"},
        f"{MEMBERS}{membership.id}/remove/": {},
        f"{MEMBERS}invitations/{invitation.id}/resend/": {},
        f"{MEMBERS}invitations/{invitation.id}/revoke/": {},
    }


@pytest.fixture
def invitation(tenant, owner) -> Invitation:
    return invite(tenant=tenant, email="invited@example.com", role="viewer", inviter=owner, now=NOW)


@pytest.mark.parametrize("mates", ([], ["a-mate@example.com", "b-mate@example.com"]))
def test_members_need_as_many_queries_for_one_as_for_three(client, tenant, owner, mates, django_assert_num_queries):
    for email in mates:
        make_user(email, tenant, Role.VIEWER)
        invite(tenant=tenant, email=f"new-{email}", role="viewer", inviter=owner, now=timezone.now())
    client.force_login(owner)

    with django_assert_num_queries(16):
        response = client.get(MEMBERS)

    shown = [membership.user.email for membership in response.context["page_obj"]]
    assert shown == [*mates, "owner@example.com"]
    assert [row["invitation"].email for row in response.context["invitations"]] == [f"new-{e}" for e in mates[::-1]]


@pytest.mark.parametrize(("who", "status"), [("manager", 403), ("analyst", 403), ("viewer", 403), ("stranger", 404)])
def test_only_owners_reach_members(browser, request, tenant, viewer, invitation, who, status):
    membership = viewer.memberships.get()
    client = browser(request.getfixturevalue(who))

    answers = [client.get(MEMBERS).status_code]
    answers += [client.post(url, data).status_code for url, data in posts(membership, invitation).items()]

    assert answers == [status] * 6
    assert role_of(viewer, tenant) == Role.VIEWER
    assert Invitation.objects.filter(revoked_at=None).count() == 1


def test_anonymous_is_sent_to_sign_in(client, tenant, viewer, invitation):
    urls = list(posts(viewer.memberships.get(), invitation))

    assert client.get(MEMBERS).url == f"/accounts/login/?next={MEMBERS}"
    assert [client.post(url).url for url in urls] == [f"/accounts/login/?next={quote(url, safe='')}" for url in urls]


def test_posts_without_a_token_are_refused(browser, owner, tenant, viewer, invitation):
    client = browser(owner, enforce_csrf_checks=True)

    answers = [client.post(url, data).status_code for url, data in posts(viewer.memberships.get(), invitation).items()]

    assert answers == [403] * 5


def test_owner_of_another_tenant_cannot_reach_members_by_id(browser, tenant, viewer, stranger, invitation):
    client = browser(stranger)
    theirs = "/t/baltic-parcel/settings/members/"
    membership = viewer.memberships.get()

    answers = [
        client.post(f"{theirs}{membership.id}/role/", {"role": "owner"}).status_code,
        client.post(f"{theirs}{membership.id}/remove/").status_code,
        client.post(f"{theirs}invitations/{invitation.id}/resend/").status_code,
        client.post(f"{theirs}invitations/{invitation.id}/revoke/").status_code,
    ]

    assert answers == [404] * 4
    assert (role_of(viewer, tenant), Invitation.objects.get().revoked_at) == (Role.VIEWER, None)


def test_owner_changes_a_role(browser, tenant, owner, viewer):
    response = browser(owner).post(f"{MEMBERS}{viewer.memberships.get().id}/role/", {"role": "manager"})

    assert (response.status_code, role_of(viewer, tenant)) == (302, Role.MANAGER)
    assert audit("member.role") == [
        ("nordic-retail", "owner@example.com", "viewer@example.com", {"from": "viewer", "to": "manager"})
    ]


def test_role_that_is_none_is_refused(browser, tenant, owner, viewer):
    url = f"{MEMBERS}{viewer.memberships.get().id}/role/"

    answers = [browser(owner).post(url, data).status_code for data in ({"role": "king"}, {"role": ""}, {})]

    assert (answers, role_of(viewer, tenant)) == ([422] * 3, Role.VIEWER)


def test_nobody_changes_their_own_role(browser, tenant, owner):
    make_user("second@example.com", tenant, Role.OWNER)

    response = browser(owner).post(f"{MEMBERS}{owner.memberships.get().id}/role/", {"role": "viewer"})

    assert (response.status_code, "You cannot change your own role" in response.content.decode()) == (422, True)
    assert role_of(owner, tenant) == Role.OWNER


def test_parents_owner_cannot_raise_their_own_lower_role_in_the_child(browser, owner, child):
    membership = Membership.objects.create(user=owner, tenant=child, role=Role.VIEWER)
    Membership.objects.create(user=make_user("kid@example.com"), tenant=child, role=Role.OWNER)

    response = browser(owner).post(f"/t/nordic-kids/settings/members/{membership.id}/role/", {"role": "owner"})

    assert (response.status_code, role_of(owner, child)) == (422, Role.VIEWER)


def test_last_owner_cannot_be_demoted_or_removed_by_the_parents_owner(browser, owner, child):
    kid = make_user("kid@example.com", child, Role.OWNER)
    url = f"/t/nordic-kids/settings/members/{kid.memberships.get().id}/"
    client = browser(owner)

    answers = [client.post(f"{url}role/", {"role": "viewer"}), client.post(f"{url}remove/")]

    assert [(a.status_code, "A customer needs an owner" in a.content.decode()) for a in answers] == [(422, True)] * 2
    assert role_of(kid, child) == Role.OWNER


def test_last_owner_cannot_leave(browser, tenant, owner, viewer):
    response = browser(owner).post(f"{MEMBERS}{owner.memberships.get().id}/remove/")

    assert (response.status_code, role_of(owner, tenant)) == (422, Role.OWNER)


def test_owner_who_is_switched_off_is_no_owner_to_count_on(browser, tenant, owner):
    make_user("gone@example.com", tenant, Role.OWNER, is_active=False)

    response = browser(owner).post(f"{MEMBERS}{owner.memberships.get().id}/remove/")

    assert (response.status_code, role_of(owner, tenant)) == (422, Role.OWNER)


def test_one_of_two_owners_leaves_and_sees_nothing_any_more(browser, tenant, owner):
    make_user("second@example.com", tenant, Role.OWNER)
    client = browser(owner)

    response = client.post(f"{MEMBERS}{owner.memberships.get().id}/remove/")

    assert (response.status_code, response.url, role_of(owner, tenant)) == (302, "/", None)
    assert client.get(MEMBERS).status_code == 404


def test_removal_asks_first_and_takes_effect_at_once(browser, tenant, owner, viewer):
    client, removed = browser(owner), browser(viewer)
    url = f"{MEMBERS}{viewer.memberships.get().id}/remove/"

    asked = client.get(url)
    still = removed.get("/t/nordic-retail/reports/").status_code
    client.post(url)

    assert (asked.status_code, "Remove viewer@example.com?" in asked.content.decode(), still) == (200, True, 200)
    assert removed.get("/t/nordic-retail/reports/").status_code == 404
    assert audit("member.removed") == [("nordic-retail", "owner@example.com", "viewer@example.com", {"role": "viewer"})]


def test_removal_can_be_cancelled(browser, tenant, owner, viewer):
    page = browser(owner).get(f"{MEMBERS}{viewer.memberships.get().id}/remove/").content.decode()

    assert (f'href="{MEMBERS}">Cancel</a>' in page, "Keep key" in page) == (True, False)


def test_who_is_removed_leaves_no_invitation_behind(browser, tenant, owner):
    second = make_user("second@example.com", tenant, Role.OWNER)
    browser(second).post(f"{MEMBERS}invite/", {"email": "backdoor@example.com", "role": "owner"})

    browser(owner).post(f"{MEMBERS}{second.memberships.get().id}/remove/")

    assert Invitation.objects.get(email="backdoor@example.com").revoked_at is not None


def test_members_of_the_parent_are_not_listed_in_the_child(browser, tenant, owner, child):
    make_user("kid@example.com", child, Role.OWNER)
    kid = browser(Membership.objects.get(tenant=child).user)

    page = kid.get("/t/nordic-kids/settings/members/").content.decode()

    assert ("kid@example.com" in page, "owner@example.com" in page) == (True, False)
    assert "Members of the parent company" in page


def test_posted_fields_beside_the_role_change_nothing(browser, tenant, other_tenant, owner, viewer):
    membership = viewer.memberships.get()

    browser(owner).post(
        f"{MEMBERS}{membership.id}/role/",
        {"role": "analyst", "tenant": other_tenant.id, "tenant_id": other_tenant.id, "user": owner.id, "is_staff": "1"},
    )

    membership.refresh_from_db()
    viewer.refresh_from_db()
    assert (membership.tenant_id, membership.user_id, membership.role) == (tenant.id, viewer.id, "analyst")
    assert viewer.is_staff is False


def test_two_owners_cannot_be_removed_by_each_other_at_once(tenant, owner):
    """The rule is asked under the tenant's lock, with the rows as they are then."""
    second = make_user("second@example.com", tenant, Role.OWNER)
    stale = Membership.objects.select_related("tenant", "user").get(user=owner)
    members.remove(membership=second.memberships.get(), actor=owner, now=timezone.now())

    with pytest.raises(members.NotAllowed):
        members.remove(membership=stale, actor=second, now=timezone.now())

    assert Tenant.objects.get(id=tenant.id).memberships.count() == 1


def test_owner_who_was_removed_meanwhile_changes_nobody(tenant, owner, viewer):
    """The page was asked for while they were one; the rule is asked again under the lock."""
    late = make_user("late@example.com", tenant, Role.OWNER)
    mate = Membership.objects.get(user=viewer)
    Membership.objects.filter(user=late).delete()

    with pytest.raises(members.NotAllowed, match="no longer an owner"):
        members.remove(membership=mate, actor=late, now=NOW)
    with pytest.raises(members.NotAllowed, match="no longer an owner"):
        members.change_role(membership=mate, role=Role.OWNER, actor=late, now=NOW)

    assert role_of(viewer, tenant) == Role.VIEWER

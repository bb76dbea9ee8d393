"""A lost right leaves no invitation and no API key that would restore it."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from portal.accounts import invitations, lost_rights, tasks
from portal.accounts.models import AuditEntry, Invitation, Membership, Role, User
from portal.tenants import api_keys
from portal.tenants.models import ApiKey, Tenant
from tests.conftest import make_user
from tests.people.conftest import MEMBERS

NEW_PASSWORD = "a long new phrase"
KEYS = "/t/nordic-retail/settings/api-keys/"


@pytest.fixture
def second(tenant, owner) -> User:
    return make_user("second@example.com", tenant, Role.OWNER)


def offer(tenant: Tenant, inviter: User, email: str = "backdoor@example.com") -> str:
    """Return the path of an open invitation's link."""
    made = invitations.invite(tenant=tenant, email=email, role="owner", inviter=inviter, now=timezone.now())
    return invitations.link(made).removeprefix("http://localhost:8000")


def accept(path: str) -> int:
    return Client().post(path, {"name": "N", "password": NEW_PASSWORD}).status_code


def make_key(tenant: Tenant, holder: User, name: str = "k") -> tuple[ApiKey, str]:
    return api_keys.create_key(
        tenant=tenant, name=name, scopes=["read"], created_by=holder.email, now=timezone.now(), holder_id=holder.pk
    )


def works(text: str) -> bool:
    return Client().get("/api/v1/key/", headers={"Authorization": f"Bearer {text}"}).status_code == 200


def lose_by_page(browser, owner, staff_user, second) -> None:
    browser(owner).post(f"{MEMBERS}{second.memberships.get().id}/remove/")


def lose_role_by_page(browser, owner, staff_user, second) -> None:
    browser(owner).post(f"{MEMBERS}{second.memberships.get().id}/role/", {"role": "analyst"})


def lose_by_admin(browser, owner, staff_user, second) -> None:
    browser(staff_user).post(f"/admin/accounts/membership/{second.memberships.get().id}/delete/", {"post": "yes"})


def lose_by_admins_list(browser, owner, staff_user, second) -> None:
    chosen = {"action": "delete_selected", "_selected_action": [second.memberships.get().id], "post": "yes"}
    browser(staff_user).post("/admin/accounts/membership/", chosen)


def switched_off(browser, owner, staff_user, second) -> None:
    membership = second.memberships.get()
    form = {
        "email": second.email, "name": "", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": membership.id, "memberships-0-user": second.pk,
        "memberships-0-tenant": membership.tenant_id,
        "memberships-0-role": membership.role,
    }  # fmt: skip
    answer = browser(staff_user).post(f"/admin/accounts/user/{second.pk}/change/", form)
    assert (answer.status_code, User.objects.get(pk=second.pk).is_active) == (302, False)


def deleted(browser, owner, staff_user, second) -> None:
    browser(staff_user).post(f"/admin/accounts/user/{second.pk}/delete/", {"post": "yes"})
    assert not User.objects.filter(pk=second.pk).exists()


WAYS = [lose_by_page, lose_role_by_page, lose_by_admin, lose_by_admins_list, switched_off, deleted]


@pytest.mark.parametrize("lose", WAYS)
@pytest.mark.parametrize("below", [False, True])
def test_invitations_and_keys_end_with_the_right_they_rest_on(
    browser, tenant, owner, child, second, staff_user, lose, below
):
    where = child if below else tenant
    path, (key, text) = offer(where, second), make_key(where, second)
    User.objects.filter(pk=second.pk).update(email="renamed@example.com")  # what is known by the address is lost
    second.refresh_from_db()

    lose(browser, owner, staff_user, second)

    assert (Invitation.objects.get().revoked_at is not None, accept(path)) == (True, 410)
    key.refresh_from_db()
    assert (key.abandoned_at is not None, key.revoked_at, works(text)) == (True, None, True)
    later = key.abandoned_at + timedelta(days=7)
    assert api_keys.look_up(text, now=later) == (None, "revoked")
    actions = set(AuditEntry.objects.filter(tenant=where).values_list("action", flat=True))
    assert {"member.invitation_revoked", "api_key.abandoned"} <= actions


def test_right_is_asked_for_when_the_invitation_is_accepted(tenant, owner, second):
    """Also where the right was lost in a way that no page knows of."""
    path = offer(tenant, second)
    Membership.objects.filter(user=second).delete()

    assert (Client().get(path).status_code, accept(path)) == (410, 410)
    assert Membership.objects.filter(tenant=tenant).count() == 1


def test_invitation_rests_on_its_inviter_whoever_has_the_address_later(tenant, owner, second):
    path = offer(tenant, second)
    User.objects.filter(pk=second.pk).update(email="renamed@example.com")
    EmailAddress.objects.filter(user=second).update(email="renamed@example.com")
    make_user("second@example.com", tenant, Role.OWNER)
    open_before = Client().get(path).status_code
    Membership.objects.filter(user=second).delete()

    assert (open_before, accept(path)) == (200, 410)


def test_invitation_of_staff_who_are_staff_no_more_is_closed(tenant, staff_user):
    path = offer(tenant, staff_user, "first@example.com")
    open_before = Client().get(path).status_code
    User.objects.filter(pk=staff_user.pk).update(is_staff=False, is_superuser=False)

    assert (open_before, accept(path)) == (200, 410)


def test_right_by_another_membership_keeps_both(browser, tenant, owner, child, second):
    Membership.objects.create(user=second, tenant=child, role=Role.OWNER)
    path, (key, _text) = offer(child, second), make_key(child, second)

    browser(owner).post(f"{MEMBERS}{Membership.objects.get(user=second, tenant=tenant).id}/remove/")

    key.refresh_from_db()
    assert (key.abandoned_at, accept(path)) == (None, 302)


def test_owners_hear_of_abandoned_keys_and_keep_one(browser, worker, tenant, owner, second):
    (kept, kept_text), (left, left_text) = make_key(tenant, second, "kept"), make_key(tenant, second, "left")
    with worker():
        lose_by_page(browser, owner, None, second)
    page = browser(owner)
    shown = page.get(KEYS).content.decode()

    answer = page.post(f"{KEYS}{kept.id}/keep/")
    ApiKey.objects.filter(id=left.id).update(abandoned_at=timezone.now() - timedelta(days=7))
    tasks.settle_lost_rights()

    [message] = outbox.outbox
    assert (message.to, "kept (" in message.body) == (["owner@example.com"], True)
    assert (shown.count("The holder may no longer hold this key"), answer.status_code) == (2, 302)
    assert (works(kept_text), works(left_text)) == (True, False)
    kept.refresh_from_db()
    left.refresh_from_db()
    assert (kept.holder_id, kept.abandoned_at, left.revoked_at is not None) == (owner.pk, None, True)


def test_only_owners_keep_keys(browser, tenant, owner, manager, second):
    key, _text = make_key(tenant, second)
    lose_by_page(browser, owner, None, second)

    answer = browser(manager).post(f"{KEYS}{key.id}/keep/")

    key.refresh_from_db()
    assert (answer.status_code, key.abandoned_at is not None) == (403, True)


def test_keys_are_revoked_at_once_on_request(browser, tenant, owner, child, second):
    texts = [make_key(where, second)[1] for where in (tenant, child)]
    url = f"{MEMBERS}{second.memberships.get().id}/remove/"

    asked = browser(owner).get(url).content.decode()
    browser(owner).post(url, {"revoke_keys": "on"})

    assert ('name="revoke_keys"' in asked, [works(text) for text in texts]) == (True, [False, False])


def test_clock_finds_what_was_lost_elsewhere(tenant, owner, second):
    offer(tenant, second)
    key, _text = make_key(tenant, second)
    mine, _mine_text = make_key(tenant, owner)
    Membership.objects.filter(user=second).update(role=Role.VIEWER)

    tasks.settle_lost_rights()

    key.refresh_from_db()
    mine.refresh_from_db()
    assert Invitation.objects.get().revoked_at is not None
    assert (key.abandoned_at is not None, mine.abandoned_at) == (True, None)


def test_key_of_a_command_rests_on_nobody(tenant):
    key, text = api_keys.create_key(
        tenant=tenant, name="k", scopes=["read"], created_by="command create_api_key", now=timezone.now()
    )

    lost_rights.settle(actor="portal", now=timezone.now())

    key.refresh_from_db()
    assert (key.abandoned_at, works(text)) == (None, True)

"""A tenant keeps an owner while several people change its members at once: real requests, each with its connection."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from portal.accounts import invitations
from portal.accounts.models import Membership, Role, User
from tests.conftest import make_user
from tests.people.conftest import MEMBERS

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 3


@pytest.fixture
def second(tenant, owner) -> User:
    return make_user("second@example.com", tenant, Role.OWNER)


def at_once(*requests: Callable[[], int]) -> list[int]:
    """Make the requests at the same time, each in a thread, and return their statuses."""
    start, statuses = Barrier(len(requests)), [0] * len(requests)

    def run(number: int) -> None:
        try:
            start.wait(10)
            statuses[number] = requests[number]()
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=(number,)) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return statuses


def post(user: User, url: str, data: dict | None = None) -> Callable[[], int]:
    client = Client()
    client.force_login(user)
    return lambda: client.post(url, data or {}).status_code


def remove(by: User, whom: User) -> Callable[[], int]:
    return post(by, f"{MEMBERS}{whom.memberships.get().id}/remove/")


def demote(by: User, whom: User) -> Callable[[], int]:
    return post(by, f"{MEMBERS}{whom.memberships.get().id}/role/", {"role": "viewer"})


def staff_remove(by: User, whom: User) -> Callable[[], int]:
    return post(by, f"/admin/accounts/membership/{whom.memberships.get().id}/delete/", {"post": "yes"})


def staff_demote(by: User, whom: User) -> Callable[[], int]:
    membership = whom.memberships.get()
    form = {"user": whom.pk, "tenant": membership.tenant_id, "role": "viewer"}
    return post(by, f"/admin/accounts/membership/{membership.id}/change/", form)


def staff_switch_off(by: User, whom: User) -> Callable[[], int]:
    membership = whom.memberships.get()
    form = {
        "email": whom.email, "name": "", "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 1,
        "memberships-0-id": membership.id, "memberships-0-user": whom.pk, "memberships-0-tenant": membership.tenant_id,
        "memberships-0-role": membership.role,
    }  # fmt: skip
    return post(by, f"/admin/accounts/user/{whom.pk}/change/", form)


def staff_delete(by: User, whom: User) -> Callable[[], int]:
    return post(by, f"/admin/accounts/user/{whom.pk}/delete/", {"post": "yes"})


def owners(tenant) -> int:
    return Membership.objects.filter(tenant=tenant, role=Role.OWNER, user__is_active=True).count()


@pytest.mark.parametrize("first_way", [remove, demote])
@pytest.mark.parametrize("second_way", [remove, demote])
def test_two_owners_cannot_end_each_other(tenant, owner, second, first_way, second_way):
    statuses = at_once(first_way(owner, second), second_way(second, owner))

    assert (sorted(statuses)[0], owners(tenant)) == (302, 1)
    assert 500 not in statuses


@pytest.mark.parametrize("staff_way", [staff_remove, staff_demote, staff_switch_off, staff_delete])
@pytest.mark.parametrize("way", [remove, demote])
def test_owner_and_staff_cannot_end_both_owners(tenant, owner, second, staff_user, staff_way, way):
    statuses = at_once(way(owner, second), staff_way(staff_user, owner))

    assert (owners(tenant), 500 in statuses) == (1, False)


@pytest.mark.parametrize("one", [staff_remove, staff_demote, staff_switch_off, staff_delete])
@pytest.mark.parametrize("other", [staff_remove, staff_demote, staff_switch_off, staff_delete])
def test_staff_cannot_end_both_owners(tenant, owner, second, staff_user, one, other):
    colleague = make_user("colleague@example.com", is_staff=True, is_superuser=True)

    statuses = at_once(one(staff_user, owner), other(colleague, second))

    assert (owners(tenant), statuses) == (1, [302, 302])


def test_both_owners_leaving_at_once_leave_one(tenant, owner, second):
    statuses = at_once(remove(owner, owner), remove(second, second))

    assert (sorted(statuses), owners(tenant)) == ([302, 422], 1)


def test_one_member_is_removed_once(tenant, owner, second):
    whom = make_user("mate@example.com", tenant, Role.VIEWER)

    statuses = at_once(remove(owner, whom), remove(second, whom))

    assert (302 in statuses, set(statuses) <= {302, 404, 422}, owners(tenant)) == (True, True, 2)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_invitation_of_an_owner_who_is_being_removed_lets_nobody_stay(tenant, owner, second, number):
    made = invitations.invite(tenant=tenant, email="new@example.com", role="owner", inviter=second, now=timezone.now())
    path = invitations.link(made).removeprefix("http://localhost:8000")
    form = {"name": "N", "password": "a long new phrase"}

    statuses = at_once(remove(owner, second), lambda: Client().post(path, form).status_code)

    is_in = Membership.objects.filter(user__email="new@example.com").exists()
    assert (statuses[0], statuses[1] in (302, 410), is_in) == (302, True, statuses[1] == 302)


def test_acceptance_waits_for_a_removal_that_has_begun(tenant, owner, second):
    """The removal holds the lock when the invitation is accepted, and commits first."""
    made = invitations.invite(tenant=tenant, email="new@example.com", role="owner", inviter=second, now=timezone.now())
    path = invitations.link(made).removeprefix("http://localhost:8000")
    other = connection.copy()
    statuses: list[int] = []

    def accept() -> None:
        try:
            form = {"name": "N", "password": "a long new phrase"}
            statuses.append(Client().post(path, form).status_code)
        finally:
            connections.close_all()

    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('portal.members'))")
            cursor.execute("DELETE FROM accounts_membership WHERE user_id = %s", [second.pk])
        thread = Thread(target=accept)
        thread.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        for _attempt in range(100_000):
            with connection.cursor() as cursor:
                cursor.execute(waiting)
                if cursor.fetchone()[0] or not thread.is_alive():
                    break
        other.commit()
        thread.join(30)
    finally:
        other.close()

    assert (statuses, Membership.objects.filter(user__email="new@example.com").exists()) == ([410], False)


def test_staff_are_told_why_the_last_owner_stays(client, tenant, owner, staff_user):
    client.force_login(staff_user)

    answers = [
        client.post(f"/admin/accounts/membership/{owner.memberships.get().id}/delete/", {"post": "yes"}, follow=True),
        client.post(f"/admin/accounts/user/{owner.pk}/delete/", {"post": "yes"}, follow=True),
    ]

    texts = [[str(message) for message in answer.context["messages"]] for answer in answers]
    told = "A customer needs an owner. Make another person owner first. (These would have no owner: Nordic Retail Oy)"
    assert (texts, owners(tenant)) == ([[told]] * 2, 1)

"""Staff with rights over people, but not all rights: they take over nobody who may do more, and gain no rights."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from portal.accounts.models import UnsentMail, User
from tests.conftest import PASSWORD, make_user
from tests.people.conftest import is_in, sign_in

NEW_PASSWORD = "a long new phrase"
NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
RIGHTS = ("view_user", "add_user", "change_user", "delete_user", "view_unsentmail", "change_group", "view_group",
          "add_group", "delete_group", "add_membership", "change_membership", "view_membership",
          "delete_emailaddress", "view_emailaddress")  # fmt: skip


def give(user: User, *codenames: str) -> User:
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.fixture
def helper(db) -> User:
    return give(make_user("helper@example.com", is_staff=True), *RIGHTS)


@pytest.fixture
def more(request, db) -> User:
    """Somebody who may do what the helper may not, as the parameter says."""
    user = make_user("more@example.com", is_staff=True)
    if request.param == "superuser":
        user.is_superuser = True
    elif request.param == "permission":
        give(user, "change_feed")
    else:
        group = Group.objects.create(name="Gateways")
        group.permissions.set(Permission.objects.filter(codename="change_feed"))
        user.groups.add(group)
    if request.param == "switched off":
        user.is_active = False
    user.save()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
    return user


def fields_of(page) -> dict:
    """Return what the page's form posts as it is."""
    forms = [page.context["adminform"].form, *(inline.formset for inline in page.context["inline_admin_formsets"])]
    values = {}
    for form in forms:
        parts = [form] if not hasattr(form, "management_form") else [form.management_form, *form.forms]
        for part in parts:
            values |= {part.add_prefix(name): part[name].value() for name in part.fields}
    return {name: value for name, value in values.items() if value not in (None, False)}


def change(client: Client, person: User, **values):
    """Post the person's page in the admin with these values; return the answer."""
    url = f"/admin/accounts/user/{person.pk}/change/"
    page = client.get(url)
    given = fields_of(page) if page.context and "adminform" in page.context else {}
    return client.post(url, NO_MEMBERSHIPS | given | values)


def act(client: Client, action: str, person: User, **more):
    data = {"action": action, "_selected_action": [person.pk], **more}
    return client.post("/admin/accounts/user/", data)


@pytest.mark.parametrize("more", ["superuser", "permission", "group", "switched off"], indirect=True)
def test_nobody_who_may_do_more_is_taken_over(browser, helper, more):
    client, signed_in = browser(helper), Client()
    if more.is_active:
        signed_in.force_login(more)
    before = User.objects.values().get(pk=more.pk)
    address = EmailAddress.objects.get(user=more)

    statuses = [
        change(client, more, email="helper2@example.com", is_active="on").status_code,
        client.post(
            f"/admin/accounts/user/{more.pk}/password/",
            {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        ).status_code,
        client.post(f"/admin/accounts/user/{more.pk}/delete/", {"post": "yes"}).status_code,
        client.post(f"/admin/account/emailaddress/{address.pk}/delete/", {"post": "yes"}).status_code,
    ]
    for action in ("remove_second_factors", "end_sessions", "delete_selected"):
        act(client, action, more, post="yes")

    assert statuses == [403] * 4
    assert User.objects.values().get(pk=more.pk) == before
    assert Authenticator.objects.filter(user=more).count() == 1
    assert list(EmailAddress.objects.filter(user=more).values_list("email", flat=True)) == ["more@example.com"]
    assert is_in(signed_in) is more.is_active


@pytest.mark.parametrize("more", ["superuser", "permission", "group"], indirect=True)
def test_mail_to_somebody_who_may_do_more_is_not_read(browser, helper, more):
    kept = UnsentMail.objects.create(to="More@example.com", subject="Set a new password", sealed="x",
                                     made_at=timezone.now())  # fmt: skip

    answers = [browser(helper).post(f"/admin/accounts/unsentmail/{kept.pk}/show/").status_code]

    assert (answers, UnsentMail.objects.get().sealed) == ([403], "x")


def test_staff_with_no_more_rights_and_members_are_changed(browser, helper, viewer):
    equal = give(make_user("equal@example.com", is_staff=True), "view_user")
    client = browser(helper)

    answers = [change(client, person, name="Renamed").status_code for person in (equal, viewer)]
    password = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(f"/admin/accounts/user/{equal.pk}/password/", password)

    assert answers == [302, 302]
    assert set(User.objects.filter(name="Renamed")) == {equal, viewer}
    assert sign_in(Client(), "equal@example.com", NEW_PASSWORD).status_code == 302


def test_nobody_makes_themselves_or_others_more(browser, helper, viewer):
    client = browser(helper)
    group = Group.objects.create(name="Everything")
    group.permissions.set(Permission.objects.all())
    wanted = {"is_staff": "on", "is_superuser": "on", "groups": [group.pk],
              "user_permissions": [Permission.objects.first().pk]}  # fmt: skip

    change(client, helper, **wanted)
    change(client, viewer, **wanted)
    password = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post("/admin/accounts/user/add/", NO_MEMBERSHIPS | wanted | password | {"email": "made@example.com"})

    people = User.objects.filter(email__in=["helper@example.com", "viewer@example.com", "made@example.com"])
    found = {user.email: (user.is_staff, user.is_superuser, user.groups.count()) for user in people}
    assert found == {
        "helper@example.com": (True, False, 0),
        "viewer@example.com": (False, False, 0),
        "made@example.com": (False, False, 0),
    }
    assert helper.user_permissions.count() == len(RIGHTS)


def test_groups_are_for_superusers(browser, helper, staff_user):
    group = Group.objects.create(name="Helpers")
    helper.groups.add(group)
    wanted = {"name": "Helpers", "permissions": [Permission.objects.get(codename="change_feed").pk]}
    client = browser(helper)

    answers = [
        client.get("/admin/auth/group/").status_code,
        client.post(f"/admin/auth/group/{group.pk}/change/", wanted).status_code,
        client.post("/admin/auth/group/add/", wanted | {"name": "More"}).status_code,
        client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code,
    ]
    none = group.permissions.count()
    browser(staff_user).post(f"/admin/auth/group/{group.pk}/change/", wanted)

    assert (answers, none) == ([200, 403, 403, 403], 0)
    assert list(group.permissions.values_list("codename", flat=True)) == ["change_feed"]


@pytest.mark.parametrize("who", ["helper", "staff_user"])
def test_own_account_is_changed_on_ones_own_pages_alone(browser, request, who):
    """There the password or the second factor is asked for; a session that somebody left open is not enough."""
    person = request.getfixturevalue(who)
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
    client = browser(person)

    answers = [
        change(client, person, email="thief@example.com").status_code,
        client.post(
            f"/admin/accounts/user/{person.pk}/password/",
            {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
        ).status_code,
        client.post(f"/admin/accounts/user/{person.pk}/delete/", {"post": "yes"}).status_code,
    ]
    act(client, "remove_second_factors", person)
    person.refresh_from_db()

    assert answers == [403] * 3
    assert (person.check_password(PASSWORD), Authenticator.objects.filter(user=person).count()) == (True, 1)
    assert client.get(f"/admin/accounts/user/{person.pk}/change/").status_code == 200

"""People that a page sees: oneself and the members of one's tenants; all of them only at sign-in."""

import pytest
from django.db import ProgrammingError

from portal.accounts.models import User
from portal.tenants.scope import signin_scope, web_scope
from tests.wall.rows import change
from tests.wall.scopes import staff_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(owner, viewer, stranger, staff_user) -> dict[str, User]:
    return {"owner": owner, "viewer": viewer, "stranger": stranger, "staff": staff_user}


def seen() -> set[str]:
    return {email.partition("@")[0] for email in User.objects.values_list("email", flat=True)}


def test_page_sees_the_person_and_the_members_of_its_tenants(people, tenant, other_tenant):
    staff = str(people["staff"].id)
    shown = {}
    for name, tenants, person in (
        ("nobody", [], ""), ("oneself", [], staff), ("members", [tenant.id], ""),
        ("both", [other_tenant.id], staff),
    ):  # fmt: skip
        with web_scope(tenants, person=person):
            shown[name] = seen()

    assert shown == {
        "nobody": set(),
        "oneself": {"staff"},
        "members": {"owner", "viewer"},
        "both": {"stranger", "staff"},
    }
    for scope in (staff_scope(), signin_scope()):
        with scope:
            assert seen() == {"owner", "viewer", "stranger", "staff"}


def test_page_changes_nobody(people, tenant):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        web_scope([tenant.id], person=str(people["owner"].id)),
    ):
        User.objects.filter(id=people["owner"].id).update(name="New")


@pytest.mark.parametrize("column", ["is_staff", "is_superuser", "is_active", "id"])
def test_no_page_decides_who_is_staff(people, column):
    with pytest.raises(ProgrammingError, match="permission denied"), signin_scope():
        change(f"UPDATE accounts_user SET {column} = {column}", [])


@pytest.mark.parametrize(
    ("extra", "is_made"), [({}, True), ({"is_staff": True}, False), ({"is_superuser": True}, False)]
)
def test_people_are_made_where_they_sign_in_and_never_as_staff(extra, is_made):
    try:
        with signin_scope():
            User(email="new@example.com", password="x", **extra).save()
    except ProgrammingError as error:
        assert "row-level security" in str(error)

    assert User.objects.filter(email="new@example.com").exists() is is_made


def test_page_sees_no_other_persons_addresses_and_factors(people, tenant):
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    for user in people.values():
        Authenticator.objects.create(user=user, type="totp", data={})

    with web_scope([tenant.id], person=str(people["owner"].id)):
        emails = list(EmailAddress.objects.values_list("email", flat=True))
        factors = list(Authenticator.objects.values_list("user_id", flat=True))

    assert (emails, factors) == (["owner@example.com"], [people["owner"].id])

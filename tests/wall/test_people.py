"""Which people a page sees and may write: oneself and the members of one's tenants; everybody at the door alone."""

import pytest
from django.db import ProgrammingError

from portal.accounts.models import User
from portal.tenants.scope import EVERYBODY, staff_scope, web_scope
from tests.wall.rows import change

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
        ("both", [other_tenant.id], staff), ("door", [], EVERYBODY),
    ):  # fmt: skip
        with web_scope(tenants, person=person):
            shown[name] = seen()

    assert shown == {
        "nobody": set(),
        "oneself": {"staff"},
        "members": {"owner", "viewer"},
        "both": {"stranger", "staff"},
        "door": {"owner", "viewer", "stranger", "staff"},
    }
    with staff_scope():
        assert seen() == {"owner", "viewer", "stranger", "staff"}


def test_page_changes_its_person_alone(people, tenant):
    with web_scope([tenant.id], person=str(people["owner"].id)):
        changed = {name: User.objects.filter(id=user.id).update(name="New") for name, user in people.items()}

    assert changed == {"owner": 1, "viewer": 0, "stranger": 0, "staff": 0}


@pytest.mark.parametrize("column", ["is_staff", "is_superuser", "is_active", "id"])
def test_no_page_decides_who_is_staff(people, column):
    with pytest.raises(ProgrammingError, match="permission denied"), web_scope([], person=EVERYBODY):
        change(f"UPDATE accounts_user SET {column} = {column}", [])


@pytest.mark.parametrize(
    ("person", "extra", "is_made"),
    [
        (EVERYBODY, {}, True),
        (EVERYBODY, {"is_staff": True}, False),
        (EVERYBODY, {"is_superuser": True}, False),
        ("", {}, False),
    ],
)
def test_people_are_made_at_the_door_and_never_as_staff(person, extra, is_made):
    try:
        with web_scope([], person=person):
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

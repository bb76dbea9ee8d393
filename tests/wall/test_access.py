"""Reach of memberships, and rights of roles."""

import pytest
from django.contrib.auth.models import AnonymousUser

from portal.accounts import roles
from portal.accounts.access import Access, access_of
from portal.accounts.models import Membership, Role
from portal.tenants.models import Tenant
from portal.tenants.scope import with_descendants

pytestmark = pytest.mark.django_db


def join(person, tenant, role=Role.VIEWER) -> None:
    Membership.objects.create(user=person, tenant=tenant, role=role)


def reach(person, slug=None) -> list[str]:
    """Return the slugs that a request of the person sees."""
    return sorted(Tenant.objects.filter(id__in=access_of(person, slug=slug).tenant_ids).values_list("slug", flat=True))


def test_nobody_reaches_anything_without_a_membership(person, family):
    assert access_of(person, slug=None) == Access()
    assert access_of(AnonymousUser(), slug="child") == Access()


def test_member_of_a_parent_reaches_all_below_it(person, family):
    join(person, family["parent"])
    assert reach(person) == ["child", "grandchild", "group", "sibling"]
    assert reach(person, "group") == ["child", "grandchild", "group", "sibling"]
    assert reach(person, "child") == ["child", "grandchild"]
    assert reach(person, "grandchild") == ["grandchild"]
    assert reach(person, "baltic-parcel") == []


@pytest.mark.parametrize("slug", ["group", "sibling", "baltic-parcel", "no-such-tenant"])
def test_member_of_a_child_reaches_neither_parent_nor_sibling(person, family, slug):
    join(person, family["child"])
    assert reach(person) == ["child", "grandchild"]
    access = access_of(person, slug=slug)
    assert (access.tenant, access.roles, access.tenant_ids) == (None, frozenset(), frozenset())


def test_member_of_a_grandchild_reaches_it_alone(person, family):
    join(person, family["grandchild"])
    assert reach(person) == ["grandchild"]


def test_rights_of_all_roles_that_reach_add_up(person, family):
    join(person, family["parent"], Role.ACCOUNTANT)
    join(person, family["child"], Role.MANAGER)
    join(person, family["grandchild"], Role.VIEWER)
    found = {slug: access_of(person, slug=slug) for slug in ("group", "child", "grandchild", "sibling")}
    assert {slug: access.roles for slug, access in found.items()} == {
        "group": {Role.ACCOUNTANT},
        "child": {Role.ACCOUNTANT, Role.MANAGER},
        "grandchild": {Role.ACCOUNTANT, Role.MANAGER, Role.VIEWER},
        "sibling": {Role.ACCOUNTANT},
    }
    rights = ("see_messages", "see_numbers", "billing", "manage_members")
    assert {slug: [access.may(right) for right in rights] for slug, access in found.items()} == {
        "group": [False, False, True, False],
        "child": [True, True, True, False],
        "grandchild": [True, True, True, False],
        "sibling": [False, False, True, False],
    }
    assert access_of(person, slug=None).roles == frozenset()


def test_pool_is_reached_by_no_membership(person, family, account, tenant):
    for customer in Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER):
        join(person, customer, Role.OWNER)
    assert account.pool.slug not in reach(person)
    assert reach(person, account.pool.slug) == []


def test_pool_is_not_reached_even_by_a_membership_of_its_own(person, account):
    join(person, account.pool, Role.OWNER)
    assert access_of(person, slug=None) == Access()
    assert access_of(person, slug=account.pool.slug) == Access()


def test_inactive_person_reaches_nothing(person, family):
    join(person, family["parent"], Role.OWNER)
    person.is_active, person.is_staff = False, True
    assert access_of(person, slug=None) == access_of(person, slug="group") == Access()


def test_staff_reaches_as_member_only_what_it_is_a_member_of(staff_user, family):
    join(staff_user, family["sibling"])
    assert reach(staff_user) == ["sibling"]
    assert access_of(staff_user, slug=None).is_staff


def test_descendants_of_several_are_found_once_whatever_their_depth(family):
    ids = {name: tenant.id for name, tenant in family.items()}
    assert with_descendants([]) == set()
    assert with_descendants([ids["child"], ids["other"]]) == {ids["child"], ids["grandchild"], ids["other"]}
    assert with_descendants([ids["grandchild"], ids["parent"]]) == set(ids.values()) - {ids["other"]}


def test_ring_of_tenants_ends(family):
    Tenant.objects.filter(slug="group").update(parent=family["grandchild"])
    assert with_descendants([family["child"].id]) == {
        family[name].id for name in ("parent", "child", "sibling", "grandchild")
    }


RIGHTS = {
    None: set(),
    Role.VIEWER: {"see_figures", "see_messages"},
    Role.ANALYST: {
        "see_figures",
        "see_messages",
        "reveal_numbers",
        "make_reports",
        "save_searches",
        "see_conversions",
        "see_gates",
        "manage_alerts",
        "see_costs",
    },
    Role.ACCOUNTANT: {"see_figures", "see_costs", "manage_budgets", "billing"},
}


@pytest.mark.parametrize("role", RIGHTS)
def test_role_may_what_its_rights_say(role):
    held = frozenset({role} if role else ())
    assert {right for right in roles.RIGHTS if roles.may(held, right)} == RIGHTS[role]
    assert {right for right in roles.RIGHTS if Access(roles=held).may(right)} == RIGHTS[role]


def test_greater_role_may_all_that_a_lesser_one_may():
    rights = [
        {right for right in roles.RIGHTS if roles.may([role], right)}
        for role in (Role.VIEWER, Role.ANALYST, Role.MANAGER, Role.OWNER)
    ]
    assert rights[0] < rights[1] < rights[2] < rights[3] == set(roles.RIGHTS)
    assert "see_numbers" not in rights[1]
    assert {"manage_members", "see_audit_log"} <= rights[3] - rights[2]


def test_unknown_right_and_unknown_role_raise():
    with pytest.raises(KeyError):
        roles.may([Role.OWNER], "rule_the_world")
    with pytest.raises(KeyError):
        roles.may([], "rule_the_world")
    with pytest.raises(ValueError, match="emperor"):
        roles.may(["emperor"], "see_figures")


def test_greatest_of_roles_is_the_one_that_reaches_furthest():
    assert roles.greatest([]) is None
    assert roles.greatest(["viewer", "owner", "accountant"]) == Role.OWNER
    assert roles.greatest(["accountant", "viewer"]) == Role.VIEWER

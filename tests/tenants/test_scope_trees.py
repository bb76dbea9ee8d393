"""Trees of tenants: each with all below it, also where one is within another and where somebody made a ring."""

import pytest

from portal.tenants.models import Tenant
from portal.tenants.scope import descendants_of_each, with_descendants

pytestmark = pytest.mark.django_db


def test_each_tenant_has_all_below_it(django_assert_num_queries):
    top = Tenant.objects.create(slug="top", name="Top")
    middle = Tenant.objects.create(slug="middle", name="Middle", parent=top)
    low = Tenant.objects.create(slug="low", name="Low", parent=middle)
    other = Tenant.objects.create(slug="other", name="Other")

    with django_assert_num_queries(2):  # below top and middle is low, below low nothing
        found = descendants_of_each([top.id, middle.id, other.id])

    assert found == {
        top.id: frozenset({top.id, middle.id, low.id}),
        middle.id: frozenset({middle.id, low.id}),
        other.id: frozenset({other.id}),
    }
    assert {tenant_id: with_descendants([tenant_id]) for tenant_id in found} == found


def test_tenants_in_a_ring_are_each_below_the_other():
    one = Tenant.objects.create(slug="one", name="One")
    two = Tenant.objects.create(slug="two", name="Two", parent=one)
    Tenant.objects.filter(id=one.id).update(parent=two)

    assert descendants_of_each([one.id]) == {one.id: frozenset({one.id, two.id})}

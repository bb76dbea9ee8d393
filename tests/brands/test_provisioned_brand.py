"""The key `brand` of a tenant in a provisioning file."""

import pytest

from portal.brands.models import TenantBrand
from tests.brands.conftest import make_brand, png
from tests.provisioning.provisioning_helpers import nordic, refused, run

pytestmark = pytest.mark.django_db

BRAND = 'brand: {product_name: Nordic Reports, sender_name: Nordic, colour: "#0b7285", host: reports.nordic.fi}'


def test_brand_is_set_and_a_second_run_changes_nothing(tenant):
    first, second = run(nordic(BRAND)).changes, run(nordic(BRAND)).changes

    tenant.refresh_from_db()
    brand = tenant.own_brand
    assert (brand.product_name, brand.sender_name, tenant.accent, brand.host) == (
        "Nordic Reports", "Nordic", "#0b7285", "reports.nordic.fi",
    )  # fmt: skip
    assert (brand.host_token != "", brand.host_confirmed_at) == (True, None)
    assert (first, second) == (["tenant nordic-retail: changed brand"], [])


def test_keys_that_are_not_in_the_file_stay_and_null_removes(tenant):
    run(nordic(BRAND))

    run(nordic("brand: {sender_name: null, host: other.nordic.fi}"))

    brand = TenantBrand.objects.get()
    assert (brand.product_name, brand.sender_name, brand.host) == ("Nordic Reports", "", "other.nordic.fi")


def test_no_brand_leaves_the_logo(tenant):
    made = make_brand(tenant, host="reports.nordic.fi", logo=png(), product_name="Nordic")

    run(nordic("brand: null"))

    brand = TenantBrand.objects.get()
    assert (brand.product_name, brand.host, brand.host_confirmed_at, brand.logo_digest) == (
        "", "", None, made.logo_digest,
    )  # fmt: skip
    assert run(nordic("brand: null")).changes == []


def test_file_without_the_key_changes_nothing(tenant):
    run(nordic(BRAND))

    assert run(nordic("currency: EUR")).changes == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("product_name: a@b", "A name has no line breaks"),
        ("sender_name: Call 040 123 4567", "Leave phone numbers"),
        ("colour: red", "A colour such as #0B7285."),
        ("host: nowhere", "nowhere is not a host name"),
        ("host: portal.example.com", "portal.example.com is the portal's own address"),
        ("logo: x.png", "unknown key"),
    ],
)
def test_wrong_value_is_refused_at_its_place(tenant, value, said):
    [line] = [line for line in refused(nordic(f"brand: {{{value}}}")) if said in line]

    assert line.strip().startswith("f.yaml:1:")
    assert not TenantBrand.objects.exists()

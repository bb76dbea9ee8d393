"""A tenant's country: guessed from its time zone when the tenant is created."""

import pytest

from portal.common.countries import country_of_zone
from portal.tenants.models import Tenant


@pytest.mark.parametrize(
    ("zone", "country"),
    [
        ("Europe/Helsinki", "FI"), ("Europe/Mariehamn", "AX"), ("Asia/Kolkata", "IN"), ("Asia/Calcutta", "IN"),
        ("America/New_York", "US"), ("UTC", ""), ("Etc/GMT+2", ""), ("Moon/Base", ""), ("", ""),
    ],
)  # fmt: skip
def test_country_of_a_zone(zone, country):
    assert country_of_zone(zone) == country


def test_new_tenant_has_the_country_of_its_zone_and_keeps_what_was_chosen(db):
    guessed = Tenant.objects.create(slug="a", name="A", timezone="Europe/Oslo")
    given = Tenant.objects.create(slug="b", name="B", timezone="Europe/Oslo", country="SE")
    assert (guessed.country, given.country) == ("NO", "SE")

    guessed.country = ""  # no country is a choice too
    guessed.save()
    guessed.refresh_from_db()
    assert guessed.country == ""

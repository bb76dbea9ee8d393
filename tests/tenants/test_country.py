"""A tenant's country: guessed from its time zone when it is made and when the column comes to an existing database."""

from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from portal.common.countries import country_of_zone
from portal.tenants.models import Tenant

migration = import_module("portal.tenants.migrations.0007_tenant_country")


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


def test_upgrade_gives_the_tenants_of_before_the_country_of_their_zone(db):
    for slug, zone in (("a", "Europe/Oslo"), ("b", "UTC"), ("c", "Europe/Helsinki")):
        Tenant.objects.create(slug=slug, name=slug, timezone=zone)
    Tenant.objects.update(country="")

    with connection.schema_editor() as editor:
        migration.guess(apps, editor)

    assert list(Tenant.objects.order_by("slug").values_list("slug", "country")) == [("a", "NO"), ("b", ""), ("c", "FI")]

"""Benchmarks of reading run on what the portal is today, each kind of search on both kinds of pages."""

from datetime import timedelta

import pytest

from benchmarks import reading
from benchmarks.stage import Stage
from deliveries.applying.apply import apply_waiting
from portal.tenants.models import PartnerId, Tenant
from tests.conftest import NOW
from tests.deliveries.helpers import dlr, put

pytestmark = pytest.mark.django_db(transaction=True)  # the role of a page ends with its transaction


def test_every_kind_of_search_is_measured_on_the_first_page_and_a_later_one(feed, account, tenant, monkeypatch):
    monkeypatch.setattr(reading, "QUICK_SEARCHES", 2)
    group = Tenant.objects.create(slug="hansa-group", name="Hansa Group")
    PartnerId.objects.create(account=account, value="hansa", tenant=group, declared_at=NOW)
    at = NOW - timedelta(days=2)
    common = {
        "sentTimestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "operator": "fi.elisa",
        "refId": "sale|B",
        "customParameters": {"destination": "+358401234567", "store": "7"},
    }
    put(
        feed,
        *(dlr(f"m{n}", 1001, gateCustomParameters={"platformPartnerId": "nr-fi"}, **common) for n in range(8)),
        dlr("group", 1001, gateCustomParameters={"platformPartnerId": "hansa"}, **common),
        received_at=NOW,
    )
    apply_waiting(now=NOW)

    names = [figure.name for figure in reading.searching(Stage(quick=True))]

    assert {"search_number_first", "search_number_deep", "search_parent_deep"} <= set(names)
    assert len(names) == len(set(names)) > 40

"""The demo's budgets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.accounts.models import Role
from portal.demo import budgets
from portal.tenants.models import Tenant
from reports.models import Alert, Budget
from tests.conftest import NOW, make_user
from tests.pricing.stored import count, price_list


@pytest.mark.django_db
def test_demo_has_a_budget_that_lasts_and_one_that_does_not(account):
    budgets.make_budgets()  # without its customer it does nothing
    group = Tenant.objects.create(slug="hansa-group", name="Hansa Group", timezone="Europe/Berlin")
    make_user("owner@hansa.example.com", group, Role.OWNER)
    price_list({"micro": 50_000})
    for n in range(31):
        count(group, account, NOW.date() - timedelta(days=n), 100, partner_id=("hansa-no", "hansa-de")[n % 2])
    budgets.make_budgets()
    budgets.make_budgets()

    found = Budget.objects.order_by("id").values_list("name", "amount", "made_by")
    owner = "owner@hansa.example.com"
    assert list(found) == [("Group, each month", 18_600, owner), ("Norway", 4_800, owner)]
    assert list(Alert.objects.order_by("rule__name").values_list("rule__name", "threshold")) == [
        ("Group, each month", 50),
        ("Norway", 100),
    ]

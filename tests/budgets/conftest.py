"""A customer with prices and counted messages in November, until noon of the 20th."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.utils import timezone

from portal.tenants.models import Tenant
from reports.budgets import changing
from reports.budgets.changing import BudgetInput
from reports.models import Budget, PriceList
from tests.alerts.conftest import eager
from tests.api.conftest import call
from tests.conftest import NOW
from tests.pricing.stored import price_list

__all__ = ["call", "eager"]

OWNER = "owner@example.com"
Make = Callable[..., Budget]


def day(number: int, month: int = 11) -> date:
    return date(2026, month, number)


@pytest.fixture(autouse=True)
def _now(monkeypatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def prices(tenant) -> PriceList:
    """Five cents for a message to Finland; other countries have no price."""
    return price_list({"country": "FI", "micro": 50_000})


@pytest.fixture
def make(tenant) -> Make:
    """Return a maker of budgets of 100 EUR for all messages of each month."""

    def made(of: Tenant = tenant, **values) -> Budget:
        given = {"name": "Month", "scope": "all", "amount": 10_000, "currency": "EUR"} | values
        return changing.create(of, BudgetInput(**given), actor=OWNER, now=NOW)

    return made

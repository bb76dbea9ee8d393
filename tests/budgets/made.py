"""A budget for tests that need one to open."""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Campaign
from portal.tenants.models import Tenant
from reports.budgets import changing
from reports.budgets.changing import BudgetInput


def make_budget(tenant: Tenant, name: str, *, now: datetime, campaign: Campaign | None = None) -> dict[str, int]:
    """Create a budget of 100 EUR a month, for a campaign or all messages; return its id by the name of the route."""
    scope = "campaign" if campaign else "all"
    given = BudgetInput(name=name, scope=scope, amount=10_000, currency="EUR", campaign=campaign)
    return {"budget_id": changing.create(tenant, given, actor="owner@example.com", now=now).pk}

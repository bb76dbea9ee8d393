"""Changes of budgets, each in one transaction with its alert rule and its entry in the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from campaigns.models import Campaign
from portal.accounts.models import record
from portal.common.masking import Masking
from portal.tenants.models import Tenant
from reports.budgets.spending import subject_of
from reports.models import AlertRule, Budget
from reports.models.budgets import THRESHOLDS
from reports.pricing.money import minor_decimal

MAX_BUDGETS = 100  # of a tenant that are not retired
MAX_DAYS = 366
MAX_UNITS = 1_000_000_000  # of the currency
_COMPARED = ("scope", "partner_id", "campaign", "amount", "currency", "first_day", "last_day")
_NAMES = ("name", *_COMPARED, "thresholds")


class TooManyBudgets(Exception):
    """The tenant has as many budgets as it may have."""


@dataclass(frozen=True, slots=True)
class BudgetInput:
    """All that people say about a budget; `campaign` and `partner_id` of another scope than its own are empty."""

    name: str
    scope: str
    amount: int
    currency: str
    partner_id: str = ""
    campaign: Campaign | None = None
    first_day: date | None = None
    last_day: date | None = None
    thresholds: tuple[int, ...] = THRESHOLDS

    @classmethod
    def of(cls, budget: Budget) -> BudgetInput:
        """Return what a stored budget says."""
        return cls(**{name: getattr(budget, name) for name in _NAMES} | {"thresholds": tuple(budget.thresholds)})


def create(tenant: Tenant, given: BudgetInput, *, actor: str, now: datetime) -> Budget:
    """Create a budget with its alert rule, which is on. Raises TooManyBudgets."""
    with transaction.atomic():
        Tenant.objects.select_for_update(of=("self",)).get(pk=tenant.pk)  # two at once would both find a free place
        if Budget.objects.filter(tenant=tenant, retired_at=None).count() >= MAX_BUDGETS:
            raise TooManyBudgets
        budget = Budget(tenant=tenant, made_by=actor, created_at=now)
        _set(budget, given)
        budget.save(force_insert=True)
        AlertRule.objects.create(
            tenant=tenant, kind=AlertRule.Kind.BUDGET, budget=budget, threshold=100, is_on=True, made_by=actor,
            **_of_rule(budget),
        )  # fmt: skip
        _record("budget.created", budget, actor, {"after": _words(given)})
    return budget


def change(budget: Budget, given: BudgetInput, *, actor: str) -> bool:
    """Change a budget; return False where nothing is different.

    After a change of what is compared, thresholds that were told in this period may be told again.
    """
    before = BudgetInput.of(budget)
    if before == given:
        return False
    _set(budget, given)
    if any(getattr(before, name) != getattr(given, name) for name in _COMPARED):
        budget.revision += 1
    with transaction.atomic():
        budget.save(update_fields=[*_NAMES, "revision"])
        AlertRule.objects.filter(budget=budget).update(**_of_rule(budget))
        _record("budget.changed", budget, actor, {"before": _words(before), "after": _words(given)})
    return True


def retire(budget: Budget, *, actor: str, now: datetime) -> bool:
    """End a budget and its alert rule; return False where it was retired already. The next look closes its alerts."""
    with transaction.atomic():
        if not Budget.objects.filter(pk=budget.pk, retired_at=None).update(retired_at=now):
            return False
        AlertRule.objects.filter(budget=budget).update(archived_at=now, is_on=False)
        _record("budget.retired", budget, actor, {"before": _words(BudgetInput.of(budget))})
    budget.retired_at = now
    return True


def are_days(first: date | None, last: date | None) -> bool:
    """Return whether a budget may be for these days: none, or both in order and at most MAX_DAYS."""
    if first is None or last is None:
        return first == last
    return first <= last < first + timedelta(days=MAX_DAYS)


def _set(budget: Budget, given: BudgetInput) -> None:
    for name in _NAMES:
        setattr(budget, name, getattr(given, name))
    budget.thresholds = sorted(given.thresholds)
    budget.clean_fields(exclude=["tenant", "campaign"])


def _of_rule(budget: Budget) -> dict:
    """Return what a budget's rule repeats of it, for lists of rules and alerts."""
    return {
        "name": budget.name,
        "scope": budget.scope,
        "partner_id": budget.partner_id,
        "campaign_id": budget.campaign_id,
    }


def _words(given: BudgetInput) -> str:
    """Return a budget as an entry in the audit log has it; numbers within names are masked."""
    which = given.campaign.name if given.campaign else given.partner_id
    parts = [
        given.name,
        f"{given.scope} {which}".strip(),
        f"{minor_decimal(given.amount, given.currency)} {given.currency}",
        f"{given.first_day} to {given.last_day}" if given.first_day else "each month",
        f"alerts at {', '.join(str(one) for one in sorted(given.thresholds)) or 'nothing'} %",
    ]
    return Masking(in_full=False).text("; ".join(parts)) or ""


def _record(action: str, budget: Budget, actor: str, details: dict) -> None:
    about = {"budget": budget.pk, "about": Masking(in_full=False).text(subject_of(budget)) or budget.scope}
    record(action, actor=actor, tenant=budget.tenant, subject=budget.name, details=about | details)

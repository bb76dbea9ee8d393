"""Rows of the pages of budgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal.common.masking import Masking
from portal.common.periods import local_day
from reports.budgets.bars import Bar, bar_of
from reports.budgets.reading import period_of, subject_shown
from reports.budgets.spending import Spending, spendings
from reports.models import Budget
from reports.pricing.costing import Payer


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget with its spending; `spending` and `bar` are None for a retired one and without a price list.

    `mark` is the look of the state, `state` its words.
    """

    budget: Budget
    subject: str
    first: date
    last: date
    spending: Spending | None
    bar: Bar | None
    percent: int
    state: str
    mark: str

    @property
    def left(self) -> int | None:
        """The amount that is left, None where nothing is."""
        if self.spending is None or self.spending.spent > self.budget.amount:
            return None
        return self.budget.amount - self.spending.spent


def budget_rows(
    budgets: Iterable[Budget], payer: Payer | None, masking: Masking, *, timezone: str, now: datetime
) -> list[BudgetRow]:
    """Return budgets with their spending; without a payer no price list charges the tenant."""
    budgets = list(budgets)
    active = [one for one in budgets if one.retired_at is None]
    found = spendings(active, payer, now=now) if payer else {}
    today = local_day(now, timezone)
    return [_row(one, found.get(one.pk), masking, today) for one in budgets]


def _row(budget: Budget, spending: Spending | None, masking: Masking, today: date) -> BudgetRow:
    period = period_of(budget, today)
    percent = spending.percent_of(budget.amount) if spending else 0
    bar = None
    if spending is not None:
        expected = spending.forecast.expected if spending.forecast else None
        bar = bar_of(spent=spending.spent, expected=expected, amount=budget.amount)
    state, mark = _state(budget, spending, percent, today)
    subject = subject_shown(budget, masking)
    return BudgetRow(budget, subject, period.first, period.last, spending, bar, percent, state, mark)


def _state(budget: Budget, spending: Spending | None, percent: int, today: date) -> tuple[str, str]:
    if budget.retired_at is not None:
        return pgettext("budget", "Retired"), "none"
    if spending is None:
        return _("No prices"), "none"
    if not spending.period.has_begun(today):
        return pgettext("budget", "Not begun"), "none"
    if percent >= 100:
        return pgettext("budget", "Used up"), "failed"
    if not spending.period.is_running(today):
        return pgettext("budget", "Ended"), "none"
    if spending.forecast is not None and spending.forecast.expected > budget.amount:
        return _("Expected to run out"), "pending"
    return pgettext("budget", "Within the budget"), "delivered"

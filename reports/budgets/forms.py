"""Form of a budget."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portal.common.day_field import DayField
from portal.common.no_numbers import refuse_numbers
from portal.common.setting_choices import currency_choices
from portal.common.templatetags.figures import count
from portal.tenants.models import Tenant
from reports.billing.prices.table import Unreadable, read_minor
from reports.billing.prices.texts import LINE_PROBLEMS
from reports.budgets.changing import MAX_DAYS, MAX_UNITS, BudgetInput, are_days
from reports.budgets.reading import campaign_named, is_partner_id, names_offered
from reports.models import Budget
from reports.models.budgets import THRESHOLDS
from reports.pricing.money import digits_of
from reports.templatetags.money import typed_amount

Scope = Budget.Scope


class BudgetForm(forms.Form):
    """Fields of a budget; `given` is what they say."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, validators=[refuse_numbers])
    scope = forms.ChoiceField(
        label=gettext_lazy("Which messages"),
        choices=Scope.choices,
        initial=Scope.ALL,
        help_text=gettext_lazy("All messages and partner IDs include those of customers below."),
    )
    which = forms.CharField(
        label=gettext_lazy("Which one"),
        max_length=256,
        required=False,
        validators=[refuse_numbers],
        help_text=gettext_lazy("The partner ID, or the name of the campaign, if you chose one of them above."),
        widget=forms.TextInput(attrs={"list": "budget-names", "autocomplete": "off"}),
    )
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("Before VAT and without monthly fees, as costs are shown elsewhere."),
    )
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("Costs in other currencies are not in the budget.")
    )
    first_day = DayField(
        label=gettext_lazy("First day"),
        required=False,
        help_text=gettext_lazy("Leave both days empty for a budget that begins anew each calendar month."),
    )
    last_day = DayField(label=gettext_lazy("Last day"), required=False)
    thresholds = forms.MultipleChoiceField(
        label=gettext_lazy("Alerts at"),
        required=False,
        choices=[(str(one), f"{one} %") for one in THRESHOLDS],
        initial=[str(one) for one in THRESHOLDS],
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each is told once in a period, on the page “Alerts”, by e-mail and by gates."),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        tenant: Tenant,
        tenant_ids: Collection[int],
        budget: Budget | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(tenant, budget), auto_id="budget_%s")
        self._tenant, self._tenant_ids, self._budget = tenant, tenant_ids, budget
        field = self.fields["currency"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = currency_choices(get_language() or "en", present=budget.currency if budget else tenant.currency)

    @property
    def names(self) -> list[str]:
        """The names that are offered for "Which one"."""
        return names_offered(self._tenant, self._tenant_ids)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "amount" in data and "currency" in data:
            data["minor"] = self._minor(data["amount"], data["currency"])
        if not {"first_day", "last_day"} & self.errors.keys() and not are_days(data["first_day"], data["last_day"]):
            text = _("Give both days or none: the last day is not before the first, and at most %(days)s days.")
            self.add_error("last_day", text % {"days": count(MAX_DAYS)})
        if "scope" in data and "which" not in self.errors:
            data |= self._which(data["scope"], data.get("which", "").strip())
        return data

    def given(self) -> BudgetInput:
        """Return what the valid form says."""
        data = self.cleaned_data
        return BudgetInput(
            name=data["name"],
            scope=data["scope"],
            partner_id=data.get("partner_id", ""),
            campaign=data.get("campaign"),
            amount=data["minor"],
            currency=data["currency"],
            first_day=data["first_day"],
            last_day=data["last_day"],
            thresholds=tuple(sorted(int(one) for one in data["thresholds"])),
        )

    def _minor(self, text: str, currency: str) -> int | None:
        try:
            minor = read_minor(text, currency)
        except Unreadable as error:
            self.add_error("amount", str(LINE_PROBLEMS[error.code] % {"value": error.value}))
            return None
        if not 0 < minor <= MAX_UNITS * 10 ** digits_of(currency):
            self.add_error("amount", _("An amount above 0 and at most %(most)s.") % {"most": count(MAX_UNITS)})
        return minor

    def _which(self, scope: str, which: str) -> dict[str, Any]:
        if scope == Scope.ALL:
            return {}
        if not which:
            self.add_error("which", _("Say which one."))
        elif scope == Scope.CAMPAIGN:
            if campaign := campaign_named(self._tenant, which):
                return {"campaign": campaign}
            self.add_error("which", _("There is no campaign of this name."))
        else:
            is_kept = self._budget is not None and self._budget.partner_id == which
            if is_kept or is_partner_id(self._tenant_ids, which):
                return {"partner_id": which}
            self.add_error("which", _("Neither this customer nor one below it has this partner ID."))
        return {}


def _initial(tenant: Tenant, budget: Budget | None) -> dict[str, Any]:
    if budget is None:
        return {"currency": tenant.currency}
    return {
        "name": budget.name,
        "scope": budget.scope,
        "which": budget.campaign.name if budget.campaign else budget.partner_id,
        "amount": typed_amount(budget.amount, budget.currency),
        "currency": budget.currency,
        "first_day": budget.first_day,
        "last_day": budget.last_day,
        "thresholds": [str(one) for one in budget.thresholds],
    }

"""Forms of statements: payment, closing a month, profiles, terms and the number series."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Max
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from stdnum import bic, iban
from stdnum.exceptions import ValidationError as WrongNumber
from stdnum.fi import ytunnus

from portal.common.country_choices import country_choices
from portal.common.day_field import DayField
from portal.common.msisdn import UNKNOWN_COUNTRY
from portal.common.periods import Month
from portal.common.setting_choices import currency_choices
from portal.tenants.models import Tenant
from reports.billing.closing import closable_months
from reports.models import BillingProfile, BillingTerms, NumberSeries, Statement
from reports.monthly.texts import name_month


class PaidForm(forms.Form):
    """The day on which a statement was paid."""

    paid_on = DayField(label=gettext_lazy("Paid on"))

    def __init__(self, *args: Any, first: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._first, self._last = first, last

    def clean_paid_on(self) -> date:
        day: date = self.cleaned_data["paid_on"]
        if not self._first <= day <= self._last:
            raise ValidationError(_("Choose a day from the issue to today."))
        return day


class CloseForm(forms.Form):
    """A month to be closed."""

    month = forms.ChoiceField(label=gettext_lazy("Month"))
    is_issuing = forms.BooleanField(
        label=gettext_lazy("Issue complete statements without remarks at once"), required=False
    )

    def __init__(self, *args: Any, issuer: Tenant | None, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = [str(month) for month in closable_months(issuer, now=now)]
        choices = [(month, name_month(month, get_language() or "en")) for month in months]
        self.fields["month"].choices = choices  # type: ignore[attr-defined] # a ChoiceField's

    def clean_month(self) -> Month:
        return Month.parse(self.cleaned_data["month"])


class ProfileForm(forms.ModelForm):
    """A party's name, ids, address, account and e-invoice address; each number with its check digits."""

    class Meta:
        model = BillingProfile
        fields: tuple[str, ...] = (
            "legal_name",
            "business_id",
            "vat_id",
            "street",
            "postcode",
            "city",
            "country",
            "iban",
            "bic",
            "endpoint",
            "endpoint_scheme",
            "intermediary",
            "buyer_reference",
            "currency",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        countries = [("", "–"), *(one for one in country_choices(language) if one[0] != UNKNOWN_COUNTRY)]
        self.fields["country"] = forms.ChoiceField(
            label=self.fields["country"].label, choices=countries, required=False
        )
        self.fields["currency"] = forms.ChoiceField(
            label=self.fields["currency"].label,
            help_text=self.fields["currency"].help_text,
            choices=currency_choices(language, present=self.instance.currency),
        )

    def clean_iban(self) -> str:
        return checked(self.cleaned_data["iban"], iban, gettext_lazy("This is not a valid IBAN: check its digits."))

    def clean_bic(self) -> str:
        return checked(self.cleaned_data["bic"], bic, gettext_lazy("A BIC has 8 or 11 letters and digits."))

    def clean_vat_id(self) -> str:
        return "".join(self.cleaned_data["vat_id"].split()).upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("country") == "FI" and data.get("business_id"):
            try:
                data["business_id"] = checked(
                    data["business_id"], ytunnus, gettext_lazy("This is not a valid Finnish business ID: 1234567-1.")
                )
            except ValidationError as error:
                self.add_error("business_id", error)
        vat_id = data.get("vat_id", "")
        if vat_id and not vat_id[:2].isalpha():
            self.add_error("vat_id", _("A VAT ID begins with its country, such as FI."))
        if vat_id.startswith("FI") and not ytunnus.is_valid(vat_id[2:]):
            self.add_error("vat_id", _("A Finnish VAT ID is FI and the business ID without its hyphen."))
        return data


def checked(text: str, module: Any, problem: Any) -> str:
    """Return a number in its usual form; raises Django's ValidationError for a wrong one."""
    if not text:
        return ""
    try:
        number = str(module.validate(text))
    except WrongNumber as error:
        raise ValidationError(problem) from error
    return str(module.format(number)) if module is ytunnus else number


class TermsForm(forms.ModelForm):
    """Tells how statements are taxed and paid from a day on; the rate is typed in percent."""

    valid_from = DayField(label=gettext_lazy("Valid from (day of supply)"))
    percent = forms.DecimalField(
        label=gettext_lazy("VAT rate in percent"), min_value=0, max_value=50, max_digits=4, decimal_places=2,
        required=False, initial="25.5", localize=True,
    )  # fmt: skip

    class Meta:
        model = BillingTerms
        fields = ("vat_category", "vat_reason", "payment_days")

    field_order = ("valid_from", "vat_category", "percent", "vat_reason", "payment_days")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        category, percent = data.get("vat_category"), data.get("percent") or 0
        standard = BillingTerms.VatCategory.STANDARD
        if category == standard and not percent:
            self.add_error("percent", _("The standard rate is above 0 %."))
        if category and category not in (standard, BillingTerms.VatCategory.ZERO) and not data.get("vat_reason"):
            self.add_error("vat_reason", _("Say why there is no VAT. The invoice states it."))
        if category in (standard, BillingTerms.VatCategory.ZERO):
            data["vat_reason"] = ""
        data["vat_rate"] = int(percent * 100) if category == standard else 0
        return data

    def save_for(self, *, issuer: Tenant | None, customer: Tenant | None) -> BillingTerms:
        """Store the terms, in place of those that begin on the same day."""
        data = self.cleaned_data
        found, _is_new = BillingTerms.objects.update_or_create(
            issuer=issuer,
            customer=customer,
            valid_from=data["valid_from"],
            defaults={name: data[name] for name in ("vat_category", "vat_rate", "vat_reason", "payment_days")},
        )
        return found


class SeriesForm(forms.ModelForm):
    """The prefix and next number of an issuer's statements; a number that was given cannot come again."""

    class Meta:
        model = NumberSeries
        fields = ("prefix", "next_number")

    def clean_next_number(self) -> int:
        number: int = self.cleaned_data["next_number"]
        given = Statement.objects.filter(issuer=self.instance.issuer_id).aggregate(Max("sequence"))["sequence__max"]
        if given is not None and number != given + 1:
            raise ValidationError(
                _("Numbers are given without gaps: after %(given)s comes %(next)s.")
                % {"given": given, "next": given + 1}
            )
        return number

"""Forms of price lists: a list, one of its rows, and a file."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from portal.common.country_choices import country_choices
from portal.common.day_field import DayField
from portal.common.no_numbers import refuse_numbers
from portal.common.setting_choices import currency_choices
from portal.tenants.models import Tenant
from reports.billing.prices.changing import Terms
from reports.billing.prices.checks import MAX_NAME, MAX_OPERATOR
from reports.billing.prices.reading import accounts_of, customers_of
from reports.billing.prices.rows import DAY, FeeRow, PriceRow, last_day
from reports.billing.prices.table import Unreadable, read_micro, read_minor
from reports.billing.prices.texts import KIND_TEXTS, LINE_PROBLEMS, SENDER_TYPES
from reports.models import PriceList
from reports.pricing.tariff import FeeKind
from reports.templatetags.money import typed_amount, typed_price

DEFAULT = "default"


class TermsForm(forms.Form):
    """Name of a list, and what it charges for."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        validators=[refuse_numbers],
        help_text=gettext_lazy("The customer sees it, too."),
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("What is charged"), choices=PriceList.Basis.choices, initial=PriceList.Basis.SENT
    )
    per = forms.ChoiceField(
        label=pgettext_lazy("price list", "Price per"), choices=PriceList.Per.choices, initial=PriceList.Per.PART
    )

    def terms(self) -> Terms:
        """Return what the valid form says."""
        return Terms(self.cleaned_data["name"], self.cleaned_data["basis"], self.cleaned_data["per"])


class ListForm(TermsForm):
    """A new list of an issuer: whom it is for, its currency and terms."""

    target = forms.ChoiceField(label=gettext_lazy("For"))
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"), help_text=gettext_lazy("It cannot be changed afterwards.")
    )
    field_order = ("target", "name", "currency", "basis", "per")

    def __init__(self, data: QueryDict | None = None, *, issuer: Tenant, copied: PriceList | None) -> None:
        super().__init__(data, initial=asdict(Terms.of(copied)) if copied else {"currency": issuer.currency})
        self._customers = {f"customer {one.pk}": one for one in customers_of(issuer)}
        self._accounts = {f"account {one.pk}": one for one in accounts_of(issuer)}
        customers = [(key, one.name) for key, one in self._customers.items()]
        accounts = [(key, one.name) for key, one in self._accounts.items()]
        choices: list[Any] = [(_("Prices that you charge"), [(DEFAULT, _("All customers without a list")), *customers])]
        if accounts:
            choices.append((_("What the gateway charges for your account"), accounts))
        self._field("target").choices = choices
        if copied is not None:
            del self.fields["currency"]
        else:
            self._field("currency").choices = currency_choices(get_language() or "en", present=issuer.currency)

    def _field(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def target_of(self) -> dict[str, Any]:
        """Return the account or the customer that the valid form says."""
        target = self.cleaned_data["target"]
        return {"account": self._accounts.get(target), "customer": self._customers.get(target)}


class DaysForm(forms.Form):
    """The first and the last day on which a row holds."""

    first_day = DayField(label=gettext_lazy("First day"))
    last_day = DayField(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Leave it empty if it is open. A later row with the same key ends this one."),
    )

    def __init__(self, data: QueryDict | None = None, *, currency: str, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.currency = currency

    def days(self) -> tuple[date, date | None]:
        """Return the days of the valid form as rows have them."""
        last = self.cleaned_data["last_day"]
        return self.cleaned_data["first_day"], last + DAY if last else None

    def read(self, name: str, *, is_minor: bool = False) -> int | None:
        """Return a typed amount in millionths or in minor units; None after noting what is wrong with it."""
        if name in self.errors:
            return None
        try:
            text = self.cleaned_data[name]
            return read_minor(text, self.currency) if is_minor else read_micro(text, name)
        except Unreadable as error:
            self.add_error(name, str(LINE_PROBLEMS[error.code] % {"value": error.value}))
        return None


class PriceForm(DaysForm):
    """One price of a message or SMS part."""

    country = forms.ChoiceField(label=gettext_lazy("Country"), required=False)
    operator = forms.CharField(
        label=gettext_lazy("Operator"),
        max_length=MAX_OPERATOR,
        required=False,
        validators=[refuse_numbers],
        help_text=gettext_lazy("As delivery reports have it. Leave it empty for all operators."),
    )
    sender_type = forms.ChoiceField(
        label=gettext_lazy("Sender"),
        required=False,
        choices=[("", gettext_lazy("All senders")), *SENDER_TYPES.items()],
    )
    price = forms.CharField(label=gettext_lazy("Price"), max_length=30)
    field_order = ("country", "operator", "sender_type", "price", "first_day", "last_day")

    def __init__(self, data: QueryDict | None = None, *, currency: str, row: PriceRow | None) -> None:
        initial = _initial_of_price(row, currency) if row else {}
        super().__init__(data, currency=currency, initial=initial)
        field = self.fields["country"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All countries")), *country_choices(get_language() or "en")]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "price" in data:
            data["micro"] = self.read("price")
        return data

    def row(self) -> PriceRow:
        """Return the row that the valid form says."""
        data = self.cleaned_data
        return PriceRow(data["micro"], *self.days(), data["country"], data["operator"].strip(), data["sender_type"])


class FeeForm(DaysForm):
    """One fee, minimum or one-off item."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KIND_TEXTS.items()))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=MAX_NAME, validators=[refuse_numbers])
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=30,
        help_text=gettext_lazy("A negative one-off item is a discount."),
    )
    field_order = ("kind", "name", "amount", "first_day", "last_day")

    def __init__(self, data: QueryDict | None = None, *, currency: str, row: FeeRow | None) -> None:
        initial = _initial_of_fee(row, currency) if row else {}
        super().__init__(data, currency=currency, initial=initial)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "amount" in data:
            data["minor"] = self.read("amount", is_minor=True)
        return data

    def row(self) -> FeeRow:
        """Return the row that the valid form says."""
        data = self.cleaned_data
        return FeeRow(data["name"], FeeKind(data["kind"]), data["minor"], *self.days())


class PriceFileForm(forms.Form):
    """A file with all rows of a price list."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy(
            "XLSX or CSV, at most 5,000 rows and 5 MB. Separators, decimal commas and the encoding are recognised."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )


def _initial_of_price(row: PriceRow, currency: str) -> dict[str, Any]:
    return {
        "country": row.country, "operator": row.operator, "sender_type": row.sender_type,
        "price": typed_price(row.micro, currency), "first_day": row.valid_from, "last_day": last_day(row),
    }  # fmt: skip


def _initial_of_fee(row: FeeRow, currency: str) -> dict[str, Any]:
    return {
        "kind": row.kind, "name": row.name, "amount": typed_amount(row.minor, currency), "first_day": row.valid_from,
        "last_day": last_day(row),
    }  # fmt: skip

"""Forms of invoice checks: a file, and its columns with what is agreed."""

from collections.abc import Mapping, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.common.day_field import DayField
from portal.common.periods import Month, start_of_day
from portal.tenants.models import GatewayAccount
from reports.billing.checks.texts import FIELDS
from reports.billing.checks.uploads import MAX_CLOSE, Agreed
from reports.billing.invoices.files import InvoiceFile
from reports.models import PriceList

MONTHS = 36  # that can be checked


class UploadForm(forms.Form):
    """An invoice and the account that it is about."""

    account = forms.ChoiceField(label=gettext_lazy("Gateway account"))
    file = forms.FileField(
        label=gettext_lazy("Invoice"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx,.xml"}),
        help_text=gettext_lazy(
            "The gateway's invoice or specification of one month: CSV or XLSX with the names of the columns in its"
            " first line, or an e-invoice (UBL or Finvoice). At most 20,000 lines and 10 MB."
        ),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        accounts: Sequence[GatewayAccount],
    ) -> None:
        super().__init__(data, files, auto_id="check_%s")
        self._accounts = {account.name: account for account in accounts}
        self.fields["account"] = forms.ChoiceField(
            label=self.fields["account"].label, choices=[(name, name) for name in self._accounts]
        )

    def chosen_account(self) -> GatewayAccount:
        """Return the chosen account."""
        return self._accounts[self.cleaned_data["account"]]


class ColumnsForm(forms.Form):
    """The column of each field, the month, and what is agreed where the account has no price list."""

    month = forms.ChoiceField(label=gettext_lazy("Month of the invoice"))
    closed_on = DayField(
        label=gettext_lazy("The gateway closed the month on"),
        help_text=gettext_lazy(
            "Delivery reports that were received from this day on count as late. The first day of the month after, if"
            " the gateway's terms say nothing else."
        ),
    )
    basis = forms.ChoiceField(label=gettext_lazy("Charged are"), choices=PriceList.Basis.choices)
    per = forms.ChoiceField(label=gettext_lazy("A price is for a"), choices=PriceList.Per.choices)
    leave_out = forms.BooleanField(label=gettext_lazy("Leave out the lines that cannot be read"), required=False)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        file: InvoiceFile,
        guessed: Mapping[str, str],
        months: Sequence[Month],
        month: Month,
        zone: ZoneInfo,
        price_list: PriceList | None,
    ) -> None:
        super().__init__(data, auto_id="check_%s")
        self._names, self._zone, self.price_list = file.names, zone, price_list
        self.wants_choice = False  # lines cannot be read: leave them out?
        self.has_started = False
        self.fields["month"] = forms.ChoiceField(
            label=self.fields["month"].label,
            choices=[(str(one), date_format(one.first_day, "YEAR_MONTH_FORMAT")) for one in months],
            initial=str(month),
        )
        self.fields["closed_on"].initial = month.next().first_day
        if price_list is not None:
            del self.fields["basis"], self.fields["per"]
        columns = [("", _("– none –")), *((str(place), name) for place, name in enumerate(file.names))]
        places = {name: str(place) for place, name in enumerate(file.names)}
        for field, label in FIELDS.items():
            self.fields[f"column_{field}"] = forms.ChoiceField(
                label=str(label),
                choices=columns,
                required=field == "quantity",
                initial=places.get(guessed.get(field, ""), ""),
                error_messages={"required": _("Choose a column.")},
            )

    @property
    def columns(self) -> list[forms.BoundField]:
        """Fields that choose a column."""
        return [self[name] for name in self.fields if name.startswith("column_")]

    @property
    def others(self) -> list[forms.BoundField]:
        """The other fields."""
        hidden = () if self.wants_choice else ("leave_out",)
        return [self[name] for name in self.fields if not name.startswith("column_") and name not in hidden]

    def clean(self) -> None:
        given = self.cleaned_data
        chosen = {name: given[name] for name in given if name.startswith("column_") and given[name]}
        if not chosen.keys() & {"column_partner_id", "column_country"}:
            self.add_error(None, _("Choose the column of the partner ID or of the country."))
        for name, place in chosen.items():
            if list(chosen.values()).index(place) != list(chosen).index(name):
                self.add_error(name, _("This column is chosen for another field already."))
        month, closed_on = given.get("month"), given.get("closed_on")
        if month and closed_on:
            last_day = Month.parse(month).last_day
            if not last_day <= closed_on <= last_day + MAX_CLOSE:
                self.add_error("closed_on", _("Choose a day from the month's last one to 92 days after it."))

    def mapping(self) -> dict[str, str]:
        """Return the name of the column of each field that has one."""
        return {
            name.removeprefix("column_"): self._names[int(place)]
            for name, place in self.cleaned_data.items()
            if name.startswith("column_") and place
        }

    def agreed(self, currency: str) -> Agreed:
        """Return the month and what is agreed."""
        given = self.cleaned_data
        closed_on: date = given["closed_on"]
        return Agreed(
            month=Month.parse(given["month"]),
            closed_at=start_of_day(closed_on, self._zone),
            price_list=self.price_list,
            currency=self.price_list.currency if self.price_list else currency or "EUR",
            basis=self.price_list.basis if self.price_list else given["basis"],
            per=self.price_list.per if self.price_list else given["per"],
        )


def months_before(today: date) -> list[Month]:
    """Return the months that can be checked, the newest first."""
    found = [Month.of(today)]
    while len(found) < MONTHS:
        found.append(found[-1].previous())
    return found

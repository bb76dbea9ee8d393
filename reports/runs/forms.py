"""Form of the Reports page."""

from collections.abc import Collection
from datetime import datetime

from django import forms
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from portal.common.periods import Month, local_day
from portal.tenants.models import Tenant

YEARS_BACK = 10


class MonthForm(forms.Form):
    """The month of a report to make, from ten years ago to the one that it is now in the tenant's zone."""

    month = forms.CharField(
        label=_("Month"),
        max_length=20,
        error_messages={"required": _("Month: enter a month such as 2026-10.")},
        widget=forms.Select(),
    )

    def __init__(self, *args, tenant: Tenant, now: datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.latest = Month.of(local_day(now, tenant.timezone))
        self.earliest = Month(self.latest.year - YEARS_BACK, self.latest.month)

    def offer(self, used: Collection[Month], made: Collection[Month]) -> None:
        """Let the months from the first of `used` to the current one be chosen, by year; say what each has."""
        month, first = self.latest, max(self.earliest, min(used, default=self.latest))
        years: dict[int, list[tuple[str, str]]] = {}
        while month >= first:
            name = capfirst(date_format(month.first_day, "YEAR_MONTH_FORMAT"))
            if month in made:
                name = _("%(month)s (has a report)") % {"month": name}
            elif month not in used:
                name = _("%(month)s (no messages)") % {"month": name}
            years.setdefault(month.year, []).append((str(month), name))
            month = month.previous()
        self.fields["month"].widget.choices = [(str(year), months) for year, months in years.items()]

    def clean_month(self) -> Month:
        text = self.cleaned_data["month"]
        try:
            month = Month.parse(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Month: “%(text)s” is not a month. Write it as 2026-10."), params={"text": text}
            ) from error
        if month > self.latest:
            raise forms.ValidationError(
                _("Month: %(month)s has not begun. The latest month is %(latest)s."),
                params={"month": month, "latest": self.latest},
            )
        if month < self.earliest:
            raise forms.ValidationError(
                _("Month: %(month)s is more than ten years ago. The earliest month is %(earliest)s."),
                params={"month": month, "earliest": self.earliest},
            )
        return month


class RemovalForm(forms.Form):
    """The confirmation that a final report, which invoices may rest on, is to be removed."""

    understood = forms.BooleanField(
        label=_("I know that invoices may rest on this final report. Remove it."),
        error_messages={
            "required": _("Confirmation: a final report is removed only if you confirm that invoices may rest on it.")
        },
    )

"""Form of the Reports page."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.common.periods import Month, local_day
from portal.tenants.models import Tenant

YEARS_BACK = 10


class MonthForm(forms.Form):
    """The month of a report to make, from ten years ago to the one that it is now in the tenant's zone."""

    month = forms.CharField(
        label=_("Month"),
        max_length=20,
        help_text=_("Year and month, such as 2026-10."),
        error_messages={"required": _("Month: enter a month such as 2026-10.")},
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "off", "placeholder": "2026-10", "maxlength": 7}
        ),
    )

    def __init__(self, *args, tenant: Tenant, now: datetime, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.latest = Month.of(local_day(now, tenant.timezone))
        self.earliest = Month(self.latest.year - YEARS_BACK, self.latest.month)

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

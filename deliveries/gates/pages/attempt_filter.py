"""Filter of a gate's attempts."""

from datetime import datetime, timedelta
from typing import Literal, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from deliveries.gates.reading import AttemptFilter
from portal.common.day_field import DayField
from portal.common.periods import zone


class AttemptFilterForm(forms.Form):
    """Outcome, message and days; days are those of the customer's time zone."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=[("", gettext_lazy("All")), ("ok", gettext_lazy("Delivered")), ("failed", gettext_lazy("Failed"))],
        required=False,
    )
    message_id = forms.CharField(label=gettext_lazy("Message id"), max_length=300, required=False)
    first = DayField(label=gettext_lazy("From"), required=False)
    last = DayField(label=gettext_lazy("Until"), required=False)

    def __init__(self, data: QueryDict, *, zone: str) -> None:
        super().__init__(data, auto_id="attempts_%s")
        self._zone = zone

    def chosen(self) -> AttemptFilter:
        """Return the filter; the day in `last` is included."""
        given = self.cleaned_data
        last = given["last"]
        return AttemptFilter(
            outcome=cast(Literal["", "ok", "failed"], given["outcome"]),
            message_id=given["message_id"],
            since=self._start(given["first"]),
            until=self._start(last + timedelta(days=1)) if last else None,
        )

    def _start(self, day) -> datetime | None:
        return datetime(day.year, day.month, day.day, tzinfo=zone(self._zone)) if day else None

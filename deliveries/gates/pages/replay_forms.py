"""Form of a replay: which reports, of which time."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from deliveries.gates.replaying.wanted import Wanted
from deliveries.models import Gate, GateReplay
from portal.common.day_field import DayField
from portal.common.periods import zone


class ReplayForm(forms.Form):
    """Failures or receipts between two times of the customer's zone."""

    kind = forms.ChoiceField(
        label=_("Which reports"),
        choices=[
            (GateReplay.Kind.FAILED, _("Those that failed for good and did not arrive since")),
            (GateReplay.Kind.PERIOD, _("All that were received and pass the filter of the gate")),
        ],
        widget=forms.RadioSelect,
    )
    first = DayField(label=_("From"))
    first_time = forms.TimeField(label=_("From, time"), required=False, widget=forms.TimeInput({"type": "time"}))
    last = DayField(label=_("Until"), required=False, help_text=_("Empty: now."))
    last_time = forms.TimeField(label=_("Until, time"), required=False, widget=forms.TimeInput({"type": "time"}))

    def __init__(self, data: Mapping[str, str], *, gate: Gate, now: datetime, zone_name: str) -> None:
        super().__init__(data, auto_id="replay_%s")
        self._gate, self._now, self._zone = gate, now, zone_name

    def clean(self) -> dict[str, Any]:
        """Find the two times."""
        given = super().clean() or {}
        if not self.errors:
            since, until = self._at(given["first"], given["first_time"]), self._now
            if given["last"]:
                until = min(until, self._at(given["last"], given["last_time"]))
            if since >= until:
                self.add_error("first", _("The start must be before the end, and in the past."))
            given |= {"since": since, "until": until}
        return given

    def wanted(self) -> Wanted:
        """Return the chosen reports."""
        given = self.cleaned_data
        return Wanted(self._gate, given["kind"], given["until"], given["since"])

    def _at(self, day, at: time | None) -> datetime:
        return datetime.combine(day, at or time.min, tzinfo=zone(self._zone))

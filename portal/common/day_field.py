"""Form field for a date in the notation of the page's language, with a calendar where scripts run."""

from datetime import date

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal.common.days_typed import parse_day

EXAMPLE = date(2026, 10, 31)


def day_text(day: date) -> str:
    """Return the date in the notation of the request's language, which `parse_day` reads."""
    return date_format(day, "SHORT_DATE_FORMAT")


def day_example() -> str:
    """Return an example of that notation."""
    return day_text(EXAMPLE)


class DayInput(forms.TextInput):
    """Text input of a date; static/js/days.js adds a calendar to it."""

    def __init__(self, attrs: dict | None = None) -> None:
        super().__init__({"autocomplete": "off", "data-day": True, "maxlength": 20} | (attrs or {}))

    def format_value(self, value: object) -> str | None:
        """Return the date as the page's language writes it; a text that is none stays as it was typed."""
        if isinstance(value, date):
            return day_text(value)
        if not isinstance(value, str):
            return None
        try:
            return day_text(parse_day(value))
        except ValueError:
            return value

    def get_context(self, name: str, value: object, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"].setdefault("placeholder", day_example())
        return context


class DayField(forms.Field):
    """A date; the error names the field and an example."""

    widget = DayInput
    default_error_messages = {
        "not_a_day": _("%(field)s: “%(text)s” is not a date. Write it as %(example)s."),
    }

    def to_python(self, value: str | None) -> date | None:
        if not value or not value.strip():
            return None
        try:
            return parse_day(value)
        except ValueError as error:
            found = {"field": self.label, "text": value[:40], "example": day_example()}
            raise forms.ValidationError(self.error_messages["not_a_day"], code="not_a_day", params=found) from error

"""Forms of exchange rates, and the texts of what is wrong with a file of them."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from deliveries.conversions.error_texts import file_text
from deliveries.conversions.files import FileProblem, rows
from portal.common.day_field import DayField
from portal.common.setting_choices import currency_choices
from portal.common.templatetags.figures import count
from reports.billing.prices.files import MAX_BYTES
from reports.billing.prices.rates import RateProblem, RateRow, read_rate, read_rates
from reports.billing.prices.table import Unreadable

MAX_SHOWN = 200  # rates, and problems of a file
RATE_PROBLEMS: dict[str, Promise] = {
    "columns": gettext_lazy("The first line must name these columns once: %(value)s."),
    "too_many": gettext_lazy("The file has more than %(value)s rates. Split it."),
    "missing": gettext_lazy("the day is missing"),
    "day": gettext_lazy("“%(value)s” is no day such as 2026-10-31 or 31.10.2026"),
    "currency": gettext_lazy("“%(value)s” is no currency, such as EUR"),
    "same": gettext_lazy("both currencies are %(value)s"),
    "rate": gettext_lazy("“%(value)s” is no rate above 0 with at most 9 decimals, such as 11.2345 or 11,2345"),
    "twice": gettext_lazy("%(value)s stands in an earlier line, too"),
}


def rate_problem_text(problem: RateProblem) -> str:
    """Return what is wrong with a line or a file of rates."""
    text = str(RATE_PROBLEMS[problem.code] % {"value": problem.value})
    where = _("Line %(line)s") % {"line": problem.line}
    return f"{where}: {text}" if problem.line else text


class RateForm(forms.Form):
    """One rate."""

    day = DayField(label=gettext_lazy("Day"))
    base = forms.ChoiceField(label=gettext_lazy("One unit of"))
    rate = forms.CharField(label=gettext_lazy("is"), max_length=30)
    quote = forms.ChoiceField(label=gettext_lazy("of this currency"))

    def __init__(self, data: QueryDict | None = None, *, currency: str) -> None:
        """`currency` is the issuer's own."""
        super().__init__(data, initial={"base": "EUR", "quote": currency}, auto_id="rate_%s")
        choices = currency_choices(get_language() or "en", present=currency)
        for name in ("base", "quote"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices

    def clean_rate(self) -> int:
        try:
            return read_rate(self.cleaned_data["rate"])
        except Unreadable as error:
            raise forms.ValidationError(str(RATE_PROBLEMS[error.code] % {"value": error.value})) from error

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("base") and data.get("base") == data.get("quote"):
            self.add_error("quote", _("Choose two currencies."))
        return data

    def row(self) -> RateRow:
        """Return the rate that the valid form says."""
        data = self.cleaned_data
        return RateRow(data["day"], data["base"], data["quote"], data["rate"])


class RateFileForm(forms.Form):
    """A file of rates."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
        help_text=gettext_lazy("CSV or XLSX with the columns day, base, quote and rate."),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )


def read_rate_file(form: RateFileForm, *, currency: str) -> tuple[list[RateRow], list[str]]:
    """Return the rates of an uploaded file, and what is wrong with it; a file that cannot be read is the form's error.

    `currency` is the issuer's own.
    """
    currencies = frozenset(dict(currency_choices(get_language() or "en", present=currency)))
    content = form.cleaned_data["file"].read(MAX_BYTES + 1)
    try:
        if len(content) > MAX_BYTES:
            raise FileProblem("too_large")
        found, problems = read_rates(rows(content), currencies=currencies)
    except FileProblem as problem:
        form.add_error("file", file_text(problem.code, problem.line))
        return [], []
    if not found and not problems:
        form.add_error("file", _("The file has no lines below the names of its columns."))
    return found, [rate_problem_text(problem) for problem in problems]


def saved_text(number: int) -> str:
    """Return how many rates were saved."""
    text = ngettext("%(number)s rate was saved.", "%(number)s rates were saved.", number)
    return text % {"number": count(number)} if number else _("Nothing was changed.")

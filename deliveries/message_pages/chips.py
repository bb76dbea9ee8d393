"""The filters in use on Message Search, in words, each with the query string without it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from deliveries.messages.code_words import code_words
from deliveries.messages.fold import NO_CODE
from deliveries.search.query import NO_CAMPAIGN_FILTER
from portal.common.templatetags.figures import clock_hour, count, duration

if TYPE_CHECKING:
    from deliveries.message_pages.forms import MessageFilterForm


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in use, and the query string without it."""

    name: str
    label: str
    words: str
    without: str


def chips_of(form: "MessageFilterForm") -> list[Chip]:
    """Return the filters in use of a valid form; a period only if it was chosen."""
    found = []
    for index, (name, text) in enumerate(form.given):
        if form.is_filter(name):
            rest = [pair for at, pair in enumerate(form.given) if at != index and pair[0] != "cursor"]
            found.append(Chip(name, str(form.fields[name].label), _words(form, name, text), urlencode(rest)))
    if any(name in ("period", "from", "to") for name, _text in form.given):
        rest = [pair for pair in form.given if form.is_filter(pair[0]) or pair[0] in form.LOOKS]
        found.append(Chip("period", _("Period"), period_words(form), urlencode(rest)))
    return found


def period_words(form: "MessageFilterForm") -> str:
    """Return the period of a valid form: its name where it has one, else its days."""
    if form.period_name in form.PERIODS or form.period is None:
        return str(form.PERIODS.get(form.period_name, form.period_name))
    return period_in_days(form)


def period_in_days(form: "MessageFilterForm") -> str:
    """Return the period of a valid form by its days."""
    if form.period is None:
        return str(form.PERIODS.get(form.period_name, form.period_name))
    first, last = _day(form.period.first), _day(form.period.last)
    return first if first == last else f"{first} – {last}"


def _day(day: date) -> str:
    return date_format(day, "SHORT_DATE_FORMAT")


def _words(form: "MessageFilterForm", name: str, text: str) -> str:
    if name == "campaign" and text == NO_CAMPAIGN_FILTER:
        return _("(no campaign)")
    if name == "numbers" and form.number_list:
        n = len(form.number_list.numbers)
        return ngettext("a list of %(n)s number", "a list of %(n)s numbers", n) % {"n": count(n)}
    if name == "result_code":
        return _code_words(form.cleaned_data[name], form.access.tenant_ids)
    if name == "delivered_within":
        return duration(form.cleaned_data[name])
    if name == "hour":
        return clock_hour(form.cleaned_data[name])
    if name == "country":
        text = form.cleaned_data[name]
    field = form.fields[name]
    return str(dict(field.choices).get(text, text)) if hasattr(field, "choices") else text


def _code_words(number: int, tenant_ids: Collection[int]) -> str:
    if number == NO_CODE:
        return _("No delivery report yet")
    return f"{number} {code_words(tenant_ids, code=number).get(number) or _('Unknown result code')}"

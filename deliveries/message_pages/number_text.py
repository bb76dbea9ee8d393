"""Phone numbers as people type them into a search field: one whole number, and how it is read."""

from django import forms
from django.utils.translation import gettext as _

from portal.common.msisdn import read_number, spaced_number
from portal.common.templatetags.figures import country as country_name

MAX_NUMBER_LENGTH = 100  # signs, invisible ones too; no destination is longer
_SEPARATORS = frozenset(",;\t\r\n")  # between numbers
_NO_PART_OF_ONE = frozenset("*•%?_")


def one_number(text: str, *, may_list: bool) -> str:
    """Return a whole number as it is typed. Raises ValidationError for several, with the way to a list if they may."""
    if _SEPARATORS & set(text):
        if may_list:
            raise forms.ValidationError(_("Several numbers are searched as a list: open “List of numbers”."))
        raise forms.ValidationError(_("Enter one number."))
    return whole_number(text)


def whole_number(text: str) -> str:
    """Return a number as it is typed. Raises ValidationError for a part of one."""
    if _NO_PART_OF_ONE & set(text):
        raise forms.ValidationError(
            _("Enter a whole number. Parts of a number are not searched, because they would reveal the rest.")
        )
    return text


def note_on_number(text: str, country: str) -> str:
    """Return how a number without a country code is read in the country, '' for anything else."""
    read = read_number(text, country)
    if not read.country:
        return ""
    return _("Read as %(number)s, %(country)s") % {
        "number": spaced_number(read.text), "country": country_name(read.country),
    }  # fmt: skip

"""Choice fields of filters that name the nearest choice when a value is not among them."""

from django import forms
from django.utils.translation import gettext as _

from portal.common.brief_select import BriefSelect
from portal.common.countries import country_meant
from portal.common.nearest import nearest

_MAX_SHOWN = 100  # characters of a wrong value; no choice is longer


class _NearestChoice:
    """The error of a choice field; for a field class to inherit before Django's own."""

    def validate(self, value: str | list[str]) -> None:
        try:
            super().validate(value)
        except forms.ValidationError as error:
            if error.code != "invalid_choice":
                raise
            raise forms.ValidationError(self._problem(error.params["value"]), code=error.code) from error

    def meant(self, value: str) -> str | None:
        """Return the choice whose value or label is nearest, None where none is near."""
        by_label = {str(label): choice for choice, label in self.choices if choice}
        known = {choice: choice for choice in by_label.values()}
        return known.get(nearest(value, known) or "") or by_label.get(nearest(value, by_label) or "")

    def _problem(self, value: str) -> str:
        shown = value if len(value) <= _MAX_SHOWN else value[:_MAX_SHOWN] + "…"
        text = _("“%(value)s” is not one of the choices.") % {"value": shown}
        meant = self.meant(value) if shown == value else None
        return f"{text} {_('Did you mean %(meant)s?') % {'meant': meant}}" if meant else text


class NearestChoiceField(_NearestChoice, forms.ChoiceField):
    """One of the choices."""


class NearestChoicesField(_NearestChoice, forms.MultipleChoiceField):
    """Any number of the choices."""


class CountryField(NearestChoiceField):
    """A country's alpha-2 code; its name in either language, or a code of everyday use, leads to the code."""

    widget = BriefSelect

    def meant(self, value: str) -> str | None:
        return country_meant(value)

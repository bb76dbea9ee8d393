"""Texts that are kept and logged in English, and shown to people in their language."""

from django.utils.translation import gettext


class KeptText(str):
    """The English text of a template and its values. `shown` is the text in the current language.

    Mark the template with `gettext_noop`, so that it is in the catalogue. Values that are KeptText are translated too.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> "KeptText":
        text = super().__new__(cls, template % values)
        text.template, text.values = template, values
        return text

    def shown(self) -> str:
        return gettext(self.template) % {name: shown(value) for name, value in self.values.items()}


def shown(value: object) -> object:
    """Return a KeptText in the current language, and any other value as it is."""
    return value.shown() if isinstance(value, KeptText) else value

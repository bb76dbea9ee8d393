"""Changes since a report was created, in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from portal.common.templatetags.figures import count
from reports.monthly.changes_since import ChangedSince

_DIFFERENCES = {
    "messages": pgettext_lazy("a difference", "%(n)s messages"),
    "delivered": pgettext_lazy("a difference", "%(n)s delivered"),
    "failed": pgettext_lazy("a difference", "%(n)s failed"),
    "pending": pgettext_lazy("a difference", "%(n)s pending"),
    "unknown": pgettext_lazy("a difference", "%(n)s unknown"),
    "parts": pgettext_lazy("a difference", "%(n)s SMS parts"),
}


def changed_text(changed: ChangedSince) -> str:
    """Return it as a line such as "Changed since: +7 messages, +24 delivered"."""
    if changed.are_rows_moved:
        return _("Changed since: figures moved between rows")
    return _("Changed since: %(changes)s") % {"changes": differences_text(changed.differences)}


def differences_text(differences: Mapping[str, int]) -> str:
    """Return the differences that are not 0, such as "+7 messages, +24 delivered"."""
    found = ((text, differences.get(name, 0)) for name, text in _DIFFERENCES.items())
    return ", ".join(text % {"n": signed(n)} for text, n in found if n)


def signed(n: int) -> str:
    """Return a difference with its sign."""
    return f"{'+' if n > 0 else '−'}{count(abs(n))}"

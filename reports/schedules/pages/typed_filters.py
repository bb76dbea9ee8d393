"""Values of the builder's filters, as they are typed: one a line."""

from typing import Any

from django.utils.translation import gettext as _

from portal.common.countries import country_problem

MAX_VALUES = 50  # of a filter


def read_values(name: str, given: str | list[str]) -> tuple[list[Any], str]:
    """Return the values of a filter, and the problem with them or ""."""
    if isinstance(given, list):
        return given, ""
    values: list[Any] = [line.strip() for line in given.splitlines() if line.strip()]
    if len(values) > MAX_VALUES:
        return values, _("At most %(most)d values.") % {"most": MAX_VALUES}
    if name == "country":
        values = [value.upper() for value in values]
        if wrong := next((value for value in values if country_problem(value)), None):
            return values, _("“%(text)s” is not a country code such as FI.") % {"text": wrong[:50]}
    if name == "result_code":
        if wrong := next((v for v in values if not (v.isascii() and v.isdecimal() and len(v) < 10)), None):
            return [], _("“%(text)s” is not a result code such as 1004.") % {"text": wrong[:50]}
        return [int(value) for value in values], ""
    return values, ""

"""Texts of a gate's form that hold several values: lines, pairs, and lists with commas."""

from collections.abc import Iterable, Mapping

from django import forms
from django.utils.translation import gettext as _


def lines_of(text: str) -> tuple[str, ...]:
    """Return the lines that are not empty."""
    return tuple(line for line in map(str.strip, text.splitlines()) if line)


def pairs_of(text: str) -> dict[str, str]:
    """Return what is written as one name=value a line. Raises ValidationError."""
    found: dict[str, str] = {}
    for line in lines_of(text):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name:
            raise forms.ValidationError(_("“%(line)s”: write one name=value a line.") % {"line": line[:100]})
        if name in found:
            raise forms.ValidationError(_("“%(name)s” is there twice.") % {"name": name[:100]})
        found[name] = value
    return found


def as_lines(values: Iterable[object]) -> str:
    """Return the values, one a line."""
    return "\n".join(map(str, values))


def as_pairs(values: Mapping[str, object]) -> str:
    """Return the values as one name=value a line."""
    return as_lines(f"{name}={value}" for name, value in values.items())

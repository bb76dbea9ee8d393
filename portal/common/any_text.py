"""The path converter `any_text`: a part of an address that holds what others wrote, slashes and line breaks too.

Django's own `path` stops at a line break: one id with such a character, and no list with it could be shown.
"""

from django.urls import register_converter
from django.urls.converters import PathConverter


class AnyText(PathConverter):
    """Every character, one at least."""

    regex = r"[\s\S]+"


register_converter(AnyText, "any_text")

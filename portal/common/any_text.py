"""The path converter `any_text`: a part of an address that holds what others wrote, slashes and line breaks too.

Django's own `path` stops at a line break: one id with such a character, and no list with it could be shown. What no
path can hold, since browsers fold it, has an address with a query instead.
"""

from urllib.parse import urlencode

from django.urls import register_converter, reverse
from django.urls.converters import PathConverter


class AnyText(PathConverter):
    """Every character, one at least."""

    regex = r"[\s\S]+"


def address_of(route: str, *args: str, account: str, id: str) -> str:
    """Return the URL of the route with an account's name and an id, after `args`.

    Browsers fold `.` and `..` between slashes, encoded or not. Such a text uses the sibling route named `…_by_query`,
    with the parameters `account` and `id`.
    """
    if any(part in (".", "..") for text in (account, id) for part in text.split("/")):
        return f"{reverse(f'{route}_by_query', args=args)}?{urlencode({'account': account, 'id': id})}"
    return reverse(route, args=[*args, account, id])


register_converter(AnyText, "any_text")

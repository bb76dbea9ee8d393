"""`Link` headers of pages (RFC 8288): the addresses of the next and the previous page."""

from collections.abc import Mapping

from django.http import HttpRequest

_RELATIONS = {"next": "next_cursor", "prev": "previous_cursor"}


def page_links(request: HttpRequest, data: object) -> str:
    """Return the header for an answer with cursors, "" for any other; addresses are relative to the host."""
    if not isinstance(data, Mapping):
        return ""
    cursors = {relation: data.get(name) for relation, name in _RELATIONS.items()}
    return ", ".join(f'<{_address(request, cursor)}>; rel="{rel}"' for rel, cursor in cursors.items() if cursor)


def _address(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"

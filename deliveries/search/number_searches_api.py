"""The limit of searches by whole phone numbers, for the API."""

from collections.abc import Iterable
from typing import cast

from rest_framework.request import Request

from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.access import PageRequest
from portal.api.problems import TooManyRequests


def count_searches(request: Request, filters: Iterable[tuple[str, str]], *, is_next_page: bool = False) -> None:
    """Record and count the filters that hold a phone number. Raises TooManyRequests where the hour's are used up."""
    held = cast(PageRequest, request._request)
    searched = [(name, text) for name, text in filters if text and name != "message_id"]
    try:
        count_number_searches(held, searched, tenant=held.access.tenant, is_next_page=is_next_page)
    except TooManyNumberSearches as error:
        raise TooManyRequests(f"{error.filter}: {error}", wait=error.seconds) from error

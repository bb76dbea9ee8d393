"""Letting a key's request go on in the streams' app."""

from rest_framework.request import Request

from deliveries.stream.opening import MAX_LISTENERS, Granted, opening_of
from portal.api.problems import TooManyRequests
from portal.common.places import NoPlaceLeft


def grant(request: Request, granted: Granted) -> None:
    """Hand the request over, if it came through the app. Raises TooManyRequests."""
    if (opening := opening_of(request._request)) is None:
        return
    try:
        opening.grant(granted)
    except NoPlaceLeft as error:
        text = f"This key has {MAX_LISTENERS} streams open. Close one first."
        raise TooManyRequests(text, wait=5) from error

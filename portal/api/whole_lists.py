"""Whole lists as CSV and NDJSON: streamed page after page, each in its own short transaction behind the wall.

Memory holds one page, whatever the length of the list. The next page is read once the client has taken the last one.
Django's answer and its transaction are over when the second page is read, so a slow client holds no connection of the
database. A list that cannot be read to its end is cut: the transfer ends without its last chunk, and the last line of
NDJSON is the problem.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, StreamingHttpResponse

from portal.api.parameters import NDJSON
from portal.api.problems import Problem, TooManyRequests, problem
from portal.api.tables import Table
from portal.common.places import NoPlaceLeft, Places

logger = logging.getLogger(__name__)

MAX_OPEN = 4  # of one key in one process
RETRY_AFTER = 5  # seconds
THREADS = 2  # that read pages of all lists of the process

PageAfter = Callable[[str], Mapping[str, Any]]

_places: Places[int] = Places(MAX_OPEN)


class ListCut(Exception):
    """The list could not be read to its end; the client sees a transfer without an end."""


def stream_list(
    request: HttpRequest, first: Mapping[str, Any], table: Table, page_after: PageAfter
) -> StreamingHttpResponse:
    """Answer with the first page and all that follow. `page_after` reads the page at a cursor, in a scope of its own.

    Raises TooManyRequests where the key has MAX_OPEN lists under way.
    """
    leave = _hold(request.access.key.id)
    lines = _lines(request, first, table, page_after)
    content = _in_threads(lines, leave) if isinstance(request, ASGIRequest) else _to_its_end(lines, leave)
    response = StreamingHttpResponse(content, headers=table.headers)
    response._resource_closers.append(leave)  # of an answer whose sending never begins
    return response


def _hold(key_id: int) -> Callable[[], None]:
    """Take a place of the key, and return what gives it back at its first call."""
    try:
        _places.enter(key_id)
    except NoPlaceLeft as error:
        text = f"This key has {MAX_OPEN} whole lists under way. Wait for one of them, or take pages (`size`)."
        raise TooManyRequests(text, wait=RETRY_AFTER) from error
    return cache(partial(_places.leave, key_id))


def _lines(request: HttpRequest, page: Mapping[str, Any], table: Table, page_after: PageAfter) -> Iterator[bytes]:
    yield table.head() + table.lines(page["data"])
    while cursor := page["next_cursor"]:
        try:
            page = page_after(cursor)
        except Exception as error:
            said = _problem(request, error)
            logger.warning("%s: cut, %s", request.path, said["title"], exc_info=said["status"] == 500)
            if table.media == NDJSON:
                yield orjson.dumps(said) + b"\n"
            raise ListCut(said["title"]) from error
        yield table.lines(page["data"])


def _problem(request: HttpRequest, error: Exception) -> dict[str, Any]:
    if isinstance(error, Problem):
        return problem(request, error.slug, str(error.detail), error.errors)
    if isinstance(error, OperationalError | InterfaceError):
        return problem(request, "unavailable", "The database does not answer. The list ends before its end.")
    return problem(request, "server-error", "The list could not be read to its end.")


def _to_its_end(lines: Iterator[bytes], leave: Callable[[], None]) -> Iterator[bytes]:
    try:
        yield from lines
    finally:
        leave()


async def _in_threads(lines: Iterator[bytes], leave: Callable[[], None]) -> AsyncIterator[bytes]:
    read = asyncio.get_running_loop().run_in_executor
    try:
        while (part := await read(_threads(), _next, lines)) is not None:
            yield part
    finally:
        leave()


def _next(lines: Iterator[bytes]) -> bytes | None:
    """Return the next part; the thread's connection goes back to the pool."""
    try:
        return next(lines, None)
    finally:
        connection.close()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="lists")

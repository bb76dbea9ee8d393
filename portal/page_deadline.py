"""Answer pages and API requests in time even while the database hangs, and bound what a request may send.

Django runs a request in a thread, which cannot be interrupted while it waits for a database that says nothing. So a
request that has no answer after `settings.ANSWER_WITHIN` seconds is answered 503 here; its thread is left to finish.
The size of the connection pool bounds how many threads hang; later requests fail by themselves after five seconds.
"""

import asyncio
import io
import logging
import secrets
from collections.abc import Callable

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import translation

from portal.accounts.middleware import GIVEN_UP, is_api
from portal.accounts.way_back import SAFE_METHODS, page_behind
from portal.api.problems import problem_response
from portal.connections import Guard
from portal.security_headers import POLICY

logger = logging.getLogger(__name__)

MAX_BODY = 32 * 1024 * 1024  # bytes; above the 20 MB of an uploaded file, so that its page says what is too large
RETRY_AFTER = 5  # seconds


class PageDeadline:
    """Django's ASGI application with a time limit."""

    def __init__(self, application: Callable, guard: Guard) -> None:
        self._application = application
        self._guard = guard
        self._left_behind: set[asyncio.Task] = set()

    async def __call__(self, scope, receive, send) -> None:
        self._guard.arrives(scope["client"])
        exchange = _Exchange(receive, send, began=lambda: self._guard.began(scope["client"]))
        task = asyncio.create_task(self._application(scope, exchange.receive, exchange.send))
        begun = asyncio.create_task(exchange.begun.wait())
        try:
            await asyncio.wait({task, begun}, timeout=settings.ANSWER_WITHIN, return_when=asyncio.FIRST_COMPLETED)
            if exchange.begun.is_set() or (task.done() and not exchange.is_too_large):
                await asyncio.wait({task})
                if not task.cancelled():  # as the answer to a client that left is
                    task.result()
                return
            scope[GIVEN_UP] = True
            exchange.is_given_up = True
            if not exchange.is_whole:
                task.cancel()  # no thread works on it yet
                response = HttpResponse("The request did not arrive in time.\n", status=408, content_type="text/plain")
                if exchange.is_too_large:
                    text = f"A request may have at most {MAX_BODY} bytes.\n"
                    response = HttpResponse(text, status=413, content_type="text/plain")
            else:
                response = unavailable(ASGIRequest(scope, io.BytesIO()))
            self._leave(task)
            await _send(send, response)
        finally:
            begun.cancel()
            exchange.close()
            self._guard.ended(scope["client"])

    def _leave(self, task: asyncio.Task) -> None:
        """Let a request finish without an answer. Its exceptions are dropped: the client already has a response."""
        self._left_behind.add(task)
        task.add_done_callback(self._left_behind.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


class _Exchange:
    """The two channels that Django gets instead of the server's.

    Django does not learn that a client is gone while it works: it would wait, in the event loop, for a thread that may
    hang. A client that leaves during a long response is noticed when the next piece is sent.
    """

    def __init__(self, receive: Callable, send: Callable, *, began: Callable[[], None]) -> None:
        self._receive, self._send, self._began = receive, send, began
        self._size = 0
        self._listener: asyncio.Future | None = None
        self.begun = asyncio.Event()
        self.is_whole = self.is_given_up = self.is_too_large = False

    async def receive(self) -> dict:
        if self.is_whole:
            await asyncio.Event().wait()  # until Django cancels it
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > MAX_BODY:
            self.is_too_large = True
            return {"type": "http.disconnect"}
        if message["type"] == "http.request" and not message.get("more_body", False):
            self.is_whole = True
            self._began()
        return message

    async def send(self, message: dict) -> None:
        if self.is_given_up:
            raise asyncio.CancelledError  # Django ends the answer and closes its files
        if self._listener is not None and self._listener.done():
            raise asyncio.CancelledError
        self.begun.set()
        await self._send(message)
        if message["type"] == "http.response.body" and message.get("more_body", False) and self._listener is None:
            self._listener = asyncio.create_task(self._wait_for_leaving())

    async def _wait_for_leaving(self) -> None:
        await self._receive()  # of the server: an awaitable that need not be a coroutine, which alone can be a task

    def close(self) -> None:
        if self._listener is not None:
            self._listener.cancel()


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the answer 503 of a page or an API request; it asks no database."""
    request_id = getattr(request, "id", None) or secrets.token_hex(8)
    route = getattr(request.resolver_match, "route", None)
    logger.error("%s %s: the database does not answer, id %s", request.method, route, request_id)
    if is_api(request):
        text = f"The database does not answer. Request id: {request_id}."
        return problem_response(request, "unavailable", text, wait=RETRY_AFTER)
    language = request.COOKIES.get("language")
    if language not in dict(settings.LANGUAGES):
        language = translation.get_language_from_request(request)
    context = {"error_id": request_id, "again": page_behind(request), "is_safe": request.method in SAFE_METHODS}
    with translation.override(language):
        page = loader.get_template("503.html").render(context)
    headers = {
        "Retry-After": str(RETRY_AFTER),
        "Cache-Control": "no-store",
        "Content-Language": language,
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Request-ID": request_id,
    }
    return HttpResponse(page, status=503, headers=headers)


async def _send(send: Callable, response: HttpResponse) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response.items()]
    headers.append((b"Content-Length", str(len(response.content)).encode()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})

"""Settings and translations that both clients share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import httpx

from sms_portal.calls import CSV, Call, checked_url
from sms_portal.errors import BadAddress, UnexpectedAnswer
from sms_portal.exchange import Answer, Failure, Retry

try:
    VERSION = version("sms-portal-client")
except PackageNotFoundError:  # from its sources
    VERSION = "0"
SILENCE = 45.0  # seconds: three heartbeats of the stream
WAIT = 35.0  # seconds beyond the timeout that a page of the stream may wait
_NEXT = re.compile(r'<([^>]*)>;\s*rel="next"')


class Common:
    """Settings of a client.

    `timeout` is in seconds, for connecting and for each silence of an answer; `silence` that of the stream, which has a
    heartbeat every 15 seconds. `allow_http` permits http:// to hosts other than this one.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        retry: Retry | None = None,
        timeout: float = 60.0,
        silence: float = SILENCE,
        allow_http: bool = False,
    ) -> None:
        if not key.isascii() or not key.isprintable() or not key or " " in key:
            raise BadAddress("key: it contains characters that no API key has; copy it again")
        self.url = checked_url(url, allow_http=allow_http)
        self.retry = retry or Retry()
        self.timeout, self.silence = timeout, silence
        self._http_settings: Mapping[str, Any] = {
            "base_url": self.url,
            "timeout": timeout,
            "headers": {"Authorization": f"Bearer {key}", "User-Agent": f"sms-portal-client/{VERSION}"},
        }

    def request_of(self, asked: Call[Any], *, read: float | None = None) -> dict[str, Any]:
        """Return the arguments of httpx for a call; `read` is the longest silence in seconds."""
        extra = WAIT if any(name == "wait" for name, _value in asked.query) else 0.0
        return {
            "method": asked.method,
            "url": asked.path,
            "params": list(asked.query),
            "content": asked.body,
            "headers": dict(asked.headers),
            "timeout": httpx.Timeout(self.timeout, read=self.timeout + extra if read is None else read),
        }

    @staticmethod
    def csv_pages(path: str, query: Mapping[str, Any]) -> CsvPages:
        """Return the pages of a list as CSV."""
        return CsvPages(path, query)


class CsvPages:
    """A list as CSV: the query of each page, and each page's rows without the head of all but the first."""

    def __init__(self, path: str, query: Mapping[str, Any]) -> None:
        self._path = path
        self._query: Mapping[str, Any] | None = query
        self._is_first = True

    def ask(self) -> Mapping[str, Any] | None:
        """Return the query of the next page, None after the last."""
        return self._query

    def take(self, answer: Answer) -> bytes:
        """Return the page's rows. Raises UnexpectedAnswer."""
        if CSV not in answer.headers.get("content-type", ""):
            raise UnexpectedAnswer(f"{self._path}: no CSV was answered")
        found = _NEXT.search(answer.headers.get("link", ""))
        cursor = httpx.URL(found[1]).params.get("cursor") if found else None
        self._query = None if cursor is None or self._query is None else {**self._query, "cursor": cursor}
        is_first, self._is_first = self._is_first, False
        return answer.body if is_first else answer.body.partition(b"\n")[2]


def answer_of(response: httpx.Response) -> Answer:
    """Return an answer that was read whole."""
    return Answer(
        response.status_code, {name.lower(): text for name, text in response.headers.items()}, response.content
    )


def failure_of(error: httpx.TransportError) -> Failure:
    """Return a failure; without a connection nothing was sent."""
    return Failure(error, was_sent=not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout))


def stream_error(path: str, error: Exception) -> UnexpectedAnswer:
    """Return the exception of an answer that is no stream."""
    return UnexpectedAnswer(f"{path}: no stream of events was answered: {error}")

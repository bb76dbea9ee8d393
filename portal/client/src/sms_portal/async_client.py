"""The asynchronous client: the same as `Client`, to be awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
from httpx_sse import EventSource, SSEError

from sms_portal import jobs, kinds
from sms_portal.async_reading import AsyncResource, AsyncStream
from sms_portal.calls import CSV, Call, call
from sms_portal.common import Common, answer_of, failure_of, stream_error
from sms_portal.exchange import Answer, Outcome, Pause, Steps, exchange, pause_after
from sms_portal.files import Target
from sms_portal.shapes import (
    ConversionResults,
    DeclareResults,
    Event,
    EventPage,
    Export,
    Key,
    MessageWithReports,
    Report,
    Statistics,
    Submitted,
    Totals,
)
from sms_portal.stream import Follower, ReportFollower, TotalsFollower

T = TypeVar("T")


class AsyncClient(Common):
    """The portal's API with one key. Use it in an `async with`, or `close` it."""

    def __init__(self, url: str, key: str, **settings: Any) -> None:
        """`settings` are those of `Common`: retry, timeout, allow_http."""
        super().__init__(url, key, **settings)
        self._http = httpx.AsyncClient(**self._http_settings)
        self.messages = AsyncResource(self, kinds.MESSAGES)
        self.delivery_reports = AsyncResource(self, kinds.DELIVERY_REPORTS)
        self.partner_ids = AsyncResource(self, kinds.PARTNER_IDS)
        self.partner_id_requests = AsyncResource(self, kinds.PARTNER_ID_REQUESTS)
        self.campaigns = AsyncResource(self, kinds.CAMPAIGNS)
        self.conversions = AsyncResource(self, kinds.CONVERSIONS)
        self.conversion_kinds = AsyncResource(self, kinds.CONVERSION_KINDS)
        self.exports = AsyncResource(self, kinds.EXPORTS)
        self.reports = AsyncResource(self, kinds.REPORTS)
        self.gates = AsyncResource(self, kinds.GATES)
        self.alerts = AsyncResource(self, kinds.ALERTS)
        self.alert_rules = AsyncResource(self, kinds.ALERT_RULES)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    def resource(self, path: str) -> AsyncResource[dict[str, Any], dict[str, Any]]:
        """Return any other resource by its path, such as `tenants` or `gates/a1b2/attempts`; rows are dictionaries."""
        return AsyncResource(self, kinds.plain(path))

    async def request(self, method: str, path: str, *, body: object = None, **query: Any) -> Any:
        """Send any request and return its JSON."""
        return await self.run(exchange(call(method, path, object, query=query, body=body), self.retry))

    async def key(self) -> Key:
        """Return the key that is in use: its reach, scopes and expiry."""
        return await self.send(call("GET", "key/", Key))

    async def statistics(self, **query: Any) -> Statistics:
        """Return figures: `period`, or `from_` and `to`; `group_by`, `compare`, `order`, `limit` and filters."""
        return await self.send(call("GET", "statistics/", Statistics, query=query))

    async def message(self, account: str, message_id: str) -> MessageWithReports:
        """Return one message with its delivery reports."""
        return await self.send(jobs.message(account, message_id))

    async def submit(self, rows: Iterable[Mapping[str, Any]]) -> Submitted:
        """Submit messages that were sent, any number; bodies of 10,000 lines."""
        return await self.run(jobs.submit(rows, self.retry))

    async def convert(self, rows: Iterable[Mapping[str, Any]]) -> ConversionResults:
        """Send conversion events, any number; bodies of 10,000 lines."""
        return await self.run(jobs.convert(rows, self.retry))

    async def declare(self, items: Iterable[Mapping[str, Any]], *, request: bool = False) -> DeclareResults:
        """Declare partner IDs, any number; with `request` those of shared accounts are requested."""
        return await self.run(jobs.declare(items, self.retry, request=request))

    async def request_export(self, format: str, *, columns: Sequence[str] | None = None, **filters: Any) -> Export:
        """Queue the file of a search, as `xlsx`, `csv` or `parquet`."""
        return await self.send(jobs.request_export(format, columns, filters))

    async def wait_for_export(
        self,
        export_id: int,
        *,
        every: float = 2,
        within: float | None = 3600,
        told: Callable[[Export], None] | None = None,
    ) -> Export:
        """Wait until an export has ended; `told` receives each state. Raises NotFinished after `within` seconds."""
        return await self.run(jobs.wait_for_export(export_id, self.retry, every=every, within=within, told=told))

    async def queue_report(self, month: str, *, tenant: str | None = None) -> Report:
        """Queue the report of a month, such as 2026-10."""
        body = {"month": month} | ({} if tenant is None else {"tenant": tenant})
        return await self.send(call("POST", "reports/", Report, body=body))

    async def wait_for_report(
        self,
        report_id: int,
        *,
        every: float = 2,
        within: float | None = 3600,
        told: Callable[[Report], None] | None = None,
    ) -> Report:
        """Wait until a report has ended; `told` receives each state. Raises NotFinished after `within` seconds."""
        return await self.run(jobs.wait_for_report(report_id, self.retry, every=every, within=within, told=told))

    async def download(
        self, made: Export | Report, path: Path | str, *, told: Callable[[int], None] | None = None
    ) -> Path:
        """Write the file of an export or report to `path`; `told` receives the bytes so far. Raises FileNotMade."""
        where, sha256 = jobs.file_of(made)
        asked = call("GET", where, bytes, accept="*/*")
        with Target(path, sha256) as target:
            for attempt in count(1):
                target.restart()
                outcome = await self._downloaded(asked, target, told)
                if outcome is None:
                    break
                await asyncio.sleep(pause_after(asked, outcome, attempt, self.retry))
        return target.path

    async def csv(self, path: str, **query: Any) -> AsyncIterator[bytes]:
        """Yield a list as CSV in pages of `size` rows, without it as one piece; the first one has the head."""
        pages = self.csv_pages(path, query)
        while (asked := pages.ask()) is not None:
            yield pages.take(await self.send(call("GET", path, Answer, query=asked, accept=CSV)))

    def events(self, after: str | None = None, *, attempts: int | None = None, **filters: Any) -> AsyncStream[Event]:
        """Follow delivery reports from a cursor on (`oldest`: 7 days; without one: now), through broken connections."""
        return AsyncStream(self, ReportFollower(after, filters, attempts))

    async def event_pages(
        self, after: str | None = None, *, wait: int = 30, size: int | None = None, **filters: Any
    ) -> AsyncIterator[EventPage]:
        """Yield pages of events without an end; each waits up to `wait` seconds for an event."""
        while True:
            page = await self.send(jobs.event_page(after, wait, size, filters))
            yield page
            after = page.next_cursor

    def day_totals(self, *, attempts: int | None = None, **query: Any) -> AsyncStream[Totals]:
        """Follow the totals of days: all of them now, and after each change, at most once a second."""
        return AsyncStream(self, TotalsFollower(query, attempts))

    async def day_totals_pages(
        self, after: str | None = None, *, wait: int = 30, **query: Any
    ) -> AsyncIterator[Totals]:
        """Yield totals of days without an end; one without change after `wait` seconds is not `whole` and empty."""
        while True:
            page = await self.send(jobs.totals_page(after, wait, query))
            yield page
            after = page.next_cursor

    async def send(self, asked: Call[T]) -> T:
        """Send a call, with retries, and return its answer."""
        return await self.run(exchange(asked, self.retry))

    async def run(self, steps: Steps[T]) -> T:
        """Carry out steps: send what they yield, and wait."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._sent(step)

    async def _sent(self, asked: Call[Any]) -> Outcome:
        try:
            return answer_of(await self._http.request(**self.request_of(asked)))
        except httpx.TransportError as error:
            return failure_of(error)

    async def _downloaded(self, asked: Call[bytes], target: Target, told: Callable[[int], None] | None) -> Outcome:
        size = 0
        try:
            async with self._http.stream(**self.request_of(asked)) as response:
                if not response.is_success:
                    await response.aread()
                    return answer_of(response)
                async for piece in response.aiter_bytes():
                    target.write(piece)
                    size += len(piece)
                    if told is not None:
                        told(size)
        except httpx.TransportError as error:
            return failure_of(error)
        return None

    async def listen(self, follower: Follower[T]) -> AsyncGenerator[T, None]:
        """Yield the events of one connection; returns when it ends. Raises what is not to be tried again."""
        try:
            async with self._http.stream(**self.request_of(follower.call(), read=self.silence)) as response:
                if not response.is_success:
                    await response.aread()
                    follower.refused(answer_of(response))
                    return
                follower.opened()
                async with aclosing(EventSource(response).aiter_sse()) as messages:
                    async for each in messages:
                        if (event := follower.take(each)) is not None:
                            yield event
        except SSEError as error:
            raise stream_error(follower.path, error) from error
        except httpx.TransportError as error:
            follower.broke(error)

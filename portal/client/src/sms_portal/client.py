"""The synchronous client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx
from httpx_sse import EventSource, SSEError

from sms_portal import jobs, kinds
from sms_portal.calls import CSV, Call, call
from sms_portal.common import Common, answer_of, failure_of, stream_error
from sms_portal.exchange import Answer, Outcome, Pause, Steps, exchange, pause_after
from sms_portal.files import Target
from sms_portal.reading import Resource, Stream
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


class Client(Common):
    """The portal's API with one key. Use it in a `with`, or `close` it; it may be shared by threads."""

    def __init__(self, url: str, key: str, **settings: Any) -> None:
        """`settings` are those of `Common`: retry, timeout, allow_http."""
        super().__init__(url, key, **settings)
        self._http = httpx.Client(**self._http_settings)
        self.messages = Resource(self, kinds.MESSAGES)
        self.delivery_reports = Resource(self, kinds.DELIVERY_REPORTS)
        self.partner_ids = Resource(self, kinds.PARTNER_IDS)
        self.partner_id_requests = Resource(self, kinds.PARTNER_ID_REQUESTS)
        self.campaigns = Resource(self, kinds.CAMPAIGNS)
        self.conversions = Resource(self, kinds.CONVERSIONS)
        self.conversion_kinds = Resource(self, kinds.CONVERSION_KINDS)
        self.exports = Resource(self, kinds.EXPORTS)
        self.reports = Resource(self, kinds.REPORTS)
        self.gates = Resource(self, kinds.GATES)
        self.alerts = Resource(self, kinds.ALERTS)
        self.alert_rules = Resource(self, kinds.ALERT_RULES)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def resource(self, path: str) -> Resource[dict[str, Any], dict[str, Any]]:
        """Return any other resource by its path, such as `tenants` or `gates/a1b2/attempts`; rows are dictionaries."""
        return Resource(self, kinds.plain(path))

    def request(self, method: str, path: str, *, body: object = None, **query: Any) -> Any:
        """Send any request and return its JSON."""
        return self.run(exchange(call(method, path, object, query=query, body=body), self.retry))

    def key(self) -> Key:
        """Return the key that is in use: its reach, scopes and expiry."""
        return self.send(call("GET", "key/", Key))

    def statistics(self, **query: Any) -> Statistics:
        """Return figures: `period`, or `from_` and `to`; `group_by`, `compare`, `order`, `limit` and filters."""
        return self.send(call("GET", "statistics/", Statistics, query=query))

    def message(self, account: str, message_id: str) -> MessageWithReports:
        """Return one message with its delivery reports."""
        return self.send(jobs.message(account, message_id))

    def submit(self, rows: Iterable[Mapping[str, Any]]) -> Submitted:
        """Submit messages that were sent, any number; bodies of 10,000 lines."""
        return self.run(jobs.submit(rows, self.retry))

    def convert(self, rows: Iterable[Mapping[str, Any]]) -> ConversionResults:
        """Send conversion events, any number; bodies of 10,000 lines."""
        return self.run(jobs.convert(rows, self.retry))

    def declare(self, items: Iterable[Mapping[str, Any]], *, request: bool = False) -> DeclareResults:
        """Declare partner IDs, any number; with `request` those of shared accounts are requested."""
        return self.run(jobs.declare(items, self.retry, request=request))

    def request_export(self, format: str, *, columns: Sequence[str] | None = None, **filters: Any) -> Export:
        """Queue the file of a search, as `xlsx`, `csv` or `parquet`."""
        return self.send(jobs.request_export(format, columns, filters))

    def wait_for_export(
        self,
        export_id: int,
        *,
        every: float = 2,
        within: float | None = 3600,
        told: Callable[[Export], None] | None = None,
    ) -> Export:
        """Wait until an export has ended; `told` receives each state. Raises NotFinished after `within` seconds."""
        return self.run(jobs.wait_for_export(export_id, self.retry, every=every, within=within, told=told))

    def queue_report(self, month: str, *, tenant: str | None = None) -> Report:
        """Queue the report of a month, such as 2026-10."""
        body = {"month": month} | ({} if tenant is None else {"tenant": tenant})
        return self.send(call("POST", "reports/", Report, body=body))

    def wait_for_report(
        self,
        report_id: int,
        *,
        every: float = 2,
        within: float | None = 3600,
        told: Callable[[Report], None] | None = None,
    ) -> Report:
        """Wait until a report has ended; `told` receives each state. Raises NotFinished after `within` seconds."""
        return self.run(jobs.wait_for_report(report_id, self.retry, every=every, within=within, told=told))

    def download(self, made: Export | Report, path: Path | str, *, told: Callable[[int], None] | None = None) -> Path:
        """Write the file of an export or report to `path`; `told` receives the bytes so far. Raises FileNotMade."""
        where, sha256 = jobs.file_of(made)
        asked = call("GET", where, bytes, accept="*/*")
        with Target(path, sha256) as target:
            for attempt in count(1):
                target.restart()
                outcome = self._downloaded(asked, target, told)
                if outcome is None:
                    break
                time.sleep(pause_after(asked, outcome, attempt, self.retry))
        return target.path

    def csv(self, path: str, **query: Any) -> Iterator[bytes]:
        """Yield a list as CSV in pages of `size` rows, without it as one piece; the first one has the head."""
        pages = self.csv_pages(path, query)
        while (asked := pages.ask()) is not None:
            yield pages.take(self.send(call("GET", path, Answer, query=asked, accept=CSV)))

    def events(self, after: str | None = None, *, attempts: int | None = None, **filters: Any) -> Stream[Event]:
        """Follow delivery reports from a cursor on (`oldest`: 7 days; without one: now), through broken connections."""
        return Stream(self, ReportFollower(after, filters, attempts))

    def event_pages(
        self, after: str | None = None, *, wait: int = 30, size: int | None = None, **filters: Any
    ) -> Iterator[EventPage]:
        """Yield pages of events without an end; each waits up to `wait` seconds for an event."""
        while True:
            page = self.send(jobs.event_page(after, wait, size, filters))
            yield page
            after = page.next_cursor

    def day_totals(self, *, attempts: int | None = None, **query: Any) -> Stream[Totals]:
        """Follow the totals of days: all of them now, and after each change, at most once a second."""
        return Stream(self, TotalsFollower(query, attempts))

    def day_totals_pages(self, after: str | None = None, *, wait: int = 30, **query: Any) -> Iterator[Totals]:
        """Yield totals of days without an end; one without change after `wait` seconds is not `whole` and empty."""
        while True:
            page = self.send(jobs.totals_page(after, wait, query))
            yield page
            after = page.next_cursor

    def send(self, asked: Call[T]) -> T:
        """Send a call, with retries, and return its answer."""
        return self.run(exchange(asked, self.retry))

    def run(self, steps: Steps[T]) -> T:
        """Carry out steps: send what they yield, and wait."""
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                outcome = None
            else:
                outcome = self._sent(step)

    def _sent(self, asked: Call[Any]) -> Outcome:
        try:
            return answer_of(self._http.request(**self.request_of(asked)))
        except httpx.TransportError as error:
            return failure_of(error)

    def _downloaded(self, asked: Call[bytes], target: Target, told: Callable[[int], None] | None) -> Outcome:
        size = 0
        try:
            with self._http.stream(**self.request_of(asked)) as response:
                if not response.is_success:
                    response.read()
                    return answer_of(response)
                for piece in response.iter_bytes():
                    target.write(piece)
                    size += len(piece)
                    if told is not None:
                        told(size)
        except httpx.TransportError as error:
            return failure_of(error)
        return None

    def listen(self, follower: Follower[T]) -> Iterator[T]:
        """Yield the events of one connection; returns when it ends. Raises what is not to be tried again."""
        try:
            with self._http.stream(**self.request_of(follower.call(), read=self.silence)) as response:
                if not response.is_success:
                    response.read()
                    follower.refused(answer_of(response))
                    return
                follower.opened()
                for each in EventSource(response).iter_sse():
                    if (event := follower.take(each)) is not None:
                        yield event
        except SSEError as error:
            raise stream_error(follower.path, error) from error
        except httpx.TransportError as error:
            follower.broke(error)

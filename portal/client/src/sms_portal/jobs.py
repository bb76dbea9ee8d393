"""The common jobs as steps, which both clients carry out: submissions, events, partner IDs, exports, reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from msgspec.structs import replace

from sms_portal.calls import NDJSON, Call, call, lines_of, path_of
from sms_portal.errors import FileNotMade
from sms_portal.exchange import Retry, Steps, exchange, finished
from sms_portal.shapes import (
    ConversionResults,
    DeclareResult,
    DeclareResults,
    EventPage,
    Export,
    MessageWithReports,
    Report,
    Submitted,
    Totals,
)
from sms_portal.shapes.messages import RefusedItem

Item = TypeVar("Item")
Body = Mapping[str, Any]

EVERYTHING = "2000-01-01T00:00:00Z"  # the first `updated_since`
ITEMS = 200  # partner IDs of a body
LINES, LINE_BYTES = 10_000, 5_000_000  # of a body of NDJSON; conversions take 5 MB, submissions 16 MiB
OVER = frozenset({"done", "failed", "cancelled"})
STREAM, TOTALS = "delivery-reports/stream/", "statistics/stream/"


def since(instant: datetime | str | None) -> datetime | str:
    """Return the `updated_since` of a reading that begins there, or at the beginning of all."""
    return EVERYTHING if instant is None else instant


def message(account: str, message_id: str) -> Call[MessageWithReports]:
    """Return the call for one message; ids may hold any sign, so they are in the query."""
    return call("GET", "messages/one/", MessageWithReports, query={"account": account, "id": message_id})


def submit(rows: Iterable[Body], retry: Retry) -> Steps[Submitted]:
    """Submit messages in as many bodies as needed. `refused` counts their places from the first row on."""
    accepted, refused, before = 0, list[RefusedItem](), 0
    for count, body in _bodies(rows):
        done = yield from exchange(call("POST", "messages/", Submitted, body=body, media=NDJSON), retry)
        accepted += done.accepted
        refused += [replace(each, item=each.item + before) for each in done.refused]
        before += count
    return Submitted(accepted=accepted, refused=refused)


def convert(rows: Iterable[Body], retry: Retry) -> Steps[ConversionResults]:
    """Send conversion events in as many bodies as needed; a result for each, in their order."""
    found = ConversionResults(stored=0, refused=0, results=[])
    for _count, body in _bodies(rows):
        done = yield from exchange(call("POST", "conversions/", ConversionResults, body=body, media=NDJSON), retry)
        found = ConversionResults(
            stored=found.stored + done.stored,
            refused=found.refused + done.refused,
            results=found.results + done.results,
        )
    return found


def declare(items: Iterable[Body], retry: Retry, *, request: bool) -> Steps[DeclareResults]:
    """Declare partner IDs, 200 in a body; a result for each, in their order. `item` counts from the first one on."""
    counts = dict.fromkeys(("declared", "unchanged", "requested", "refused"), 0)
    data: list[DeclareResult] = []
    for part in _parts(items, ITEMS):
        body = {"items": part, "request": request}
        done = yield from exchange(call("POST", "partner-ids/batch/", DeclareResults, body=body), retry)
        for name in counts:
            counts[name] += getattr(done, name)
        data += [replace(each, item=len(data) + place) for place, each in enumerate(done.data)]
    return DeclareResults(**counts, data=data)


def request_export(format_: str, columns: Sequence[str] | None, filters: Mapping[str, Any]) -> Call[Export]:
    """Return the call that queues the file of a search."""
    body = {"format": format_} | ({} if columns is None else {"columns": list(columns)})
    return call("POST", "exports/", Export, query=filters, body=body)


def wait_for_export(
    export_id: int, retry: Retry, *, every: float, within: float | None, told: Callable[[Export], None] | None
) -> Steps[Export]:
    """Wait until an export has ended, as whatever; `told` receives each state."""
    asked = call("GET", path_of("exports", export_id), Export)
    return finished(asked, retry, is_over=lambda each: each.state in OVER, every=every, within=within, told=told)


def wait_for_report(
    report_id: int, retry: Retry, *, every: float, within: float | None, told: Callable[[Report], None] | None
) -> Steps[Report]:
    """Wait until a monthly report has ended, as whatever; `told` receives each state."""
    asked = call("GET", path_of("reports", report_id), Report)
    return finished(asked, retry, is_over=lambda each: each.state in OVER, every=every, within=within, told=told)


def file_of(made: Export | Report) -> tuple[str, str | None]:
    """Return path and SHA-256 of a file. Raises FileNotMade."""
    if made.download_url is None:
        why = getattr(made, "problem", None)
        raise FileNotMade(f"{made.url} has no file: {made.state}" + (f" ({why})" if why else ""))
    return made.download_url, made.sha256


def event_page(after: str | None, wait: int, size: int | None, filters: Mapping[str, Any]) -> Call[EventPage]:
    """Return the call for the events behind a cursor; it waits up to `wait` seconds for one."""
    return call("GET", STREAM, EventPage, query={"after": after, "wait": wait, "size": size, **filters})


def totals_page(after: str | None, wait: int, query: Mapping[str, Any]) -> Call[Totals]:
    """Return the call for totals of days; it waits up to `wait` seconds for others than those of the cursor."""
    return call("GET", TOTALS, Totals, query={"after": after, "wait": wait, **query})


def _bodies(rows: Iterable[Body]) -> Iterator[tuple[int, bytes]]:
    """Yield bodies of NDJSON with the number of their lines, within the limits of both."""
    lines, size = list[bytes](), 0
    for row in rows:
        line = lines_of([row])
        if lines and (len(lines) == LINES or size + len(line) > LINE_BYTES):
            yield len(lines), b"".join(lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield len(lines), b"".join(lines)


def _parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part

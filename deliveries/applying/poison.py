"""Search for the rows that make a batch fail: apply halves until such a row is by itself.

A row that fails by itself is a suspect. Suspects are quarantined at the end of the search, and only if they can cause
the error: it is about values, or it is the program's and other rows were applied. If MAX_IN_A_ROW rows in a row fail
with the same error and none is applied between them, or MAX_IN_PERIOD within an hour, no row causes it: applying stops,
suspects keep waiting, and rows that earlier batches quarantined for this error are queued again.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from deliveries.applying.batch_result import BatchResult
from deliveries.applying.failures import Failure, Kind, Stopped
from deliveries.applying.quarantine import replay
from deliveries.models import QuarantinedRow
from deliveries.stop_reasons import Cause

logger = logging.getLogger(__name__)

MAX_IN_A_ROW = 3
MAX_IN_PERIOD, PERIOD = 10, timedelta(hours=1)
_MAX_LISTED = 20  # rows of the inbox in a message


@dataclass
class FailureStreak:
    """The rows that failed alone, of this batch and those before, by which is seen that an error is no row's."""

    in_a_row: list[tuple[tuple, int]] = field(default_factory=list)  # since the last row that was applied
    within_an_hour: dict[tuple, dict[int, datetime]] = field(default_factory=dict)
    stops: Counter[tuple] = field(default_factory=Counter)  # how often an error was found to be no row's
    lock: threading.Lock = field(default_factory=threading.Lock)  # of the threads of an applier

    def add(self, row: int, failure: Failure, *, now: datetime) -> list[int]:
        """Take a row in; return the rows with its error where they are so many that it is no row's, else none."""
        error = failure.signature
        if self.in_a_row and self.in_a_row[-1][0] != error:
            self.in_a_row = []
        self.in_a_row.append((error, row))
        recent = self.within_an_hour.setdefault(error, {})
        recent[row] = now
        for old in [row for row, seen in recent.items() if now - seen > PERIOD]:
            del recent[old]
        if len(self.in_a_row) < MAX_IN_A_ROW and len(recent) < MAX_IN_PERIOD:
            return []
        rows = {*self.within_an_hour.pop(error), *(row for _error, row in self.in_a_row)}
        self.in_a_row = []
        self.stops[error] += 1
        return sorted(rows)

    def end(self) -> None:
        """Note that a row was applied."""
        self.in_a_row = []


def failure_of(error: Exception) -> Failure:
    """Return what an error of a batch may be about rows; raise Stopped, or the error itself, where it cannot be."""
    failure = Failure.of(error)
    if failure.kind is Kind.AWAY:
        raise error
    if failure.kind is Kind.STATEMENT:
        raise Stopped(Cause.STATEMENT, failure) from error
    return failure


class PoisonSearch:
    """One search; `attempt` applies rows by their inbox ids, or puts them in quarantine for the reason given."""

    def __init__(
        self, attempt: Callable[[list[int], str], BatchResult], streak: FailureStreak, *, now: datetime
    ) -> None:
        self._attempt, self._streak, self._now = attempt, streak, now
        self._stops_before = streak.stops.copy()
        self._done = BatchResult()
        self._suspects: list[tuple[int, Failure]] = []

    def run(self, ids: list[int]) -> BatchResult:
        """Apply the rows of `ids` and quarantine those that are broken. Raises Stopped where the error is no row's."""
        try:
            self._apply(ids)
            for row, failure in self._suspects:
                if failure.kind is Kind.PROGRAMME and not self._done.applied:
                    raise Stopped(Cause.PROGRAMME, failure, rows=[row])
            for row, failure in self._suspects:
                self._quarantine(row, failure)
        except Stopped as stop:
            stop.done = self._done
            raise
        return self._done

    def _apply(self, ids: list[int]) -> None:
        if not ids:
            return
        try:
            result = self._attempt(ids, "")
        except Exception as error:
            failure = failure_of(error)
            logger.warning("%d rows failed: %s", len(ids), failure.code)
            if len(ids) == 1:
                self._suspect(ids[0], failure)
                return
        else:
            self._done += result
            if result.applied:
                self._streak.end()
            return
        middle = len(ids) // 2
        self._apply(ids[:middle])
        self._apply(ids[middle:])

    def _suspect(self, row: int, failure: Failure) -> None:
        self._suspects.append((row, failure))
        with self._streak.lock:
            if rows := self._streak.add(row, failure, now=self._now):
                self._take_back(rows)
                raise _stop(failure, rows)

    def _quarantine(self, row: int, failure: Failure) -> None:
        with self._streak.lock:
            if self._streak.stops[failure.signature] > self._stops_before[failure.signature]:
                raise _stop(failure, [row])  # another thread found meanwhile that no row causes the error
            try:
                self._done += self._attempt([row], failure.words)
            except Exception as error:
                raise Stopped(Cause.PROGRAMME, failure_of(error)) from error

    def _take_back(self, rows: list[int]) -> None:
        waiting = QuarantinedRow.objects.filter(inbox_id__in=rows, state=QuarantinedRow.State.WAITING)
        if ids := list(waiting.values_list("id", flat=True)):
            replay(actor="applier", now=self._now, ids=ids)


def _stop(failure: Failure, rows: list[int]) -> Stopped:
    cause = Cause.ROWS if failure.kind is Kind.ROW else Cause.PROGRAMME
    return Stopped(cause, failure, rows=rows[-_MAX_LISTED:])

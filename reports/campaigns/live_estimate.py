"""Estimate of when a running campaign will be done, from how its counts changed within the last minutes. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from campaigns.latency import percentile

WINDOW = 300  # seconds that the rate is taken from
_LEAST_SECONDS, _LEAST_RESULTS = 10, 20  # less says nothing about the rate
_SURE = 2.0  # standard deviations of the rate, about 95%
_SLOWEST = 0.95  # of what has arrived: the last messages take about as long
_LONGEST = 24 * 3600  # seconds: beyond that nothing is said
_WIDEST = 6  # a range whose end is so many times its beginning says nothing, unless it ends soon
_SOON = 600


@dataclass(frozen=True, slots=True)
class Sample:
    """A campaign's counts at a time (seconds): all messages, and those that are pending."""

    at: float
    messages: int
    pending: int

    @property
    def results(self) -> int:
        return self.messages - self.pending


@dataclass(frozen=True, slots=True)
class Estimate:
    """The seconds until the pending messages will have their results, from `low` to `high`."""

    low: float
    high: float

    @property
    def shown_low(self) -> int:
        """`low` as people read it: less exact, and not later."""
        return math.floor(self.low / _step(self.low)) * _step(self.low)

    @property
    def shown_high(self) -> int:
        """`high` as people read it: less exact, and not earlier."""
        return math.ceil(self.high / _step(self.high)) * _step(self.high)


def _step(seconds: float) -> int:
    return 10 if seconds < 120 else 60 if seconds < 3600 else 600


def estimate(samples: Sequence[Sample], latency: Mapping[int, int]) -> Estimate | None:
    """Return when the pending messages of the last sample will have results, None while it is unknown.

    The number of pending messages must have fallen within WINDOW by more than chance explains. Results and new messages
    are taken as independent arrivals, so the variance of their difference is their sum. `latency` is delivered messages
    by bucket: the slowest of the pending ones may take as long as the slowest of those that have arrived.
    """
    if not samples or not samples[-1].pending:
        return None
    last = samples[-1]
    first = next(one for one in samples if last.at - one.at <= WINDOW)
    seconds, results = last.at - first.at, last.results - first.results
    fallen, added = first.pending - last.pending, last.messages - first.messages
    if seconds < _LEAST_SECONDS or results < _LEAST_RESULTS or added < 0:
        return None
    error = _SURE * math.sqrt(results + added)
    if fallen <= error:
        return None
    slowest = percentile(latency, _SLOWEST) or 0.0
    low = last.pending * seconds / (fallen + error)
    high = last.pending * seconds / (fallen - error) + slowest
    if high > _LONGEST or (high > _SOON and high > _WIDEST * low):
        return None
    return Estimate(low, high)

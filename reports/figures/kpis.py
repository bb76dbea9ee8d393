"""The headline figures of any stretch of messages, and how they changed: pure, from counts alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from campaigns.latency import percentile
from campaigns.statistics import rate, wilson
from reports.figures.volume import Volume


@dataclass(frozen=True, slots=True)
class Kpis:
    """Counts with what follows from them (docs/statistics.md).

    `final` is the messages with a final state, `latency` delivered messages by bucket (campaigns/latency.py); each is
    None where it was not counted. Rates are shares from 0 to 1, times seconds; both None over nothing.
    """

    volume: Volume = field(default_factory=Volume)
    final: int | None = 0
    latency: Mapping[int, int] | None = None

    def __add__(self, other: "Kpis") -> "Kpis":
        return Kpis.total((self, other))

    @classmethod
    def total(cls, every: Sequence["Kpis"]) -> "Kpis":
        """Return the sum of all; of none, zeros. What one of them has not counted, the sum has not either."""
        final = [kpis.final for kpis in every if kpis.final is not None]
        latency = [kpis.latency for kpis in every if kpis.latency is not None]
        return cls(
            Volume.total(kpis.volume for kpis in every),
            sum(final) if len(final) == len(every) else None,
            _together(latency) if len(latency) == len(every) else None,
        )

    @property
    def delivery_rate(self) -> float | None:
        return rate(self.volume.delivered, self.volume.messages)

    @property
    def delivery_interval(self) -> tuple[float, float] | None:
        """Wilson's 95% interval of the delivery rate."""
        return wilson(self.volume.delivered, self.volume.messages)

    @property
    def of_final(self) -> float | None:
        """Delivered of what is delivered or failed."""
        return rate(self.volume.delivered, self.volume.delivered + self.volume.failed)

    @property
    def failed_rate(self) -> float | None:
        return rate(self.volume.failed, self.volume.messages)

    @property
    def pending_rate(self) -> float | None:
        return rate(self.volume.pending, self.volume.messages)

    @property
    def unknown_rate(self) -> float | None:
        return rate(self.volume.unknown, self.volume.messages)

    @property
    def maturity(self) -> float | None:
        """Share of messages with a final state."""
        return None if self.final is None else rate(self.final, self.volume.messages)

    @property
    def parts_per_message(self) -> float | None:
        return rate(self.volume.parts, self.volume.messages)

    @property
    def median(self) -> float | None:
        return self.percentile(0.5)

    @property
    def p95(self) -> float | None:
        return self.percentile(0.95)

    def percentile(self, q: float) -> float | None:
        """Return a percentile of the time to delivery in seconds, at most 2% and the source's second off."""
        return percentile(self.latency or {}, q)


def _together(every: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Return the messages of each bucket that has any."""
    found: dict[int, int] = {}
    for latency in every:
        for bucket, messages in latency.items():
            found[bucket] = found.get(bucket, 0) + messages
    return {bucket: messages for bucket, messages in found.items() if messages > 0}


@dataclass(frozen=True, slots=True)
class Changes:
    """From the period before to this one: counts and times as a share of before (0.08 = 8% more), rates in points.

    A rate's change is a difference of shares (0.0031 = 0.31 points). None where either side is nothing.
    """

    messages: float | None
    parts: float | None
    delivered: float | None
    failed: float | None
    pending: float | None
    unknown: float | None
    delivery_rate: float | None
    failed_rate: float | None
    pending_rate: float | None
    unknown_rate: float | None
    median: float | None
    p95: float | None


def changes(now: Kpis, before: Kpis) -> Changes:
    """Compare two periods."""
    counts = ("messages", "parts", "delivered", "failed", "pending", "unknown")
    rates = ("delivery_rate", "failed_rate", "pending_rate", "unknown_rate")
    return Changes(
        **{name: _growth(getattr(now.volume, name), getattr(before.volume, name)) for name in counts},
        **{name: _points(getattr(now, name), getattr(before, name)) for name in rates},
        **{name: _growth(getattr(now, name), getattr(before, name)) for name in ("median", "p95")},
    )


def _growth(now: float | None, before: float | None) -> float | None:
    return None if now is None or not before else now / before - 1


def _points(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else now - before

"""Figures of an A/B test: what is counted by variant, and what a verdict consists of. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from campaigns.statistics import StratifiedDifference, rate

SURE = 0.05  # p-value, adjusted for the number of pairs

Place = tuple[str, str]  # country, operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Messages of a variant, in all or in one place.

    `aged` are at least `within` seconds old, `in_time` are those of them that were delivered within so many seconds.
    """

    messages: int = 0
    delivered: int = 0
    aged: int = 0
    in_time: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            messages=self.messages + other.messages,
            delivered=self.delivered + other.delivered,
            aged=self.aged + other.aged,
            in_time=self.in_time + other.in_time,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One variant: its counts by place, and the time of its first and last message (None: no longer stored)."""

    name: str
    places: Mapping[Place, Counts]
    first: datetime | None
    last: datetime | None
    is_mature: bool

    @property
    def counts(self) -> Counts:
        return sum(self.places.values(), Counts())


class Metric(StrEnum):
    """The rate that variants are compared by."""

    DELIVERED = "delivered"
    WITHIN = "within"


class Outcome(StrEnum):
    """Kind of conclusion."""

    NONE = "none"  # no variant has messages
    ONE = "one"  # nothing to compare with
    FEW = "few"  # not enough messages yet
    SPLIT = "split"  # the split is not the planned one: no conclusion is valid
    MIXED = "mixed"  # a difference that the mix of countries and operators may explain
    WINNER = "winner"  # one variant is surely above every other one
    BEHIND = "behind"  # some variant is surely below the best one, but not all
    OPEN = "open"  # no sure difference


@dataclass(frozen=True, slots=True)
class Rate:
    """A variant's rate: `d` of the `n` that count of all its messages, with Wilson's interval (None over nothing)."""

    name: str
    messages: int
    d: int
    n: int
    interval: tuple[float, float] | None

    @property
    def share(self) -> float | None:
        return rate(self.d, self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The better of two variants against the other: the difference, its interval, and how sure it is.

    `p_value` is adjusted for all pairs. The chances and losses are None while reports are late. `least_found` is the
    difference that so many messages would find (80% power, one look).
    """

    better: str
    other: str
    messages: int
    difference: float
    low: float
    high: float
    p_value: float
    is_exact: bool = False
    win: float | None = None
    loss: float | None = None
    loss_of_other: float | None = None
    least_found: float | None = None
    stratified: StratifiedDifference | None = None

    @property
    def is_sure(self) -> bool:
        return self.p_value < SURE and self.low > 0

    @property
    def is_of_the_mix(self) -> bool:
        """Return whether the sure difference is none within the same countries and operators."""
        return self.is_sure and self.stratified is not None and self.stratified.low <= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guards:
    """Limits of the verdict. `split_p` is None where no split is planned or it cannot be judged yet."""

    few: tuple[str, ...] = ()
    split_p: float | None = None
    is_split_wrong: bool = False
    starts: tuple[tuple[str, datetime], ...] = ()  # if they are apart
    mix_p: float | None = None
    is_mix_other: bool = False
    pairs: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome with its figures. `pairs` are all pairs, those of the best variant first, nearest first.

    With `is_running` the rates are of messages at least `within` seconds old, and the intervals always-valid.
    """

    outcome: Outcome
    metric: Metric
    within: int
    is_running: bool
    rates: tuple[Rate, ...] = ()
    pairs: tuple[Pair, ...] = ()
    guards: Guards = field(default_factory=Guards)

    @property
    def best(self) -> str:
        return self.pairs[0].better if self.pairs else ""

    @property
    def of_best(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.better == self.best)

    @property
    def messages(self) -> int:
        """The messages that the comparison rests on."""
        names = {name for pair in self.pairs for name in (pair.better, pair.other)}
        return sum(found.n for found in self.rates if found.name in names)

"""Figures of an A/B test: what is counted by variant, and what a verdict consists of. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from campaigns.statistics import StratifiedDifference, Sums, rate

SURE = 0.05  # p-value, adjusted for the number of pairs
LEAST_EVENTS = 20  # recipients with an event of two variants together, before their revenue is compared

Place = tuple[str, str]  # country, operator

_NOTHING = Sums()


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
class Recipients:
    """Recipients that a variant addressed, in all or in one place, and what they did.

    `converted` have an event. `aged` are those whose messages are all at least the window old, `in_window` those of
    them that have an event within the window after its message was sent. The revenue is that of each recipient, in
    millionths of a currency's unit: of all addressed, and of the aged ones within the window.
    """

    addressed: int = 0
    converted: int = 0
    aged: int = 0
    in_window: int = 0
    revenue: Sums = _NOTHING
    aged_revenue: Sums = _NOTHING

    def __add__(self, other: "Recipients") -> "Recipients":
        return Recipients(
            addressed=self.addressed + other.addressed,
            converted=self.converted + other.converted,
            aged=self.aged + other.aged,
            in_window=self.in_window + other.in_window,
            revenue=self.revenue + other.revenue,
            aged_revenue=self.aged_revenue + other.aged_revenue,
        )


class Metric(StrEnum):
    """The figure that variants are compared by."""

    DELIVERED = "delivered"
    WITHIN = "within"
    CONVERTED = "converted"
    REVENUE = "revenue"

    @property
    def is_of_recipients(self) -> bool:
        """Return whether it is of recipients and their events, not of messages."""
        return self in (Metric.CONVERTED, Metric.REVENUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One variant: its counts by place, and the time of its first and last message (None: no longer stored).

    `is_mature` is of its messages, `is_over` of its recipients' windows: no event is expected any more.
    """

    name: str
    places: Mapping[Place, Counts]
    first: datetime | None
    last: datetime | None
    is_mature: bool
    recipients: Mapping[Place, Recipients] = field(default_factory=dict)
    is_over: bool = False

    @property
    def counts(self) -> Counts:
        """Return the messages in all."""
        return sum(self.places.values(), Counts())

    @property
    def people(self) -> Recipients:
        """Return the recipients in all."""
        return sum(self.recipients.values(), Recipients())

    def places_of(self, metric: Metric) -> Collection[Place]:
        """Return the places that the metric's messages or recipients are in."""
        return (self.recipients if metric.is_of_recipients else self.places).keys()

    def tally(self, metric: Metric, is_running: bool, place: Place | None = None) -> "Tally":
        """Return what the metric counts of the variant, in all or in one place."""
        if metric.is_of_recipients:
            people = self.people if place is None else self.recipients.get(place, Recipients())
            if is_running:
                return Tally(people.in_window, people.aged, people.aged_revenue)
            return Tally(people.converted, people.addressed, people.revenue)
        counts = self.counts if place is None else self.places.get(place, Counts())
        if is_running:
            return Tally(counts.in_time, counts.aged)
        return Tally(counts.delivered if metric is Metric.DELIVERED else counts.in_time, counts.messages)


@dataclass(frozen=True, slots=True)
class Tally:
    """The `d` of `n` messages or recipients that count, and the revenue of the `n`, in millionths."""

    d: int
    n: int
    revenue: Sums = _NOTHING

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.d + other.d, self.n + other.n, self.revenue + other.revenue)


class Outcome(StrEnum):
    """Kind of conclusion."""

    NONE = "none"  # no variant has messages
    ONE = "one"  # nothing to compare with
    FEW = "few"  # not enough messages, recipients or events yet
    NO_EVENTS = "no_events"  # no conversion event, or none with a value of one currency
    SPLIT = "split"  # the split is not the planned one: no conclusion is valid
    MIXED = "mixed"  # a difference that the mix of countries and operators may explain
    WINNER = "winner"  # one variant is surely above every other one
    BEHIND = "behind"  # some variant is surely below the best one, but not all
    OPEN = "open"  # no sure difference


@dataclass(frozen=True, slots=True)
class Rate:
    """A variant's rate: `d` of the `n` that count, with Wilson's interval (None over nothing).

    `messages` are all of the variant's. Of revenue, `mean` is that of the `n`, in units of the currency, with Student's
    interval.
    """

    name: str
    messages: int
    d: int
    n: int
    interval: tuple[float, float] | None
    mean: float | None = None
    mean_interval: tuple[float, float] | None = None

    @property
    def share(self) -> float | None:
        return rate(self.d, self.n)

    @property
    def compared(self) -> float:
        """Return the figure by which variants are ordered."""
        return (self.share if self.mean is None else self.mean) or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The better of two variants against the other: the difference, its interval, and how sure it is.

    Differences and losses are shares, of revenue amounts in units of the currency. `messages` are the messages or
    recipients counted of both. `p_value` is adjusted for all pairs. The chances and losses are None while late reports
    or events are expected. `least_found` is the difference that so many would find (80% power, one look).

    Where the variants' countries or operators differ, `stratified` is the difference within the same ones, and with
    `is_apart` there is none: too few of both are in the same ones, or the test runs. With `is_few` revenue rests on too
    few recipients with an event.
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
    is_apart: bool = False
    is_few: bool = False

    @property
    def is_sure(self) -> bool:
        return self.p_value < SURE and self.low > 0 and not self.is_few

    @property
    def is_of_the_mix(self) -> bool:
        """Return whether the sure difference is not known to be one within the same countries and operators, too."""
        return self.is_sure and (self.is_apart or (self.stratified is not None and self.stratified.low <= 0))


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

    With `is_running` the rates are of messages at least `within` seconds old, or of recipients whose messages are at
    least `window` seconds old, and the intervals are always-valid. `currency` is that of compared revenue, else empty.
    """

    outcome: Outcome
    metric: Metric
    within: int
    is_running: bool
    rates: tuple[Rate, ...] = ()
    pairs: tuple[Pair, ...] = ()
    guards: Guards = field(default_factory=Guards)
    window: int = 0
    currency: str = ""

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

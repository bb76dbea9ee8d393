"""Verdict on a period: its volume, its delivery against the usual, and one thing to look at. Pure, from its figures.

The usual is the comparison period. A difference is stated only if chance does not explain it, and only if both periods
have enough messages; late delivery reports and a day that has not ended raise no alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from campaigns.statistics import enough, rate, two_proportions, wilson
from reports.figures.failures import FailureRow
from reports.figures.kpis import Kpis
from reports.overview.highlight_selectors import Highlights
from reports.overview.highlights import SURE, SlowDay, WorseCountry

SAME_VOLUME = 0.01  # of the usual one; a smaller change is none
DIFFERENT_POINTS = 0.005  # of the delivery rate, the least that is stated
OVERDUE = 0.01  # share of messages without a report in time that is stated
MANY_FAILED = 0.10  # share of failed messages that is stated without anything to compare with


class Against(StrEnum):
    """Comparison of a figure with the usual."""

    MORE = "more"
    LESS = "less"
    LESS_SO_FAR = "less so far"
    SAME = "same"
    UNKNOWN = ""  # nothing usual, or too few messages


class Quiet(StrEnum):
    """Reason for having nothing to look at."""

    WELL = "well"
    WELL_SO_FAR = "well so far"  # late reports are still expected
    FEW = "few"  # too few messages to judge


@dataclass(frozen=True, slots=True)
class Overdue:
    """Messages without a final report although the waiting time is over."""

    messages: int


Look = WorseCountry | FailureRow | Overdue | SlowDay | Quiet


@dataclass(frozen=True, slots=True)
class Verdict:
    """Findings about a period.

    `growth` and `difference` are the changes of the messages and of `delivery_rate`. With `is_of_results` that rate
    is of the delivered and failed messages alone, because others may still be delivered; it is None if there are none.
    `look` is None where the period was not looked through.
    """

    messages: int
    volume: Against
    growth: float | None
    delivery_rate: float | None
    delivery: Against
    difference: float | None
    is_of_results: bool
    look: Look | None


def verdict(
    kpis: Kpis,
    before: Kpis | None,
    *,
    days: int,
    is_running: bool,
    is_provisional: bool,
    overdue: int,
    highlights: Highlights,
    failures: Sequence[FailureRow],
    is_looked_through: bool,
) -> Verdict:
    """Return the verdict on a period of `days` days; `before` is the comparison period (None: not compared).

    `overdue` are the messages without a report in time, `failures` the causes, the most frequent first. The highlights
    of a period that is too long are incomplete: it is not `is_looked_through`.
    """
    volume, growth = _volume(kpis, before, days=days, is_running=is_running)
    delivered, of = _delivered(kpis, is_provisional)
    delivery, difference = _delivery((delivered, of), before, is_provisional)
    look = _look(kpis, before, delivery, overdue=overdue, highlights=highlights, failures=failures)
    if look is None and not enough(kpis.volume.messages):
        look = Quiet.FEW
    elif look is None and is_looked_through:
        look = Quiet.WELL_SO_FAR if is_provisional or is_running else Quiet.WELL
    return Verdict(
        messages=kpis.volume.messages,
        volume=volume,
        growth=growth,
        delivery_rate=rate(delivered, of),
        delivery=delivery,
        difference=difference,
        is_of_results=is_provisional,
        look=look,
    )


def _volume(kpis: Kpis, before: Kpis | None, *, days: int, is_running: bool) -> tuple[Against, float | None]:
    now, usual = kpis.volume.messages, before.volume.messages if before else 0
    if not (enough(now) and enough(usual)):
        return Against.UNKNOWN, None
    growth = now / usual - 1
    if abs(growth) < SAME_VOLUME:
        return Against.SAME, growth
    if is_running and -1 / days <= growth < 0:  # what today still lacks explains it
        return Against.UNKNOWN, None
    less = Against.LESS_SO_FAR if is_running else Against.LESS
    return (Against.MORE if growth > 0 else less), growth


def _delivered(kpis: Kpis, is_provisional: bool) -> tuple[int, int]:
    """Return the delivered messages and what they are a part of."""
    volume = kpis.volume
    return volume.delivered, volume.delivered + volume.failed if is_provisional else volume.messages


def _delivery(now: tuple[int, int], before: Kpis | None, is_provisional: bool) -> tuple[Against, float | None]:
    usual = _delivered(before, is_provisional) if before else (0, 0)
    if not (enough(now[1]) and enough(usual[1])):
        return Against.UNKNOWN, None
    found = two_proportions(*now, *usual)
    if abs(found.difference) < DIFFERENT_POINTS or found.p_value >= SURE:
        return Against.SAME, found.difference
    return (Against.MORE if found.difference > 0 else Against.LESS), found.difference


def _look(
    kpis: Kpis,
    before: Kpis | None,
    delivery: Against,
    *,
    overdue: int,
    highlights: Highlights,
    failures: Sequence[FailureRow],
) -> Look | None:
    """Return the most important thing to look at, None if nothing stands out."""
    failed, results = kpis.volume.failed, kpis.volume.delivered + kpis.volume.failed
    causes = [row for row in failures if row.status != "unknown"]
    if highlights.worse_countries:
        return highlights.worse_countries[0]
    if causes and before and delivery is Against.LESS and _more_failed(kpis, before):
        return causes[0]
    if enough(overdue) and overdue >= OVERDUE * kpis.volume.messages:
        return Overdue(overdue)
    if highlights.slow_days:
        return highlights.slow_days[0]
    if enough(results) and wilson(failed, results)[0] >= MANY_FAILED and causes:
        return causes[0]
    return None


def _more_failed(now: Kpis, before: Kpis) -> bool:
    """Return whether surely more of the delivered and failed messages failed than before."""
    (delivered, of), (delivered_before, of_before) = _delivered(now, True), _delivered(before, True)
    found = two_proportions(of - delivered, of, of_before - delivered_before, of_before)
    return found is not None and found.difference > 0 and found.p_value < SURE

"""Rules for the highlights of a period, explained on the page: pure, from counts only.

They find three things: an operator's slow day, a country where more messages fail since a day, and a variant of a
campaign that is delivered better. The two comparisons of shares are corrected for the number of comparisons
(Bonferroni), so that chance alone seldom shows anything.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from campaigns.statistics import enough, rate, two_proportions

SLOW_FACTOR, SLOW_SECONDS, SLOW_MESSAGES = 5, 30, 20
WORSE_POINTS = 0.03
SURE = 0.001  # p-value, after the correction
SHOWN = 3  # of each kind


@dataclass(frozen=True, slots=True)
class SlowDay:
    """A day on which half of an operator's messages took `median` seconds or more, in the whole period `usual`."""

    country: str
    operator: str
    day: date
    median: float
    usual: float
    delivered: int
    is_masked: bool = False  # a number in the operator's name is hidden, by which nothing is found then


@dataclass(frozen=True, slots=True)
class WorseCountry:
    """A country where the share `now` of the delivered or failed ones failed from `since` on, `before` earlier."""

    country: str
    since: date
    now: float
    before: float
    failed: int
    p_value: float


@dataclass(frozen=True, slots=True)
class Winner:
    """A campaign's variant whose delivery rate is surely above every other one's.

    `difference` is that to the nearest other, `low` and `high` its 95% interval, `others` the rates of all others.
    With `is_masked` a number in the campaign's name is hidden, by which nothing is found then.
    """

    campaign: str
    variant: str
    best: float
    others: tuple[tuple[str, float], ...]
    difference: float
    low: float
    high: float
    is_masked: bool = False


def slow_days(
    medians: Iterable[tuple[str, str, date, float, int]], usual: Mapping[tuple[str, str], float]
) -> list[SlowDay]:
    """Return the slowest days by how many times the operator's usual median they are.

    `medians` is country, operator, day, the day's median in seconds and the messages delivered; `usual` is the median
    of the period by country and operator. A day counts from SLOW_MESSAGES on, with a median of SLOW_SECONDS and of
    SLOW_FACTOR times the usual one.
    """
    found = []
    for country, operator, day, median, delivered in medians:
        typical = max(usual.get((country, operator), math.inf), 1.0)
        if delivered >= SLOW_MESSAGES and median >= SLOW_SECONDS and median >= SLOW_FACTOR * typical:
            found.append(SlowDay(country, operator, day, median, typical, delivered))
    return sorted(found, key=lambda slow: (-slow.median / slow.usual, slow.country, slow.operator, slow.day))[:SHOWN]


def worse_countries(days: Mapping[str, Sequence[tuple[date, int, int]]]) -> list[WorseCountry]:
    """Return the countries where failing became surely more frequent on some day, the surest first.

    `days` is by country the days in order with the messages delivered and failed. Each country is parted at the day
    where before and after differ the most; both parts have 30 messages or more, and the later one WORSE_POINTS more.
    """
    tried, found = 0, []
    for country, rows in days.items():
        splits = list(_splits(rows))
        tried += len(splits)
        if splits:
            found.append((country, max(splits, key=lambda split: split[0])[1:]))
    result = []
    for country, (since, failed, of, failed_before, of_before) in found:
        comparison = two_proportions(failed, of, failed_before, of_before)
        p_value = min(1.0, comparison.p_value * tried)
        if comparison.difference >= WORSE_POINTS and p_value < SURE:
            shares = rate(failed, of), rate(failed_before, of_before)
            result.append(WorseCountry(country, since, *shares, failed, p_value))
    return sorted(result, key=lambda worse: (worse.p_value, worse.country))[:SHOWN]


def winners(variants: Mapping[str, Mapping[str, tuple[int, int]]]) -> list[Winner]:
    """Return the campaigns with a variant that is surely delivered better than each other one, the clearest first.

    `variants` is by campaign and variant the messages delivered and all; variants of fewer than 30 are left out.
    Whether the split was the planned one is not known here.
    """
    compared = {
        campaign: {name: counts for name, counts in of.items() if name and enough(counts[1])}
        for campaign, of in variants.items()
    }
    tried = sum(len(of) * (len(of) - 1) // 2 for of in compared.values())
    found = []
    for campaign, of in compared.items():
        best, *others = sorted(of, key=lambda name: (-of[name][0] / of[name][1], name)) or [""]
        comparisons = [two_proportions(*of[best], *of[other]) for other in others]
        if comparisons and all(comparison.p_value * tried < SURE for comparison in comparisons):
            nearest = comparisons[0]
            rates = tuple((name, rate(*of[name])) for name in others)
            found.append(Winner(campaign, best, rate(*of[best]), rates, nearest.difference, nearest.low, nearest.high))
    return sorted(found, key=lambda winner: (-winner.difference, winner.campaign))[:SHOWN]


def _splits(rows: Sequence[tuple[date, int, int]]) -> Iterable[tuple[float, date, int, int, int, int]]:
    """Yield z, the later part's first day, failed and all of the later part, of the earlier one."""
    of = sum(delivered + failed for _day, delivered, failed in rows)
    all_failed = sum(failed for _day, _delivered, failed in rows)
    before = failed_before = 0
    for (_day, delivered, failed), (since, _delivered, _failed) in pairwise(rows):
        before, failed_before = before + delivered + failed, failed_before + failed
        after, failed_after = of - before, all_failed - failed_before
        if not (enough(before) and enough(after)):
            continue
        share = all_failed / of
        deviation = math.sqrt(share * (1 - share) * (1 / before + 1 / after))
        z = (failed_after / after - failed_before / before) / deviation if deviation else 0.0
        yield z, since, failed_after, after, failed_before, before

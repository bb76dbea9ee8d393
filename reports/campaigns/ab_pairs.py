"""Pairs of an A/B test's variants: rates or means, their differences, and what is known about them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from campaigns.statistics import (
    AlwaysValid,
    StratifiedDifference,
    Stratum,
    always_valid,
    always_valid_means,
    enough,
    expected_loss,
    holm,
    mean_detectable_difference,
    mean_expected_loss,
    mean_interval,
    mean_win_probability,
    minimal_detectable_difference,
    stratified_difference,
    stratified_means,
    two_proportions,
    welch,
    wilson,
    win_probability,
)
from reports.campaigns.ab_figures import LEAST_EVENTS, Metric, Pair, Rate, Tally, Variant
from reports.pricing.money import MICRO


def rate_of(variant: Variant, tally: Tally, metric: Metric, currency: str) -> Rate:
    """Return the variant's rate, of revenue in one currency with the mean of a recipient."""
    found = Rate(variant.name, variant.counts.messages, tally.d, tally.n, wilson(tally.d, tally.n))
    if metric is not Metric.REVENUE or not currency or not tally.n:
        return found
    interval = mean_interval(tally.revenue)
    return replace(
        found,
        mean=tally.revenue.mean / MICRO,
        mean_interval=interval and (interval[0] / MICRO, interval[1] / MICRO),
    )


def all_pairs(rates: Sequence[Rate], tallies: Mapping[str, Tally], metric: Metric, is_running: bool) -> list[Pair]:
    """Return the pairs of these variants, those of the best one first, with p-values adjusted for all of them.

    Of revenue, pairs in which no recipient's revenue differs from another's are left out.
    """
    ordered = sorted(rates, key=lambda found: -found.compared)  # stable: equal ones stay in their order
    compare = _of_means if metric is Metric.REVENUE else _of_rates
    found = [
        compare(better.name, other.name, tallies[better.name], tallies[other.name], is_running)
        for better, other in combinations(ordered, 2)
    ]
    pairs = [pair for pair in found if pair is not None]
    adjusted = holm([pair.p_value for pair in pairs])
    return [replace(pair, p_value=p_value) for pair, p_value in zip(pairs, adjusted, strict=True)]


def with_strata(pair: Pair, variants: Mapping[str, Variant], metric: Metric) -> Pair:
    """Return the pair with its difference within the same countries and operators, or as apart if too few are there."""
    better, other = variants[pair.better], variants[pair.other]
    places = {*better.places_of(metric), *other.places_of(metric)}
    tallies = [(better.tally(metric, False, place), other.tally(metric, False, place)) for place in sorted(places)]
    strata = [(one, two) for one, two in tallies if one.n and two.n]
    if not enough(min(sum(one.n for one, _two in strata), sum(two.n for _one, two in strata))):
        return replace(pair, is_apart=True)
    if metric is Metric.REVENUE:
        found = stratified_means([(one.revenue, two.revenue) for one, two in strata])
        return replace(pair, stratified=found and _in_units(found), is_apart=found is None)
    return replace(pair, stratified=stratified_difference([Stratum(one.d, one.n, two.d, two.n) for one, two in strata]))


def _of_rates(better: str, other: str, one: Tally, two: Tally, is_running: bool) -> Pair:
    table = (one.d, one.n, two.d, two.n)
    found = always_valid(*table) if is_running else two_proportions(*table)
    assert found is not None  # both have messages
    pair = Pair(
        better=better,
        other=other,
        messages=one.n + two.n,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        least_found=minimal_detectable_difference(one.n, two.n, (one.d + two.d) / (one.n + two.n)),
    )
    if isinstance(found, AlwaysValid):
        return pair
    return replace(
        pair,
        is_exact=found.exact,
        win=win_probability(*table),
        loss=expected_loss(*table),
        loss_of_other=expected_loss(two.d, two.n, one.d, one.n),
    )


def _of_means(better: str, other: str, one: Tally, two: Tally, is_running: bool) -> Pair | None:
    first, second = one.revenue, two.revenue
    found = always_valid_means(first, second) if is_running else welch(first, second)
    if found is None:
        return None
    least = mean_detectable_difference(first, second)
    pair = Pair(
        better=better,
        other=other,
        messages=one.n + two.n,
        difference=found.difference / MICRO,
        low=found.low / MICRO,
        high=found.high / MICRO,
        p_value=found.p_value,
        least_found=least and least / MICRO,
        is_few=one.d + two.d < LEAST_EVENTS,
    )
    if isinstance(found, AlwaysValid):
        return pair
    return replace(
        pair,
        win=mean_win_probability(first, second),
        loss=mean_expected_loss(first, second) / MICRO,
        loss_of_other=mean_expected_loss(second, first) / MICRO,
    )


def _in_units(found: StratifiedDifference) -> StratifiedDifference:
    return StratifiedDifference(
        difference=found.difference / MICRO,
        low=found.low / MICRO,
        high=found.high / MICRO,
        error=found.error / MICRO,
    )

"""Verdict on an A/B test: what its figures allow to say, and why not more. Pure, from counts by variant.

While late reports may still change the rates, a later variant looks worse because it is pending. Until then the rate is
that of the messages at least `within` seconds old that were delivered within so many seconds, and only the always-valid
interval is used, because people look again and again. After that, the tests for one look apply (docs/statistics.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

from campaigns.statistics import (
    MATURE,
    SAMPLE_RATIO_ALARM,
    AlwaysValid,
    Stratum,
    always_valid,
    enough,
    expected_loss,
    holm,
    homogeneity_p,
    minimal_detectable_difference,
    sample_ratio_p,
    sequential_sample_ratio_p,
    stratified_difference,
    two_proportions,
    wilson,
    win_probability,
)
from reports.campaigns.ab_figures import Counts, Guards, Metric, Outcome, Pair, Rate, Variant, Verdict

APART = timedelta(hours=1)  # starts further from each other are noted
QUIET = timedelta(hours=24)  # without a new message, sending is taken to be over
OTHER_MIX = 0.001  # p-value under which the variants' countries or operators differ


def is_mature(*, last: datetime | None, final: int, messages: int, now: datetime, grace: timedelta) -> bool:
    """Return whether late reports will hardly change a variant's rates.

    That is: the grace after its last message is over, or nearly all are final and sending seems to be over.
    """
    if last is None or now >= last + grace:
        return True
    return now >= last + QUIET and final >= MATURE * messages


def verdict(
    variants: Sequence[Variant],
    *,
    metric: Metric = Metric.DELIVERED,
    within: int = 60,
    planned: Sequence[float] | None = None,
) -> Verdict:
    """Return the verdict on variants in their order; `planned` are the weights of the split, in the same order.

    Raises ValueError if the planned split has not one positive weight for each variant.
    """
    if planned is not None and len(planned) != len(variants):
        raise ValueError(f"a planned split of {len(planned)} weights for {len(variants)} variants")
    is_running = any(not variant.is_mature for variant in variants)
    by_name = {variant.name: variant for variant in variants}
    rates = [_rate(variant.name, variant.counts, metric, is_running) for variant in variants]
    compared = [found for found in rates if enough(found.n)]
    pairs = _pairs(compared, is_running)
    mix_p = homogeneity_p(_mix([by_name[found.name] for found in compared]))
    is_mix_other = mix_p is not None and mix_p < OTHER_MIX
    if is_mix_other and not is_running:
        pairs = [_with_strata(pair, by_name, metric) for pair in pairs]
    starts = _starts(variants)
    split_p = _split_p(variants, planned, is_running, bool(starts))
    guards = Guards(
        few=tuple(found.name for found in rates if not enough(found.n)),
        split_p=split_p,
        is_split_wrong=split_p is not None and split_p < SAMPLE_RATIO_ALARM,
        starts=starts,
        mix_p=mix_p,
        is_mix_other=is_mix_other,
        pairs=len(pairs),
    )
    return Verdict(
        outcome=_outcome(rates, pairs, guards),
        metric=metric,
        within=within,
        is_running=is_running,
        rates=tuple(rates),
        pairs=tuple(pairs),
        guards=guards,
    )


def _outcome(rates: Sequence[Rate], pairs: Sequence[Pair], guards: Guards) -> Outcome:
    if not rates:
        return Outcome.NONE
    if len(rates) == 1:
        return Outcome.ONE
    if guards.is_split_wrong:
        return Outcome.SPLIT
    if not pairs:
        return Outcome.FEW
    of_best = [pair for pair in pairs if pair.better == pairs[0].better]
    if not any(pair.is_sure for pair in of_best):
        return Outcome.OPEN
    if any(pair.is_of_the_mix for pair in of_best):
        return Outcome.MIXED
    return Outcome.WINNER if all(pair.is_sure for pair in of_best) else Outcome.BEHIND


def counted(counts: Counts, metric: Metric, is_running: bool) -> tuple[int, int]:
    """Return how many messages count as reached, and of how many."""
    if is_running:
        return counts.in_time, counts.aged
    return (counts.delivered if metric is Metric.DELIVERED else counts.in_time), counts.messages


def _rate(name: str, counts: Counts, metric: Metric, is_running: bool) -> Rate:
    d, n = counted(counts, metric, is_running)
    return Rate(name, counts.messages, d, n, wilson(d, n))


def _pairs(rates: Sequence[Rate], is_running: bool) -> list[Pair]:
    ordered = sorted(rates, key=lambda found: -(found.share or 0))  # stable: equal ones stay in their order
    pairs = [_pair(better, other, is_running) for better, other in combinations(ordered, 2)]
    adjusted = holm([pair.p_value for pair in pairs])
    return [replace(pair, p_value=p_value) for pair, p_value in zip(pairs, adjusted, strict=True)]


def _pair(better: Rate, other: Rate, is_running: bool) -> Pair:
    table = (better.d, better.n, other.d, other.n)
    found = always_valid(*table) if is_running else two_proportions(*table)
    assert found is not None  # both have messages
    pair = Pair(
        better=better.name,
        other=other.name,
        messages=better.n + other.n,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        least_found=minimal_detectable_difference(better.n, other.n, (better.d + other.d) / (better.n + other.n)),
    )
    if isinstance(found, AlwaysValid):
        return pair
    return replace(
        pair,
        is_exact=found.exact,
        win=win_probability(*table),
        loss=expected_loss(*table),
        loss_of_other=expected_loss(other.d, other.n, better.d, better.n),
    )


def _with_strata(pair: Pair, variants: Mapping[str, Variant], metric: Metric) -> Pair:
    better, other = variants[pair.better].places, variants[pair.other].places
    nothing = Counts()
    strata = [
        Stratum(*counted(better.get(place, nothing), metric, False), *counted(other.get(place, nothing), metric, False))
        for place in sorted({*better, *other})
    ]
    return replace(pair, stratified=stratified_difference(strata))


def _mix(variants: Sequence[Variant]) -> list[list[int]]:
    places = sorted({place for variant in variants for place in variant.places})
    return [[variant.places.get(place, Counts()).messages for place in places] for variant in variants]


def _starts(variants: Sequence[Variant]) -> tuple[tuple[str, datetime], ...]:
    """Return when each variant was first sent, if they are apart."""
    starts = [(variant.name, variant.first) for variant in variants if variant.first is not None]
    times = [first for _name, first in starts]
    return tuple(starts) if times and max(times) - min(times) > APART else ()


def _split_p(
    variants: Sequence[Variant], planned: Sequence[float] | None, is_running: bool, is_apart: bool
) -> float | None:
    """Return the p-value of the split. While one variant is sent after the other, the split cannot be judged yet."""
    if planned is None or len(variants) < 2 or (is_running and is_apart):
        return None
    counts = [variant.counts.messages for variant in variants]
    return sequential_sample_ratio_p(counts, planned) if is_running else sample_ratio_p(counts, planned)

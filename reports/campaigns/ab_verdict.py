"""Verdict on an A/B test: what its figures allow to say, and why not more. Pure, from counts by variant.

While late reports may still change the rates, a later variant looks worse because it is pending. Until then the rate is
that of the messages at least `within` seconds old that were delivered within so many seconds, and only the always-valid
interval is used, because people look again and again. After that, the tests for one look apply (docs/statistics.md).
Of conversions and revenue it is the same, with recipients for messages and the window of events for the seconds.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from campaigns.statistics import (
    MATURE,
    SAMPLE_RATIO_ALARM,
    enough,
    homogeneity_p,
    sample_ratio_p,
    sequential_sample_ratio_p,
)
from reports.campaigns.ab_figures import Counts, Guards, Metric, Outcome, Pair, Rate, Variant, Verdict
from reports.campaigns.ab_pairs import all_pairs, rate_of, with_strata

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
    window: int = 0,
    currency: str = "",
    planned: Sequence[float] | None = None,
) -> Verdict:
    """Return the verdict on variants in their order; `planned` are the weights of the split, in the same order.

    `window` is the longest window of events in seconds, `currency` that of the revenue. Raises ValueError if the
    planned split has not one positive weight for each variant.
    """
    if planned is not None and len(planned) != len(variants):
        raise ValueError(f"a planned split of {len(planned)} weights for {len(variants)} variants")
    is_running = is_test_running(variants, metric)
    by_name = {variant.name: variant for variant in variants}
    tallies = {variant.name: variant.tally(metric, is_running) for variant in variants}
    rates = [rate_of(variant, tallies[variant.name], metric, currency) for variant in variants]
    compared = [found for found in rates if enough(found.n)]
    pairs = all_pairs(compared, tallies, metric, is_running)
    mix_p = homogeneity_p(_mix([variant for variant in variants if enough(variant.counts.messages)]))
    is_mix_other = mix_p is not None and mix_p < OTHER_MIX
    if is_mix_other:
        # The difference within the same places is for one look.
        pairs = [replace(pair, is_apart=True) if is_running else with_strata(pair, by_name, metric) for pair in pairs]
    starts = _starts(variants)
    split_p = _split_p(variants, planned, any(not variant.is_mature for variant in variants), bool(starts))
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
        outcome=_outcome(rates, pairs, guards, metric, currency),
        metric=metric,
        within=within,
        is_running=is_running,
        rates=tuple(rates),
        pairs=tuple(pairs),
        guards=guards,
        window=window if metric.is_of_recipients else 0,
        currency=currency if metric is Metric.REVENUE else "",
    )


def is_test_running(variants: Sequence[Variant], metric: Metric) -> bool:
    """Return whether late reports, or of conversions late events, may still change the variants' figures."""
    return any(not (variant.is_over if metric.is_of_recipients else variant.is_mature) for variant in variants)


def _outcome(rates: Sequence[Rate], pairs: Sequence[Pair], guards: Guards, metric: Metric, currency: str) -> Outcome:
    if not rates:
        return Outcome.NONE
    if len(rates) == 1:
        return Outcome.ONE
    if guards.is_split_wrong:
        return Outcome.SPLIT
    if len(rates) - len(guards.few) < 2:
        return Outcome.FEW
    if metric.is_of_recipients and not any(one.d for one in rates):
        return Outcome.NO_EVENTS
    if not pairs or (metric is Metric.REVENUE and not currency):
        return Outcome.NO_EVENTS
    of_best = [pair for pair in pairs if pair.better == pairs[0].better]
    if not any(pair.is_sure for pair in of_best):
        return Outcome.FEW if all(pair.is_few for pair in of_best) else Outcome.OPEN
    if any(pair.is_of_the_mix for pair in of_best):
        return Outcome.MIXED
    return Outcome.WINNER if all(pair.is_sure for pair in of_best) else Outcome.BEHIND


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

"""Estimate of when a running campaign will be done: a range that the simulated end lies in, or nothing."""

import random

import pytest

from campaigns.latency import bucket_of
from reports.campaigns.live_estimate import Estimate, Sample, estimate


def samples(*rows: tuple[float, int, int]) -> list[Sample]:
    return [Sample(*row) for row in rows]


def test_steady_rate_gives_a_range_about_the_true_end():
    found = estimate(samples((0, 10_000, 9_000), (60, 10_000, 6_000)), {bucket_of(5): 4_000})

    assert found is not None
    assert found.low < 120 < found.high
    assert (found.low, found.high) == (pytest.approx(116, abs=1), pytest.approx(129, abs=1))


def test_slowest_messages_prolong_it():
    quick, slow = (
        estimate(samples((0, 1_000, 900), (60, 1_000, 300)), {bucket_of(seconds): 700}) for seconds in (2, 90)
    )

    assert quick is not None
    assert slow is not None
    assert slow.low == quick.low
    assert slow.high - quick.high == pytest.approx(88, abs=3)


def test_only_the_last_minutes_count():
    found = estimate(samples((0, 10_000, 10_000), (900, 10_000, 9_000), (960, 10_000, 6_000)), {})

    assert found == estimate(samples((900, 10_000, 9_000), (960, 10_000, 6_000)), {})


@pytest.mark.parametrize(("seconds", "low", "high"), [(3, 0, 10), (44, 40, 50), (130, 120, 180), (3_700, 3_600, 4_200)])
def test_people_read_a_rounded_range_that_holds_the_exact_one(seconds, low, high):
    found = Estimate(seconds, seconds)

    assert (found.shown_low, found.shown_high) == (low, high)


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("nothing yet", []),
        ("one look", [(0, 100, 90)]),
        ("two looks at once", [(0, 1_000, 900), (2, 1_000, 500)]),
        ("too few results", [(0, 100, 60), (60, 100, 45)]),
        ("done", [(0, 100, 90), (60, 100, 0)]),
        ("as many are added as end", [(0, 1_000, 500), (60, 2_000, 500)]),
        ("it falls by chance alone", [(0, 1_000, 500), (60, 2_000, 450)]),
        ("messages were moved away", [(0, 1_000, 900), (60, 900, 500)]),
        ("days away", [(0, 10**7, 10**7), (60, 10**7, 10**7 - 1_000)]),
        ("too wide a range", [(0, 10_000, 5_000), (60, 10_030, 4_978)]),
    ],
)
def test_nothing_is_said_where_it_cannot_be_told(name, rows):
    assert estimate(samples(*rows), {bucket_of(5): 10}) is None


@pytest.mark.parametrize("seed", range(5))
def test_end_of_a_simulated_campaign_lies_in_the_range(seed):
    """Messages leave a queue one after the other, each with a time to the phone of its own."""
    chance = random.Random(seed)
    ends = sorted(n / 50 + chance.lognormvariate(1.5, 0.6) for n in range(10_000))  # seconds

    wrong, asked = 0, 0
    for at in range(30, 190, 10):
        rows = [(t, 10_000, sum(end > t for end in ends)) for t in range(10, at + 1, 10)]
        found = estimate(samples(*rows), {bucket_of(8): 100})
        if found is not None:
            asked += 1
            wrong += not found.low <= ends[9_950] - at <= found.high

    assert asked > 10
    assert wrong <= asked / 10

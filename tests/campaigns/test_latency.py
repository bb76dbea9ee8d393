"""Latency buckets: their order, their error bound and what is read from them."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.latency import MAX_BUCKET, bucket_of, percentile, share_within, value_of

# A year and a month: beyond what the gateway's time window allows.
seconds = st.floats(min_value=0, max_value=400 * 86400)


@pytest.mark.parametrize(
    ("latency", "bucket"),
    [
        (-35, 0),
        (0, 0),
        (0.999, 0),
        (1, 1),
        (1.0001, 2),
        (1.04, 2),
        (1.05, 3),
        (2, 19),
        (60, 104),
        (3600, 206),
        (86400, 286),
        (400 * 86400, 435),
        (1e300, 600),
        (math.inf, 600),
    ],
)
def test_bucket_of_seconds(latency, bucket):
    assert bucket_of(latency) == bucket


def test_bucket_of_nan_is_refused():
    with pytest.raises(ValueError, match="not NaN"):
        bucket_of(math.nan)


def test_whole_seconds_up_to_25_have_buckets_of_their_own():
    assert len({bucket_of(s) for s in range(26)}) == 26
    assert [round(value_of(bucket_of(s))) for s in range(26)] == list(range(26))


@given(seconds, seconds)
def test_bucket_of_is_monotone(a, b):
    assert bucket_of(min(a, b)) <= bucket_of(max(a, b))


@given(st.floats(min_value=1, max_value=1e10))
def test_value_is_within_two_percent(latency):
    assert abs(value_of(bucket_of(latency)) - latency) <= 0.02 * latency * (1 + 1e-9)


@given(st.integers(min_value=0, max_value=MAX_BUCKET))
def test_value_lies_in_its_bucket(bucket):
    # Bucket 1 is 1 s alone of its range, for all below is in the zero bucket.
    assert bucket_of(value_of(bucket)) == (bucket if bucket != 1 else 0)


@pytest.mark.parametrize("bucket", [-1, MAX_BUCKET + 1])
def test_value_of_no_bucket_is_refused(bucket):
    with pytest.raises(ValueError, match="no latency bucket"):
        value_of(bucket)


@given(
    st.lists(seconds, min_size=1, max_size=60),
    st.sampled_from([0.0, 0.07, 0.5, 0.9, 0.95, 0.99, 1.0]),
)
def test_percentile_is_within_bound_of_the_sorted_list(latencies, q):
    counts = Counter(map(bucket_of, latencies))
    # nearest rank in whole numbers: ceil(q% of n)
    rank = max(1, -(-round(q * 100) * len(latencies) // 100))
    exact = sorted(latencies)[rank - 1]
    found = percentile(counts, q)
    if exact < 1:
        assert found == 0
    else:
        assert abs(found - exact) <= 0.02 * exact * (1 + 1e-9)


@given(st.lists(seconds), st.lists(seconds))
def test_added_counts_tell_the_same_as_counting_together(a, b):
    added = Counter(map(bucket_of, a)) + Counter(map(bucket_of, b))
    together = Counter(map(bucket_of, a + b))
    assert [percentile(added, q) for q in (0.5, 0.99)] == [percentile(together, q) for q in (0.5, 0.99)]


def test_percentile_takes_the_nearest_rank():
    counts = {bucket_of(s): 1 for s in range(1, 21)}
    assert [round(percentile(counts, q)) for q in (0, 0.05, 0.051, 0.5, 0.95, 0.951, 1)] == [
        1,
        1,
        2,
        10,
        19,
        20,
        20,
    ]


def test_percentile_rank_is_free_of_floating_point():
    # 0.07 * 100 > 7 in floats
    assert percentile({1: 7, 2: 93}, 0.07) == value_of(1)


def test_percentile_of_nothing_is_none():
    assert percentile({}, 0.5) is None
    assert percentile({3: 0}, 0.5) is None


@pytest.mark.parametrize("q", [-0.01, 1.01, 95])
def test_percentile_outside_zero_to_one_is_refused(q):
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile({1: 1}, q)


def test_share_within_counts_pending_messages_as_not_delivered():
    counts = Counter(map(bucket_of, [0, 1, 5, 5, 10, 60, 61, 3600]))
    shares = [share_within(counts, 10, s) for s in (-1, 0, 1, 5, 9, 10, 30, 59, 60, 3600, math.inf)]
    # 61 s shares the bucket of 60 s
    assert shares == [0.0, 0.1, 0.2, 0.4, 0.4, 0.5, 0.5, 0.5, 0.7, 0.8, 0.8]


def test_share_within_of_nothing_is_none():
    assert share_within({}, 0, 10) is None


@given(st.lists(seconds, min_size=1), seconds)
def test_share_within_is_never_too_small_nor_late_by_more_than_a_bucket(latencies, limit):
    found = share_within(Counter(map(bucket_of, latencies)), len(latencies), limit)
    slack = max(limit * 1.02 / 0.98, 1) * (1 + 1e-9)
    in_time = sum(s <= limit for s in latencies) / len(latencies)
    in_time_or_nearly = sum(s <= slack for s in latencies) / len(latencies)
    assert in_time <= found <= in_time_or_nearly

"""Logarithmic latency buckets: percentiles of any sum of counts, within 2% and the source's one second.

The buckets are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch
with relative-error guarantees", PVLDB 12, 2019) with accuracy 2%: bucket k holds the seconds in
(g^(k-2), g^(k-1)], g = 1.02/0.98. Counts of buckets are added, so days, countries and campaigns merge without
loss.
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

ACCURACY = 0.02
GAMMA = (1 + ACCURACY) / (1 - ACCURACY)

# The source's resolution is one second, so shorter times cannot be distinguished.
ZERO_BUCKET = 0
# More than 800 years; fits a smallint and keeps a nonsense latency from growing anything.
MAX_BUCKET = 600

_LOG_GAMMA = math.log(GAMMA)


@lru_cache(maxsize=16384)  # latencies are whole seconds, mostly few of them
def bucket_of(seconds: float) -> int:
    """Return the bucket, 0 to MAX_BUCKET, of a latency in seconds; larger latencies never get a smaller one.

    Under one second it is the zero bucket, negative values (a clock oddity, docs/link.md section 5.7)
    included. Raises ValueError for NaN.
    """
    if seconds < 1:
        return ZERO_BUCKET
    if math.isnan(seconds):
        raise ValueError("a latency must be a number of seconds, not NaN")
    if math.isinf(seconds):
        return MAX_BUCKET
    return min(1 + math.ceil(math.log(seconds) / _LOG_GAMMA), MAX_BUCKET)


def value_of(bucket: int) -> float:
    """Return the estimate, in seconds, for every latency in the bucket.

    It is at most 2% off; for the zero bucket it is 0, at most a second off. Raises ValueError for no bucket.
    """
    if not ZERO_BUCKET <= bucket <= MAX_BUCKET:
        raise ValueError(f"no latency bucket: {bucket}")
    if bucket == ZERO_BUCKET:
        return 0.0
    return 2 * GAMMA ** (bucket - 1) / (GAMMA + 1)


def percentile(counts: Mapping[int, int], q: float) -> float | None:
    """Return the nearest-rank percentile in seconds, None where nothing counts.

    `counts` is messages by bucket; `q` is 0.95 for p95. The rank is the smallest whole number that is at
    least q × total, and at least 1. Raises ValueError for a `q` outside 0 to 1.
    """
    if not 0 <= q <= 1:
        raise ValueError(f"a percentile lies between 0 and 1, not at {q}")
    total = sum(counts.values())
    if total <= 0:
        return None
    # As a fraction, because 0.07 × 100 is a little more than 7 in floating point and would be rank 8.
    share = _as_fraction(q)
    rank = max(1, -(-share.numerator * total // share.denominator))
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return value_of(bucket)
    raise ValueError("latency counts must not be negative")


@lru_cache(maxsize=64)  # the same few everywhere
def _as_fraction(q: float) -> Fraction:
    return Fraction(q).limit_denominator(1_000_000)


def share_within(counts: Mapping[int, int], total: int, seconds: float) -> float | None:
    """Return the share of `total` messages that were delivered within so many seconds, None where total is 0.

    `counts` is the delivered messages by bucket and `total` all that were sent, the pending ones included
    (docs/statistics.md). A bucket counts as a whole: nothing that arrived in time is left out,
    and what arrived up to 4.1% (GAMMA) later may be in.
    """
    if total <= 0:
        return None
    last = bucket_of(seconds) if seconds >= 0 else -1
    return sum(n for bucket, n in counts.items() if bucket <= last) / total

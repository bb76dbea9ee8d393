"""Shares of a whole number that add up to it: the method of the largest remainder."""

from collections.abc import Sequence


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Return whole shares of `total` in proportion to `weights`, which add up to it exactly.

    Each share is its exact part, cut to a whole number; what is left goes to the largest remainders, one each, and
    among equal ones to the first. Shares of a negative total mirror those of the positive one. Raises ValueError if a
    weight is negative, or if there is something to share and all weights are 0.
    """
    if min(weights, default=0) < 0:
        raise ValueError(f"a weight is negative: {list(weights)}")
    whole = sum(weights)
    if not whole:
        if total:
            raise ValueError(f"{total} cannot be shared: no weight is above 0")
        return [0] * len(weights)
    if total < 0:
        return [-share for share in largest_remainder(-total, weights)]
    cut = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in by_remainder[: total - sum(cut)]:
        cut[n] += 1
    return cut

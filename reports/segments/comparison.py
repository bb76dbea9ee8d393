"""Comparisons of a key's values by their delivery rates. Pure.

Many values are looked at together, so some differ by chance. The p-values are therefore adjusted by Benjamini and
Hochberg over all values of the period that have enough messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from campaigns.statistics import Comparison, benjamini_hochberg, enough, two_proportions

SURE = 0.05  # adjusted p-value

Counts = tuple[int, int]  # delivered messages, all messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The rate of one value minus that of another, or of all others; `p_value` is adjusted for `compared` values."""

    difference: float
    low: float
    high: float
    p_value: float
    is_exact: bool
    compared: int

    @property
    def is_sure(self) -> bool:
        return self.p_value < SURE and (self.low > 0 or self.high < 0)


def standouts(counts: Mapping[str, Counts], *, rest: Sequence[Counts] = ()) -> dict[str, Difference]:
    """Return the difference of each value from all others together; values with too few messages have none.

    The others include `rest`, messages that are no value of their own.
    """
    delivered = sum(d for d, _n in (*counts.values(), *rest))
    messages = sum(n for _d, n in (*counts.values(), *rest))
    found = {}
    for value, (d, n) in counts.items():
        if enough(n) and enough(messages - n):
            found[value] = _compared((d, n), (delivered - d, messages - n))
    return _adjusted(found)


def pair(counts: Mapping[str, Counts], first: str, second: str) -> Difference | None:
    """Return the difference of two values; None if one of them has too few messages.

    It is one of the differences of each of the two from every other value. Its p-value is adjusted for those of the
    first and for those of the second, and is the greater of both: the order of the two does not matter.
    """
    if not all(enough(counts[value][1]) for value in (first, second)):
        return None
    large = {value: of for value, of in counts.items() if enough(of[1])}
    of_first, of_second = (
        _adjusted({value: _compared(counts[one], of) for value, of in large.items() if value != one})
        for one in (first, second)
    )
    found = of_first[second]
    return replace(found, p_value=max(found.p_value, of_second[first].p_value))


def _compared(first: Counts, second: Counts) -> Comparison:
    found = two_proportions(*first, *second)
    assert found is not None  # both have messages
    return found


def _adjusted(found: Mapping[str, Comparison]) -> dict[str, Difference]:
    p_values = benjamini_hochberg([one.p_value for one in found.values()])
    return {
        value: Difference(
            difference=one.difference,
            low=one.low,
            high=one.high,
            p_value=p_value,
            is_exact=one.exact,
            compared=len(found),
        )
        for (value, one), p_value in zip(found.items(), p_values, strict=True)
    }

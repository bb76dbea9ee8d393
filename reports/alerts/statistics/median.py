"""Rule for a median time to delivery that rises.

It is compared with the quarters of an hour around the same time in the past four weeks: it has to be `times` the usual
median, MIN_SECONDS more, and above that of every single quarter.
"""

from reports.alerts.statistics.sums import Sums, Usual, total
from reports.alerts.statistics.verdict import UNKNOWN, State, Verdict

MIN_SECONDS = 10
MIN_CELL = 50  # delivered messages of a quarter from which its median is looked at
MIN_CELLS = 8


def judge_median(now: Sums, usual: Usual, *, age: int, times: float, min_messages: int) -> Verdict:
    """Return the verdict on the median of those delivered within `age` seconds."""
    cells = [cell for cell in usual.all_cells() if cell.within(age) >= MIN_CELL]
    typical, median = total(cells).median(age), now.median(age)
    if median is None or typical is None or len(cells) < MIN_CELLS or now.within(age) < min_messages:
        return UNKNOWN
    is_bad = (
        median >= max(times * typical, typical + MIN_SECONDS)
        and median > max(cell.median(age) or 0 for cell in cells)
    )  # fmt: skip
    return Verdict(State.BAD if is_bad else State.GOOD, median, typical, now.messages)

"""Rule for a delivery rate that falls.

The messages of a window of 15 minutes are compared at equal age with the same times of the past four weeks. Their mean
is the lower one of the same times alone (without the lowest week) and of the hours around them, so that neither sets
the usual too high. How much the rate varies by itself is pooled over the quarters of these hours (beta-binomial),
without the lowest fifth of them. A fall has to be as large as the rule says, and rarer than MAX_CHANCE.

A fall that is found has to be confirmed by the whole month: quarters with so low a rate are few. A campaign to a poor
list is then no alarm where such campaigns are sent now and then.
"""

from collections.abc import Sequence

from reports.alerts.statistics import beta_binomial
from reports.alerts.statistics.sums import Sums, Usual, total
from reports.alerts.statistics.verdict import UNKNOWN, State, Verdict

MAX_CHANCE = 1e-8  # a year of ordinary traffic then opens at most some eight alerts (docs/alerts.md, "False alarms")
MIN_RHO = 0.005
RARE, MOST_LOW = 0.01, 8  # share and number of quarters: an outage of two hours hides no other one
LOWEST = 0.2  # of the usual quarters, left out: an outage in one of the weeks hides no other one
MIN_USUAL = 400  # messages of the past weeks
MIN_CELL = 20  # messages of a quarter from which its rate is looked at
MIN_CELLS = 20


def judge_delivery(now: Sums, usual: Usual, *, age: int, points: float, min_messages: int) -> Verdict:
    """Return the verdict on the share delivered within `age`; a fall is one of `points` percentage points or more."""
    cells = usual.all_cells()
    kept = _without_lowest(cells, int(LOWEST * len(cells)), age)
    return _judge(now, usual.same, kept, age=age, points=points, min_messages=min_messages)


def confirm_delivery(now: Sums, month: Sequence[Sums], *, age: int, points: float, min_messages: int) -> Verdict:
    """Return the verdict by all quarters of the past four weeks; the only one where the same times had no traffic."""
    kept = _without_lowest(month, MOST_LOW if len(month) > 2 * MOST_LOW else 0, age)
    verdict = _judge(now, [], kept, age=age, points=points, min_messages=min_messages)
    if verdict.state is not State.BAD or verdict.now is None:
        return verdict
    rates = [cell.within(age) / cell.messages for cell in month if cell.messages >= MIN_CELL]
    as_low = sum(rate <= verdict.now for rate in rates)
    if len(rates) < MIN_CELLS or as_low > max(MOST_LOW, RARE * len(rates)):
        return Verdict(State.GOOD, verdict.now, verdict.usual, now.messages)
    return verdict


def _judge(
    now: Sums, same: Sequence[Sums], cells: Sequence[Sums], *, age: int, points: float, min_messages: int
) -> Verdict:
    around = total(cells)
    if now.messages < min_messages or around.messages < MIN_USUAL:
        return UNKNOWN
    delivered, rate = now.within(age), _rate(around, age)
    mean = rate
    at_same = total(_without_lowest(same, 1 if len(same) > 2 else 0, age))
    if at_same.messages >= min_messages:
        mean = min(mean, _rate(at_same, age))
    share = delivered / now.messages
    if share > mean - points / 100:
        return Verdict(State.GOOD, share, mean, now.messages)
    measured = [(cell.within(age), cell.messages) for cell in cells]
    rho = max(beta_binomial.rho_of(measured, rate), MIN_RHO)
    chance = beta_binomial.cdf(delivered, now.messages, mean, rho)
    return Verdict(State.BAD if chance <= MAX_CHANCE else State.GOOD, share, mean, now.messages, chance)


def _without_lowest(cells: Sequence[Sums], number: int, age: int) -> list[Sums]:
    """Return the quarters that have messages without so many of the lowest rates."""
    return sorted((cell for cell in cells if cell.messages), key=lambda cell: cell.within(age) / cell.messages)[number:]


def _rate(sums: Sums, age: int) -> float:
    """Return the share delivered, kept off 0 and 1 by half a message."""
    return (sums.within(age) + 0.5) / (sums.messages + 1)

"""Rule for silence: no message for longer than ever at this time of the week.

The quarters of an hour since the last message are compared with the same quarters of the past four weeks, an hour more
on both sides. Every week has to have had MIN_MESSAGES or more in the same time, and no pause as long as this one.
"""

from collections.abc import Sequence

from reports.alerts.statistics.verdict import UNKNOWN, State, Verdict

MIN_MESSAGES = 20
QUARTER = 15  # minutes


def judge_silence(
    silent: float, weeks: Sequence[Sequence[int]], within: Sequence[int], *, minutes: float, min_messages: int
) -> Verdict:
    """Return the verdict on a silence of so many minutes.

    `weeks` has for each past week the messages of each quarter of the same time and an hour around it, `within` for
    each the messages of the same time alone. `minutes` is the least silence that counts.
    """
    if not weeks:
        return UNKNOWN
    longest = max(_longest_pause(week) for week in weeks) + 2 * QUARTER  # at most, within the quarters beside it
    expected = min(within)
    if expected < max(min_messages, MIN_MESSAGES):
        return Verdict(State.UNKNOWN, silent, longest)
    is_bad = silent >= minutes and silent > longest
    return Verdict(State.BAD if is_bad else State.GOOD, silent, longest)


def _longest_pause(quarters: Sequence[int]) -> int:
    """Return the longest run of quarters without messages, in minutes."""
    longest = run = 0
    for number in quarters:
        run = 0 if number else run + QUARTER
        longest = max(longest, run)
    return longest

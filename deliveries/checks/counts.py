"""Which days' counts are compared with their messages each night, and what that finds; nothing is mended by itself.

`bin/portal reconcile` compares all days, which takes as long as there are messages. Here each day comes up a few
times in its life: soon, when late reports have changed it, and when it is old.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from deliveries.checks.reconcile import find_differences_of

AGES = (1, 3, 10, 30, 100, 300)  # days; so many days' messages are read in a night


def find_wrong_days(*, now: datetime, told: Iterable[str] = ()) -> list[str]:
    """Return a line for each day whose counts are not its messages, of the days that are due and of those told before.

    `told` are earlier lines: their days are looked at again until they agree. Sealed days have nothing left to compare.
    """
    today = now.date()
    days = {today - timedelta(days=age) for age in AGES} | {_day_of(line) for line in told}
    return [
        f"{day}: {len(differences)} counts differ from the messages, such as {differences[0]}"
        for day in sorted(days, reverse=True)
        if (differences := find_differences_of(day))
    ]


def _day_of(line: str) -> date:
    return date.fromisoformat(line[:10])

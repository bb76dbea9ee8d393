"""Nightly comparison of some days' counts with their messages. It repairs nothing.

`bin/portal reconcile` compares all days, and its time grows with the messages. This check compares each day a few
times: soon, when late reports have changed it, and when it is old.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_noop as _

from deliveries.checks.reconcile import find_differences_of
from portal.common.kept_text import KeptText

AGES = (1, 3, 10, 30, 100, 300)  # days; so many days' messages are read in a night


def find_wrong_days(*, now: datetime, told: Iterable[str] = ()) -> list[str]:
    """Return a line for each due or earlier reported day whose counts differ from its messages.

    `told` are earlier lines: their days are compared again until they agree. Sealed days cannot be compared.
    """
    today = now.date()
    days = {today - timedelta(days=age) for age in AGES} | {_day_of(line) for line in told}
    return [
        KeptText(
            _("%(day)s: %(number)s counts differ from the messages, such as %(example)s"),
            day=day,
            number=len(differences),
            example=differences[0],
        )
        for day in sorted(days, reverse=True)
        if (differences := find_differences_of(day))
    ]


def _day_of(line: str) -> date:
    return date.fromisoformat(line[:10])

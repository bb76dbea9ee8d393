"""The first days whose messages are in a file, by which retention finds it."""

from collections.abc import Iterable, Mapping
from datetime import date

from deliveries.exports.kinds import Day
from deliveries.models import RetentionMark

Oldest = Mapping[str, list[str | None]]  # by tenant: the first day, and the first with a number in full or None
Marks = Mapping[str, tuple[date, date]]


class OldestDays:
    """Collects the first day of each tenant in a file, and the first with a phone number in full."""

    def __init__(self) -> None:
        self._days: dict[str, date] = {}
        self._numbers: dict[str, date] = {}

    def note(self, days: Iterable[Day]) -> None:
        """Note the days that a page of rows is from."""
        for tenant_id, day, has_number in days:
            tenant = str(tenant_id)
            self._days[tenant] = min(self._days.get(tenant, day), day)
            if has_number:
                self._numbers[tenant] = min(self._numbers.get(tenant, day), day)

    def by_tenant(self) -> dict[str, list[str | None]]:
        """Return the days as a row stores them (`Oldest`)."""
        numbers = {tenant: day.isoformat() for tenant, day in self._numbers.items()}
        return {tenant: [day.isoformat(), numbers.get(tenant)] for tenant, day in self._days.items()}


def retention_marks() -> Marks:
    """Return by tenant the days before which messages are sealed and numbers erased."""
    return {
        str(mark.tenant_id): (mark.messages_before or date.min, mark.numbers_before or date.min)
        for mark in RetentionMark.objects.all()
    }


def is_past_retention(oldest: Oldest, marks: Marks) -> bool:
    """Return whether a file has messages of days that are sealed, or numbers that retention has erased."""
    return any(_is_past(days, marks[tenant]) for tenant, days in oldest.items() if tenant in marks)


def _is_past(oldest: list[str | None], marks: tuple[date, date]) -> bool:
    return any(day is not None and date.fromisoformat(day) < mark for day, mark in zip(oldest, marks, strict=True))

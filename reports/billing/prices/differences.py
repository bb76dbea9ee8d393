"""Differences between two contents of a price list, row by row. Pure."""

from dataclasses import dataclass, replace
from enum import StrEnum

from reports.billing.prices.rows import Content, Row


class What(StrEnum):
    """Tells what becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"  # it gets a last day, and nothing else differs
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row that differs; `old` is None of an added one, `new` of a removed one."""

    what: What
    old: Row | None
    new: Row | None

    @property
    def row(self) -> Row:
        """The row as it is afterwards, of a removed one as it was."""
        found = self.new or self.old
        assert found is not None
        return found


def differences(old: Content, new: Content) -> list[Difference]:
    """Return what differs, in the order of the rows; rows are the same by their key and the day they begin."""
    before = {(row.key, row.valid_from): row for row in old.ordered().rows}
    after = {(row.key, row.valid_from): row for row in new.ordered().rows}
    found = [
        Difference(_what(before.get(place), row), before.get(place), row)
        for place, row in after.items()
        if before.get(place) != row
    ]
    return found + [Difference(What.REMOVED, row, None) for place, row in before.items() if place not in after]


def _what(old: Row | None, new: Row) -> What:
    if old is None:
        return What.ADDED
    is_shorter = new.valid_to is not None and (old.valid_to is None or new.valid_to < old.valid_to)
    return What.ENDED if is_shorter and replace(old, valid_to=new.valid_to) == new else What.CHANGED

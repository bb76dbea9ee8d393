"""Small groups: the values that are shown together, so that no figure is about a few people. Pure.

It holds for roles that see masked numbers. Page, API and file use the same function.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LEAST_RECIPIENTS = 10  # of a group that is shown by itself
SMALL_LABEL = "(small)"


@dataclass(frozen=True, slots=True)
class GroupSize:
    """The different recipients of a value and its messages; `recipients` may be a lower bound from LEAST_RECIPIENTS on.

    Messages decide between groups whose recipients are not counted further.
    """

    value: str
    recipients: int
    messages: int


def merged_values(groups: Sequence[GroupSize]) -> frozenset[str]:
    """Return the values that are shown as one group; empty if every group is large enough.

    Those are the groups under LEAST_RECIPIENTS. A lone one could be found by subtraction, so the next smallest joins
    it; it also joins while the merged groups are under LEAST_RECIPIENTS together.
    """
    by_size = sorted(groups, key=lambda group: (group.recipients, group.messages, group.value))
    small = sum(group.recipients < LEAST_RECIPIENTS for group in by_size)
    if not small:
        return frozenset()
    count = small
    while count < len(by_size) and (count < 2 or sum(one.recipients for one in by_size[:count]) < LEAST_RECIPIENTS):
        count += 1
    return frozenset(group.value for group in by_size[:count])


Cell = tuple[str, str]  # row and column of a table


def hidden_cells(recipients: Mapping[Cell, int]) -> frozenset[Cell]:
    """Return the cells of a table of two keys that are not shown one by one; its sums are shown.

    In each row and column the rule of `merged_values` holds, so that no hidden cell follows from the sums. Hiding one
    more cell may call for another, so this is repeated until nothing changes.
    """
    hidden: set[Cell] = {cell for cell, n in recipients.items() if n < LEAST_RECIPIENTS}
    lines: dict[tuple[int, str], list[Cell]] = {}
    for cell in recipients:
        for side, name in enumerate(cell):
            lines.setdefault((side, name), []).append(cell)
    by_size = {line: sorted(cells, key=lambda cell: (recipients[cell], cell)) for line, cells in lines.items()}
    is_stable = False
    while not is_stable:
        is_stable = True
        for cells in by_size.values():
            within = [cell for cell in cells if cell in hidden]
            shown = [cell for cell in cells if cell not in hidden]
            is_exposed = len(within) == 1 or sum(recipients[cell] for cell in within) < LEAST_RECIPIENTS
            if within and shown and is_exposed:
                hidden.add(shown[0])
                is_stable = False
    return frozenset(hidden)

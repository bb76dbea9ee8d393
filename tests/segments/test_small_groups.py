"""Small groups are merged, a lone one with the next smallest, and no group can be found by subtraction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.segments.small_groups import LEAST_RECIPIENTS, GroupSize, hidden_cells, merged_values


def sizes(**recipients: int) -> list[GroupSize]:
    return [GroupSize(value, n, n) for value, n in recipients.items()]


@pytest.mark.parametrize(
    ("groups", "merged"),
    [
        (sizes(), set()),
        (sizes(a=10, b=500), set()),
        (sizes(a=9, b=8, c=500), {"a", "b"}),
        (sizes(a=9, b=40, c=30), {"a", "c"}),  # the next smallest joins
        (sizes(a=1, b=2, c=60, d=50), {"a", "b", "d"}),  # three recipients together are too few
        (sizes(a=9), {"a"}),  # nothing else can join
        (sizes(a=0, b=0, c=0), {"a", "b", "c"}),
    ],
)
def test_groups_are_merged(groups, merged):
    assert merged_values(groups) == merged


def test_messages_decide_between_groups_of_as_many_recipients():
    groups = [GroupSize("small", 3, 9), GroupSize("much", 10, 900), GroupSize("less", 10, 800)]
    assert merged_values(groups) == {"small", "less"}


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.integers(0, 30), st.integers(0, 99)), max_size=12))
def test_no_group_is_exposed(found):
    groups = [GroupSize(value, recipients, recipients + more) for value, (recipients, more) in found.items()]
    merged = merged_values(groups)
    shown = [group for group in groups if group.value not in merged]
    assert all(group.recipients >= LEAST_RECIPIENTS for group in shown)
    assert len(merged) != 1 or len(groups) == 1
    together = sum(group.recipients for group in groups if group.value in merged)
    assert not merged or together >= LEAST_RECIPIENTS or not shown
    largest = max((group.recipients for group in groups if group.value in merged), default=0)
    assert all(group.recipients >= largest for group in shown)


def cells(*rows: tuple[int, ...]) -> dict[tuple[str, str], int]:
    """Return a table with the rows A, B, … and the columns a, b, …; None is no cell."""
    return {
        (chr(ord("A") + y), chr(ord("a") + x)): n
        for y, row in enumerate(rows)
        for x, n in enumerate(row)
        if n is not None
    }


@pytest.mark.parametrize(
    ("table", "hidden"),
    [
        (cells((50, 60), (70, 80)), set()),
        # a lone one takes one of its row and one of its column along, and these would be alone, too
        (cells((3, 60), (70, 80)), {("A", "a"), ("A", "b"), ("B", "a"), ("B", "b")}),
        (cells((3, 60, 90), (4, 80, 95)), {("A", "a"), ("B", "a"), ("A", "b"), ("B", "b")}),
        (cells((3, None), (70, 80)), {("A", "a"), ("B", "a"), ("B", "b")}),
    ],
)
def test_cells_are_hidden(table, hidden):
    assert hidden_cells(table) == hidden


@given(st.dictionaries(st.tuples(st.sampled_from("ABCD"), st.sampled_from("abcde")), st.integers(0, 40), max_size=20))
def test_no_cell_follows_from_the_sums(table):
    hidden = hidden_cells(table)
    assert all(n >= LEAST_RECIPIENTS for cell, n in table.items() if cell not in hidden)
    for side, name in {(side, cell[side]) for cell in table for side in (0, 1)}:
        line = [cell for cell in table if cell[side] == name]
        within = [cell for cell in line if cell in hidden]
        if within and len(within) < len(line):
            assert len(within) > 1
            assert sum(table[cell] for cell in within) >= LEAST_RECIPIENTS

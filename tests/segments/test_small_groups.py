"""Small groups are merged, a lone one with the next smallest, and no group can be found by subtraction."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.segments.small_groups import LEAST_RECIPIENTS, GroupSize, merged_values


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

"""Ownership periods: what a hand-over makes of them, without a database."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tenants.ownership_periods import (
    OwnershipChange,
    Period,
    SeenPeriod,
    current,
    handed_over,
    owner_at,
    ownership_changes,
    seen_by,
)
from tests.hypothesis_profile import examples

A, B, C = 1, 2, 3


def on(day: int) -> datetime:
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day)


def to(tenant_id: int, day: int | None = None) -> Period:
    return Period(tenant_id) if day is None else Period(tenant_id, on(day), on(day).date())


@pytest.mark.parametrize(
    ("before", "period", "after"),
    [
        ((to(A),), to(B), (to(B),)),
        ((to(A),), to(B, 5), (to(A), to(B, 5))),
        ((to(A), to(B, 5)), to(C, 7), (to(A), to(B, 5), to(C, 7))),
        ((to(A), to(B, 5)), to(C, 3), (to(A), to(C, 3))),  # what was to come later is replaced
        ((to(A), to(B, 5)), to(C, 5), (to(A), to(C, 5))),
        ((to(A), to(B, 5)), to(C), (to(C),)),
        ((to(A), to(B, 5)), to(B, 3), (to(A), to(B, 3))),  # the date is moved, to both sides
        ((to(A), to(B, 5)), to(B, 7), (to(A), to(B, 7))),
        ((to(A), to(B, 5)), to(B), (to(B),)),
        ((to(A), to(B, 5)), to(A, 7), (to(A), to(B, 5), to(A, 7))),
        ((to(A), to(B, 5)), to(A, 5), (to(A),)),
        ((to(A), to(B, 5), to(C, 7)), to(B, 6), (to(A), to(B, 5))),  # keeps its own beginning
        ((to(A), to(B, 5), to(C, 7)), to(C, 4), (to(A), to(C, 4))),
    ],
)
def test_hand_over(before, period, after):
    assert handed_over(before, period) == after


def test_owner_has_what_was_sent_at_the_instant_of_the_hand_over_and_later():
    periods = (to(A), to(B, 5), to(C, 7))

    instants = [on(4), on(5) - timedelta(microseconds=1), on(5), on(7) - timedelta(microseconds=1), on(7), on(99)]

    assert [owner_at(periods, at) for at in instants] == [A, A, B, B, C, C]


def test_changes_are_the_times_that_another_owns_afterwards():
    before, after = (to(A), to(B, 5), to(C, 7)), (to(A), to(C, 3))

    assert ownership_changes(before, after) == [
        OwnershipChange(on(3), on(5), A, C),
        OwnershipChange(on(5), on(7), B, C),
    ]
    assert ownership_changes(after, before) == [
        OwnershipChange(on(3), on(5), C, A),
        OwnershipChange(on(5), on(7), C, B),
    ]
    assert ownership_changes((to(A),), (to(B),)) == [OwnershipChange(None, None, A, B)]
    assert ownership_changes(before, before) == []


def test_only_ones_own_periods_are_seen():
    periods = (to(A), to(B, 5), to(A, 7))
    first, last = (
        SeenPeriod(A, None, None, on(5), date(2026, 11, 6)),
        SeenPeriod(A, on(7), date(2026, 11, 8), None, None),
    )

    assert (seen_by(periods, {A}), seen_by(periods, {C})) == ([first, last], [])
    assert [current([first, last], on(day)) for day in (4, 6, 7)] == [first, last, last]
    assert current([first], on(99)) == first


hand_overs = st.lists(st.builds(to, st.sampled_from([A, B, C]), st.none() | st.integers(0, 6)), max_size=6)


@given(hand_overs=hand_overs)
@examples(100, long=2000)
def test_any_hand_overs_leave_periods_in_order_and_change_only_what_they_say(hand_overs):
    periods = (to(A),)
    probes = [on(0) - timedelta(days=1), *(on(0) + timedelta(hours=12 * n) for n in range(16))]
    for period in hand_overs:
        before, periods = periods, handed_over(periods, period)
        beginnings = [p.from_at for p in periods]
        assert beginnings[0] is None or len(periods) == 1
        assert beginnings[1:] == sorted(set(beginnings[1:]))
        assert all(one.tenant_id != other.tenant_id for one, other in pairwise(periods))
        changed = ownership_changes(before, periods)
        for at in probes:
            old, new = owner_at(before, at), owner_at(periods, at)
            if period.from_at is None or at >= period.from_at:
                assert new == period.tenant_id
            elif before[-1].tenant_id != period.tenant_id:
                assert new == old
            within = [
                s for s in changed if (s.from_at is None or s.from_at <= at) and (s.until_at is None or at < s.until_at)
            ]
            assert [s[2:] for s in within] == ([(old, new)] if old != new else [])

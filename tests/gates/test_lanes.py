"""Limits of one gate inside the dispatcher: growth, failures, pauses, throttle."""

import pytest

from deliveries.gates.lanes import (
    FAILURES_TO_PAUSE,
    FIRST_LIMIT,
    FIRST_PAUSE,
    MAX_LIMIT,
    MAX_PAUSE,
    MAX_RETRY_AFTER,
    Lane,
    share_room,
)


def fill(lane: Lane, now: float) -> int:
    """Begin as many requests as the lane lets, and return how many are under way."""
    while lane.may_send(now):
        lane.begin(now)
    return lane.under_way


def end_all(lane: Lane, now: float, **ended) -> None:
    while lane.under_way:
        lane.end(now=now, **{"seconds": 0.01, "is_success": True, **ended})


def test_new_gate_has_four_requests_at_once():
    assert fill(Lane(), 10.0) == FIRST_LIMIT == 4


def test_quick_and_busy_gate_grows_to_its_limit():
    lane = Lane()
    for second in range(100):
        fill(lane, second)
        end_all(lane, second)

    assert fill(lane, 200.0) == MAX_LIMIT


def test_gate_that_is_not_busy_does_not_grow():
    lane = Lane()
    for second in range(100):
        lane.begin(second)
        lane.end(now=second, seconds=0.01, is_success=True)

    assert lane.limit == FIRST_LIMIT


def test_failing_gate_shrinks_then_pauses_ever_longer_and_recovers():
    lane, pauses = Lane(), []
    for second in range(FAILURES_TO_PAUSE + 12):
        lane.begin(1000.0 * second)
        lane.end(now=1000.0 * second, seconds=0.01, is_success=False)
        pauses.append(max(lane.closed_until - 1000.0 * second, 0))

    assert pauses[: FAILURES_TO_PAUSE - 1] == [0] * (FAILURES_TO_PAUSE - 1)
    assert pauses[FAILURES_TO_PAUSE - 1 :][:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert pauses[-1] == MAX_PAUSE
    assert not lane.may_send(lane.closed_until - 0.1)
    assert fill(lane, lane.closed_until) == 1  # one probe
    lane.end(now=99_999.0, seconds=0.01, is_success=True)
    assert lane.may_send(99_999.0)


def test_receiver_that_asks_for_time_gets_it_up_to_an_hour():
    lane = Lane()
    lane.begin(0.0)
    lane.end(now=0.0, seconds=0.01, is_success=False, retry_after=30)
    assert (lane.may_send(29.9), lane.may_send(30.0)) == (False, True)

    lane.begin(30.0)
    lane.end(now=30.0, seconds=0.01, is_success=False, retry_after=10**9)
    assert lane.closed_until == 30.0 + MAX_RETRY_AFTER


def test_slow_gate_belongs_into_the_slow_lane():
    lane = Lane()
    lane.begin(0.0)
    lane.end(now=9.0, seconds=9.0, is_success=True)

    assert lane.is_slow


@pytest.mark.parametrize("throttle", [1, 3, 50])
def test_throttle_holds_over_any_time(throttle):
    lane, times = Lane(throttle=throttle), []
    for tick in range(3000):
        now = 1 + tick / 100
        if lane.may_send(now):
            lane.begin(now)
            lane.end(now=now, seconds=0.001, is_success=True)
            times.append(now)

    seconds = 30
    assert len(times) == pytest.approx(throttle * seconds, rel=0.05)
    assert all(sum(start <= at < start + 1 for at in times) <= 2 * throttle for start in range(1, seconds))


def test_throttled_lane_says_when_it_opens():
    lane = Lane(throttle=2)
    lane.begin(5.0)
    lane.end(now=5.0, seconds=0.0, is_success=True)

    assert lane.opens_at(5.0) == pytest.approx(5.5)
    assert not lane.may_send(5.4)
    assert lane.may_send(5.51)


def test_quick_gate_has_more_ready_than_a_slow_one():
    quick, slow = Lane(seconds=0.01), Lane(seconds=8.0)

    assert quick.wanted(0) > slow.wanted(0) >= FIRST_LIMIT
    assert quick.wanted(10**6) == 0


def test_gate_of_unknown_speed_has_few_ready():
    assert Lane().wanted(0) == 2 * FIRST_LIMIT


@pytest.mark.parametrize(
    ("asked", "room", "shares"),
    [
        ({"a": (100, 4), "b": (8, 4)}, 1000, {"a": 100, "b": 8}),
        ({"a": (100, 4), "b": (8, 4), "c": (100, 4)}, 60, {"b": 8, "a": 26, "c": 26}),
        ({"a": (100, 4), "b": (0, 4), "c": (100, 0)}, 0, {"a": 4}),
        ({"a": (3, 4)}, -50, {"a": 3}),
        ({}, 10, {}),
    ],
)
def test_room_is_shared(asked, room, shares):
    assert share_room([(*numbers, key) for key, numbers in asked.items()], room) == shares

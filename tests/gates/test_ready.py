"""Ready deliveries of a gate: fresh ones pass a backlog, which still gets every fourth turn."""

from datetime import UTC, date, datetime, timedelta

import pytest

from deliveries.gates.claims import Claim
from deliveries.gates.examples import SAMPLE
from deliveries.gates.ready import Ready, ReadyQueue

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def ready(inbox_id: int, *, age: timedelta, attempts: int = 0, replay_id: int | None = None) -> Ready:
    claim = Claim(1, 1, inbox_id, 1, "m", date(2026, 11, 29), NOW - age, 0, attempts, (), replay_id, 1)
    return Ready(claim, SAMPLE, 0.0, NOW)


@pytest.fixture
def queue() -> ReadyQueue:
    """Four old deliveries, then a retry and a replay, then six fresh ones."""
    queue = ReadyQueue()
    for one in (
        *(ready(n, age=timedelta(hours=1)) for n in range(1, 5)),
        ready(5, age=timedelta(seconds=5), attempts=1),
        ready(6, age=timedelta(seconds=5), replay_id=9),
        *(ready(n, age=timedelta(seconds=1)) for n in range(10, 16)),
    ):
        queue.add(one, now=NOW)
    return queue


def test_fresh_deliveries_pass_the_others_which_get_every_fourth_turn(queue):
    taken = []
    while queue:
        following = queue.next
        taken.append(queue.take())
        assert taken[-1] is following
    assert [one.claim.inbox_id for one in taken] == [10, 11, 12, 1, 13, 14, 15, 2, 3, 4, 5, 6]


def test_queue_without_deliveries_has_none(queue):
    assert (len(queue), len(list(queue))) == (12, 12)
    queue.clear()
    assert (len(queue), list(queue), bool(queue)) == (0, [], False)
    with pytest.raises(IndexError):
        queue.take()

"""Order of closing stalled connections over the limit: the address with most of them, the oldest first."""

from hypothesis import given
from hypothesis import strategies as st

from portal.connections import _choose, _Connection


def stalled(*connections: tuple[str, bool, float]) -> list[tuple[bool, float, _Connection]]:
    """Return connections of (address, whether one held a request, since when it is stalled), first to close first."""
    found = [
        (proved, since, _Connection(number, number, (address, str(number)), since))
        for number, (address, proved, since) in enumerate(connections)
    ]
    return sorted(found, key=lambda item: item[:2])


def test_the_address_with_most_loses_its_oldest_first():
    crowd = stalled(("bad", False, 2), ("bad", False, 1), ("bad", False, 3), ("good", False, 0))
    assert [victim.since for victim in _choose(crowd, 2)] == [1, 2]
    assert {victim.peer[0] for victim in _choose(crowd, 2)} == {"bad"}


def test_a_connection_that_held_a_request_is_closed_last():
    crowd = stalled(("same", True, 0), ("same", False, 5), ("same", False, 6))
    assert [victim.since for victim in _choose(crowd, 2)] == [5, 6]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 9))), st.integers(-3, 30))
def test_no_more_are_closed_than_asked_and_the_rest_is_shared_evenly(connections, excess):
    crowd = stalled(*connections)
    victims = _choose(crowd, excess)
    assert len(victims) == min(max(excess, 0), len(crowd))
    assert len({victim.descriptor for victim in victims}) == len(victims)
    closed = [sum(victim.peer[0] == address for victim in victims) for address in "abc"]
    left = [sum(item[2].peer[0] == address for item in crowd) - n for address, n in zip("abc", closed, strict=True)]
    # Who lost any has no fewer left than anybody else, but for one: the crowd is cut from the top.
    assert all(left[i] >= max(left) - 1 for i in range(3) if closed[i])

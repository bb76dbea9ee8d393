"""Rise of the parts per message: the minute is found, and ordinary campaigns raise no alarm."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from reports.leaks.change_point import Minute, Rise, blocks_that_may_rise, find_rise

BEGIN = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)


def minutes(*parts: list[int], every: int = 1) -> list[Minute]:
    """Return a minute for each list of the parts of its messages."""
    return [
        Minute(BEGIN + timedelta(minutes=number * every), len(one), sum(one), sum(n * n for n in one))
        for number, one in enumerate(parts)
        if one
    ]


def test_rise_is_found_to_the_minute():
    found = find_rise(minutes(*[[1] * 10] * 42, *[[2] * 10] * 30))

    assert found == Rise(BEGIN + timedelta(minutes=42), 1.0, 2.0, messages=300, parts=600)
    assert found.extra_parts == 300


def test_rise_among_texts_of_different_lengths_is_found():
    chance = random.Random(6)
    before = [[1 + (chance.random() < 0.3) for _ in range(20)] for _ in range(42)]
    after = [[2 + (chance.random() < 0.3) for _ in range(20)] for _ in range(42)]

    found = find_rise(minutes(*before, *after))

    assert found.at == BEGIN + timedelta(minutes=42)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [[1] * 100] * 20,
        [[2] * 100] * 10 + [[1] * 100] * 10,  # a fall
        [[1] * 49] + [[2] * 100] * 10,  # too few before
        [[1] * 100] * 10 + [[2] * 49],  # too few after
        [[1] * 9 + [2]] * 30 + [[1] * 8 + [2] * 2] * 30,  # by less than a fifth
    ],
)
def test_no_rise_is_seen(parts):
    assert find_rise(minutes(*parts)) is None


def _ordinary(chance: random.Random, kind: int) -> list[Minute]:
    """Return a campaign without a rise: chance lengths, batches of one length, hours or days of one length in turn."""
    share, number = chance.uniform(0.01, 0.6), chance.randint(60, 600)
    if kind == 0:
        return minutes(*([1 + (chance.random() < share) for _ in range(chance.randint(1, 12))] for _ in range(number)))
    if kind == 1:
        return minutes(*([1 + (chance.random() < share)] * chance.randint(1, 30) for _ in range(number)))
    if kind == 2:
        texts = [1 + (chance.random() < 0.5) for _ in range(number // 10 + 1)]
        return minutes(*([texts[n // 10]] * chance.randint(1, 12) for n in range(number)), every=6)
    texts = [1 + day % 2 for day in range(30)]
    return minutes(*([texts[n // 10]] * chance.randint(1, 12) for n in range(300)), every=144)


@pytest.mark.parametrize("kind", range(4))
def test_false_alarms_are_rare(kind):
    chance = random.Random(1600 + kind)
    alarms = sum(find_rise(_ordinary(chance, kind)) is not None for _ in range(250))
    assert alarms <= 2


def _days(minutes: list[Minute]) -> list[tuple[int, int]]:
    """Return the messages and parts of each day."""
    days: dict = {}
    for minute in minutes:
        messages, parts = days.get(minute.at.date(), (0, 0))
        days[minute.at.date()] = (messages + minute.messages, parts + minute.parts)
    return [days[day] for day in sorted(days)]


def test_days_leave_out_no_rise():
    """Campaigns of some days whose texts become longer at any minute, by more or less."""
    chance = random.Random(61)
    risen = left_out = 0
    for _ in range(2000):
        number, every = chance.randint(3, 120), chance.choice([1, 20, 120, 600])
        at, before, after = chance.randrange(number), chance.uniform(0, 0.6), chance.uniform(0, 1)
        size = chance.choice([2, 5, 20])
        course = minutes(
            *(
                [1 + (chance.random() < (before if n < at else after)) for _ in range(chance.randint(1, size))]
                for n in range(number)
            ),
            every=every,
        )
        if find_rise(course) is not None:
            risen += 1
            assert blocks_that_may_rise(_days(course))
        else:
            left_out += not blocks_that_may_rise(_days(course))
    assert risen > 200
    assert left_out > 400


def test_days_within_which_a_rise_may_lie():
    assert blocks_that_may_rise([(100_000, 100_000)] * 7) == []  # one part each
    assert blocks_that_may_rise([(99, 150)]) == []  # too few
    assert blocks_that_may_rise([(40, 45)] * 7) == []  # too few a day for chance to move as much
    assert 2 in blocks_that_may_rise([(40, 45)] * 3 + [(40, 80)] * 4)
    assert blocks_that_may_rise([(1000, 1100)]) == [0]
    assert blocks_that_may_rise([(500, 550)] * 7) == [6]  # on the last day alone, few messages may have all the others

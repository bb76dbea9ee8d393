"""Reports to measure with: apart from each other, and new in each round."""

from itertools import islice, pairwise

import orjson

from benchmarks import traffic


def test_spread_reports_are_the_same_ones_with_those_of_a_message_apart():
    plain, spread = traffic.reports(messages=400), traffic.reports(messages=400, spread=300)

    assert sorted(spread) == sorted(plain)
    places: dict[str, list[int]] = {}
    for place, report in enumerate(spread):
        places.setdefault(orjson.loads(report)["id"].partition("$")[0], []).append(place)
    distances = [b - a for found in places.values() for a, b in pairwise(found)]
    assert sorted(distances)[len(distances) // 2] > 100  # towards the end little is left to come in between
    first = [found[0] for found in places.values()]
    assert first == sorted(first)


def test_rounds_have_ids_of_their_own_and_nothing_else_changes():
    lines = [b'{"id":"abcdefgh","resultCode":1001}', b'{"refId":"x","id":"ijklmnop","resultCode":1000}']

    assert list(islice(traffic.rounds(lines, 1), 4)) == [
        b'{"id":"1000efgh","resultCode":1001}',
        b'{"refId":"x","id":"1000mnop","resultCode":1000}',
        b'{"id":"2000efgh","resultCode":1001}',
        b'{"refId":"x","id":"2000mnop","resultCode":1000}',
    ]

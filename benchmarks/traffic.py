"""Delivery reports to measure with: simulated once, kept in a file, without end by giving each round its own ids."""

import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from deliveries.simulation.traffic import generate

SEED = 20
TAG = 4  # bytes of each message id that a round replaces
_DIGITS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/"
_ID = b'"id":"'


def reports(*, messages: int, spread: int = 0) -> list[bytes]:
    """Return the reports of `messages` messages of the last two days, as JSON, in the order of their arrival.

    With `spread` the second report of a message comes about so many places after the first, the third again, and so
    on: at thousands a second the reports of one message, seconds apart, do not fall in the same batch.
    """
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    found = list(generate(seed=SEED, messages=messages, start=end - timedelta(days=2), end=end))
    if not spread:
        return found
    first: dict[bytes, int] = {}
    seen: dict[bytes, int] = defaultdict(int)
    places = []
    for number, report in enumerate(found):
        start = report.index(_ID) + len(_ID)
        identity = report[start : start + 24]
        places.append(first.setdefault(identity, number) + seen[identity] * spread)
        seen[identity] += 1
    return [found[number] for number in sorted(range(len(found)), key=places.__getitem__)]


def split_at_ids(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return each report in two pieces, what stands before the replaced bytes of its id and what follows them."""
    places = [line.index(_ID) + len(_ID) for line in lines]
    return [(line[:place], line[place + TAG :]) for line, place in zip(lines, places, strict=True)]


def tags(first: int) -> Iterator[bytes]:
    """Yield a different piece of an id for each round, from the one of number `first` on."""
    for number in count(first):
        rest, tag = number, bytearray()
        for _ in range(TAG):
            rest, digit = divmod(rest, len(_DIGITS))
            tag.append(_DIGITS[digit])
        yield bytes(tag)


def fresh() -> int:
    """Return a number of rounds that no earlier run has come to: a round takes longer than a second."""
    return int(time.time())


def rounds(lines: list[bytes], first: int) -> Iterator[bytes]:
    """Yield the reports again and again, each round with ids of its own."""
    pieces = split_at_ids(lines)
    for tag in tags(first):
        for head, tail in pieces:
            yield head + tag + tail


def save(lines: list[bytes], path: Path) -> None:
    """Write the reports one to a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(lines))

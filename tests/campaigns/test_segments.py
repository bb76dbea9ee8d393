"""Allowed segment keys, and the indexed form of long values."""

import pytest

from campaigns.segments import indexed_value, problems


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("store", []),
        ("k" * 64, []),
        ("Åre asiakas 1", []),
        ("", ["the key is empty"]),
        (" ", ["the key is empty"]),
        ("k" * 65, ["the key has 65 characters, the limit is 64"]),
        ("a\tb", ["the key has a character that cannot be printed"]),
        ("destination", ["'destination' is the recipient's number and has a search field of its own"]),
        ("source", ["'source' is the sender and has a search field of its own"]),
    ],
)
def test_problems_of_a_key(key, found):
    assert problems(key) == found


@pytest.mark.parametrize("value", ["", "7", "x" * 256, "ä" * 128])
def test_value_within_the_limit_stands_for_itself(value):
    assert indexed_value(value) == value


def test_longer_value_is_its_beginning_and_its_digest():
    # the digest by sha256sum
    assert indexed_value("x" * 257) == ("x" * 40 + "…15eb95a462ee20bd91a415ae2d4aed341288186ddaa2b37908f7d592f0c3f85f")
    assert indexed_value("ä" * 129)[:41] == "ä" * 40 + "…"
    assert len(indexed_value("\U0001f600" * 300).encode()) == 227

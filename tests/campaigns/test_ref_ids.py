"""Splitting refIds by a tenant's scheme, cutting them, and what a scheme may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.ref_ids import RefIdParts, RefIdScheme, cut_to_bytes, parse, problems

PLAIN = RefIdScheme("|", ("campaign", "variant"))


@pytest.mark.parametrize(
    ("ref_id", "scheme", "parts"),
    [
        ("summer|A", None, RefIdParts("summer|A", "", {})),
        ("", None, RefIdParts("", "", {})),
        ("summer|A", PLAIN, RefIdParts("summer", "A", {})),
        ("summer", PLAIN, RefIdParts("summer", "", {})),
        ("", PLAIN, RefIdParts("", "", {})),
        ("|A", PLAIN, RefIdParts("", "A", {})),
        ("summer|A|x||y", PLAIN, RefIdParts("summer", "A|x||y", {})),
        (" summer | A ", PLAIN, RefIdParts(" summer ", " A ", {})),
        ("summer|sale", RefIdScheme("|", ("campaign",)), RefIdParts("summer|sale", "", {})),
        (
            "fi::summer::A::vip::more",
            RefIdScheme("::", ("country", "campaign", "variant", "group")),
            RefIdParts("summer", "A", {"country": "fi", "group": "vip::more"}),
        ),
        (
            "fi::summer",
            RefIdScheme("::", ("country", "campaign", "variant", "group")),
            RefIdParts("summer", "", {"country": "fi", "group": ""}),
        ),
        ("B;42;spring", RefIdScheme(";", ("variant", "-", "campaign")), RefIdParts("spring", "B", {})),
        ("spring;1;2;3", RefIdScheme(";", ("campaign", "", "-")), RefIdParts("spring", "", {})),
        ("kesä.å", RefIdScheme(".", ("campaign", "variant")), RefIdParts("kesä", "å", {})),
    ],
)
def test_parse_by_scheme(ref_id, scheme, parts):
    assert parse(ref_id, scheme) == parts


@given(st.text(alphabet="ab|", max_size=20), st.integers(min_value=1, max_value=5))
def test_parse_loses_nothing(ref_id, count):
    names = ("campaign", "variant", "one", "two", "three")[:count]
    parts = parse(ref_id, RefIdScheme("|", names))
    joined = "|".join([parts.campaign, parts.variant, *parts.labels.values()][:count])
    # Missing pieces are empty at the end, so only delimiters can have been added there.
    assert joined.rstrip("|") == ref_id.rstrip("|")
    assert joined.startswith(ref_id)


@pytest.mark.parametrize(
    ("text", "limit", "cut"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "abc"),
        ("äöå", 6, "äöå"),
        ("äöå", 5, "äö"),
        ("a€€", 4, "a€"),
        ("a€€", 6, "a€"),
        ("👍👍", 7, "👍"),
        ("👍", 3, ""),
        ("", 3, ""),
    ],
)
def test_cut_to_bytes_at_character_boundary(text, limit, cut):
    assert cut_to_bytes(text, limit) == cut


def test_cut_to_bytes_without_limit_is_256_bytes():
    assert cut_to_bytes("ä" * 128) == "ä" * 128
    assert cut_to_bytes("x" + "ä" * 128) == "x" + "ä" * 127


@given(st.text(max_size=40), st.integers(min_value=0, max_value=60))
def test_cut_to_bytes_is_the_longest_beginning_that_fits(text, limit):
    cut = cut_to_bytes(text, limit)
    assert text.startswith(cut)
    assert len(cut.encode()) <= limit
    assert cut == text or len(text[: len(cut) + 1].encode()) > limit


@pytest.mark.parametrize(
    ("delimiter", "fields", "found"),
    [
        ("|", ("campaign", "variant"), []),
        (" - ", ("-", "", "campaign", "-", "customer_no2"), []),
        ("", ("campaign",), ["the delimiter is empty"]),
        ("123456789", ("campaign",), ["the delimiter has more than 8 characters"]),
        ("\x00", ("campaign",), ["the delimiter has a character that cannot be printed"]),
        ("|", ("campaign",) + ("-",) * 16, ["there are more than 16 fields"]),
        ("|", (), ["one field must be called 'campaign'"]),
        ("|", ("variant", "-"), ["one field must be called 'campaign'"]),
        ("|", ("campaign", "variant", "campaign"), ["the field 'campaign' appears twice"]),
        (
            "|",
            ("campaign", "Group"),
            ["the field name 'Group' is not a small letter followed by up to 39 small letters, digits or _"],
        ),
        (
            "\n",
            ("a b", "a b"),
            [
                "the delimiter has a character that cannot be printed",
                "one field must be called 'campaign'",
                "the field 'a b' appears twice",
                "the field name 'a b' is not a small letter followed by up to 39 small letters, digits or _",
            ],
        ),
    ],
)
def test_problems_of_scheme(delimiter, fields, found):
    assert problems(delimiter, fields) == found

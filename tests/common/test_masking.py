"""The one masking: own and other people's numbers in free text, ids, names of parameters and senders."""

import pytest

from portal.common.masking import Masking

OWN = "+358407654398"
MASKED = Masking(in_full=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to 0407654398", "+358 •••••••98"),
        ("%2B358%2040%20765%204398", "+358 •••••••98"),
        ("friend 0401112233", "friend •••••••"),
        ("https://x.example/?to=%2B46+70+111+2233&a=1", "https://x.example/?to=+46 •••••••33&a=1"),
        (r"\u002b46701112233", "+46 •••••••33"),
        ("&#43;46 70 111 2233", "+46 •••••••33"),
        ("sale 20261031", "sale 20261031"),
        ("100%25 off + more", "100%25 off + more"),
        ("", ""),
        (None, None),
    ],
)
def test_free_text_hides_every_number(text, shown):
    assert MASKED.text(text, OWN) == shown
    assert Masking(in_full=True).text(text, OWN) == text


@pytest.mark.parametrize(
    ("text", "shown"), [("12345678901", "12345678901"), ("m-7654398-1", "+358 •••••••98"), ("a1b2", "a1b2"), ("", "")]
)
def test_ids_are_masked_only_where_they_tell_the_own_number(text, shown):
    assert MASKED.id(text, OWN) == shown


def test_masked_names_stay_apart():
    texts = {"+46701112233": "a", "+46 701112233": "b", "shop": "7", OWN: "c"}

    assert MASKED.texts(texts, OWN) == {
        "+46 •••••••33": "a",
        "+46 •••••••33 (2)": "b",
        "shop": "7",
        "+358 •••••••98": "c",
    }


@pytest.mark.parametrize(
    ("source", "kind", "shown"),
    [
        ("+46701112233", "msisdn", "+46 •••••••33"),
        ("46701112233", "shortnumber", "+46 •••••••33"),
        ("12345678", "shortnumber", "12345678"),
        ("16100", "shortnumber", "16100"),
        ("Call 0401112233", "alphanumeric", "Call •••••••"),
        ("Shop", "alphanumeric", "Shop"),
        (None, "", None),
    ],
)
def test_sender_is_masked_where_it_holds_a_number(source, kind, shown):
    assert MASKED.sender(source, kind, OWN) == shown

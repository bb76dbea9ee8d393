"""Advice to senders: every result code of every dialect has its own, in both languages."""

import pytest

from deliveries.dialects.advice import advice
from deliveries.dialects.registry import DIALECTS

ALL = [(name, code) for name, dialect in DIALECTS.items() for code in dialect.codes]


def test_exactly_the_codes_of_the_tables_have_advice():
    assert {name: set(dialect.advice) for name, dialect in DIALECTS.items()} == {
        name: set(dialect.codes) for name, dialect in DIALECTS.items()
    }


@pytest.mark.parametrize(("dialect", "code"), ALL)
def test_code_has_a_short_text_in_both_languages(dialect, code):
    english, finnish = (advice(dialect, code, language, is_known=True) for language in ("en", "fi"))

    assert english != finnish
    for text in (english, finnish):
        assert text[0].isupper()
        assert text.endswith(".")
        assert text.count(". ") <= 1
        assert 30 <= len(text) <= 200


@pytest.mark.parametrize("dialect", DIALECTS)
def test_codes_that_share_a_text_are_of_one_class_and_status(dialect):
    shared: dict[tuple[str, str], set] = {}
    for code, texts in DIALECTS[dialect].advice.items():
        meaning = DIALECTS[dialect].codes[code]
        shared.setdefault(texts, set()).add((meaning.reason, meaning.status))

    assert {texts: found for texts, found in shared.items() if len(found) > 1} == {}
    assert len(shared) == len({english for english, _finnish in shared}) == len({finnish for _, finnish in shared})


@pytest.mark.parametrize(
    ("codes", "words", "verb"),
    [
        ((4, 5, 1010), "it is not known whether the message arrived", "may arrive twice"),
        ((1000, 1005, 1011, 1013), "Wait for the next report", "before you send anything again"),
        ((2104, 2105, 2106), "number", "emove"),
        ((1, 6, 105, 1004, 2107), "end", "gain"),
        ((1007,), "arrived", "Do not send it again"),
    ],
)
def test_advice_is_true_for_its_code(codes, words, verb):
    texts = {code: advice("link", code, "en", is_known=True) for code in codes}

    assert {code: text for code, text in texts.items() if words not in text or verb not in text} == {}


def test_only_a_message_that_expired_is_to_be_given_longer():
    assert [
        code for code in DIALECTS["link"].codes if "longer validity" in advice("link", code, "en", is_known=True)
    ] == [1002]


def test_code_that_is_not_known_says_so_and_what_to_do():
    assert [advice(dialect, 9999, "en", is_known=False) for dialect in ("link", "other", None)] == [
        "The portal does not know this result code, so it is not known whether the message arrived. Ask the gateway"
        " what the code means before you send again."
    ] * 3
    assert advice("link", 9999, "fi", is_known=False).startswith("Portaali ei tunne tätä tuloskoodia")


def test_code_that_staff_added_has_no_advice_yet():
    assert advice("link", 9999, "en", is_known=True).startswith("There is no advice for this result code yet.")

"""Every notation in which people and systems write a phone number, and what is no number."""

import random

import phonenumbers
import pytest

from portal.common.msisdn import (
    country_of_number,
    is_readable,
    mask_number,
    mask_numbers,
    may_be_part_of_number,
    normalize_destination,
    read_number,
    tells_number,
)
from tests.common.test_msisdn import example_numbers

NUMBER = "+358401234567"
NOTATIONS = [
    "+358.40.1234567",
    "+358/40/1234567",
    "+358\u201340\u20131234567",  # en dash
    "+358\u201140\u20111234567",  # no-break hyphen
    "+358\u221240\u22121234567",  # minus sign
    "+358\u202f40\u202f1234567",
    "\u202a+358401234567\u202c",
    "\u200e+358 40 1234567\u200f",
    "\ufeff+358\u200b40\u200d1234567",
    "+358\u00ad40\u00ad1234567",
    "\uff0b\uff13\uff15\uff18\uff14\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    "\uff13\uff15\uff18\uff14\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
    "+\u0663\u0665\u0668\u0664\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667",
    "tel:+358-40-1234567",
    "TEL:+358401234567",
    "tel:0401234567;phone-context=+358",
    "tel:+358401234567;phone-context=+358",
    "00358401234567",
    "00 358 (0) 40 1234567",
    "+358 (0)40 1234567",
    "+358(0)401234567",
    "+358 0 40 1234567",
    "+3580401234567",
    "(+358) 40 1234567",
    "(+358) (0)40 1234567",
    "358 40 1234567",
    "358.40.1234567",
]
NO_NUMBERS = [
    "NO-2333",
    "no-2333",
    "2333",
    "112",
    "ACME",
    "ACME 12345678",
    "+358 40 CALL ME",
    "+358401234567 ext. 4",
    "tel:+358401234567;ext=4",
    "+358401234567;+358401234568",
    "+358~40~1234567",
    "2026.10.31",
    "31/10/2026",
    "192.168.100.200",
    "#0123456789abcdef0123456789abcdef",
    "a1b2c3d4e5f6",
    "0401234567",
    "\u2460\u2461\u2462\u2463\u2464\u2465\u2466\u2467",
    "+47 (0)99999999",  # Norway's plan has no trunk prefix
    "+",
    "",
]


@pytest.mark.parametrize("text", NOTATIONS)
def test_every_notation_is_stored_as_e164(text):
    assert normalize_destination(text) == NUMBER
    assert country_of_number(text) == "FI"
    assert is_readable(text)
    assert mask_number(text) == "+358 •••••••67"
    assert tells_number(text, NUMBER)
    assert read_number(text).forms[0] == NUMBER


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_international_number_stays_as_it_came(text):
    assert normalize_destination(text) == text
    assert not is_readable(text)
    assert country_of_number(text) is None


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("+39 (0)6 69812345", "+390669812345"),  # Italy's 0 is a part of the number
        ("+390669812345", "+390669812345"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("+7 912 345-67-89", "+79123456789"),
        ("+1 (212) 555.0100", "+12125550100"),
    ],
)
def test_trunk_prefix_is_dropped_where_the_plan_has_one(text, stored):
    assert normalize_destination(text) == stored


def test_e164_of_every_region_stays_sign_for_sign_in_every_notation():
    assert {n: normalize_destination(n) for n in example_numbers()} == {n: n for n in example_numbers()}
    spaced = {n: normalize_destination(f"\u202a{n[:4]}.{n[4:7]}/{n[7:]}\u202c") for n in example_numbers()}
    assert spaced == {n: n for n in example_numbers()}


def test_normalizing_twice_changes_nothing():
    dice = random.Random(20263)
    signs = "0123456789+()./- \u2013\u202a\uff11"
    texts = ["".join(dice.choices(signs, k=dice.randrange(4, 18))) for _ in range(20_000)]
    texts += [
        f"+{code}0{dice.randrange(10**8)}" for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE for _ in range(20)
    ]
    once = [normalize_destination(text) for text in texts]
    assert [normalize_destination(text) for text in once] == once


@pytest.mark.parametrize(
    ("text", "country", "first", "read_in"),
    [
        ("0400386588", "FI", "+358400386588", "FI"),
        ("040 038 65 88", "FI", "+358400386588", "FI"),
        ("040\u20110386588", "FI", "+358400386588", "FI"),
        ("0701234567", "SE", "+46701234567", "SE"),
        ("41234567", "NO", "+4741234567", "NO"),
        ("358401234567", "FI", "+358401234567", ""),
        ("+46701234567", "FI", "+46701234567", ""),
        ("0400386588", "", "0400386588", ""),
        ("0400386588", None, "0400386588", ""),
        ("112", "FI", "112", ""),
        ("NO-2333", "NO", "NO-2333", ""),
    ],
)
def test_national_number_is_read_in_the_country(text, country, first, read_in):
    read = read_number(text, country)
    assert (read.text, read.country) == (first, read_in)
    assert read.forms[0] == first
    assert text in read.forms  # what could not be read is stored as it came


def test_empty_text_has_no_forms():
    assert read_number("  ", "FI") == ("", "", ())


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("to +358\u201340\u20131234567", "to +358 •••••••67"),
        ("\uff13\uff15\uff18\uff14\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17!", "+358 •••••••67!"),
        ("+358\u202a401234567\u202c", "+358 •••••••67"),
        ("sale \u2013 \uff12\uff10 %", "sale \u2013 \uff12\uff10 %"),
    ],
)
def test_numbers_in_a_text_are_masked_in_any_notation(text, masked):
    assert mask_numbers(text) == masked
    assert may_be_part_of_number(text) == (masked != text)

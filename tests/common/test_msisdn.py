"""Country, sender type, stored and masked form of phone numbers."""

import random

import phonenumbers
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from portal.common.msisdn import (
    COUNTRIES,
    ISO_COUNTRIES,
    country_of_destination,
    country_of_number,
    mask_number,
    mask_numbers,
    may_be_part_of_number,
    normalize_destination,
    sender_type,
)


def region_by_full_parse(number: str) -> str | None:
    """The rule of docs/link.md section 5.8, written with the library alone."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    region = region or phonenumbers.region_code_for_country_code(parsed.country_code)
    return None if region in ("001", "ZZ") else region


def example_numbers() -> list[str]:
    found = set()
    for region in phonenumbers.SUPPORTED_REGIONS:
        for kind in phonenumbers.PhoneNumberType.values():
            example = phonenumbers.example_number_for_type(region, kind)
            if example is not None:
                found.add(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        if regions == ("001",):
            example = phonenumbers.example_number_for_non_geo_entity(code)
            found.add(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))
    return sorted(found)


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+358401234567", "FI"),
        ("+358181234567", "AX"),
        ("00358401234567", "FI"),
        ("358401234567", "FI"),
        ("+358 (40) 123-4567", "FI"),
        (" +358\u00a040\u00a01234567 ", "FI"),
        ("+4799999999", "NO"),
        ("+4779123456", "SJ"),
        ("+447400123456", "GB"),
        ("+447911123456", "GG"),
        ("+447781123456", "GG"),
        ("+12042345678", "CA"),
        ("+14412345678", "BM"),
        ("+15551234567", "US"),  # no region claims it: the main region of +1
        ("+77012345678", "KZ"),
        ("+38343201234", "XK"),
        ("+46", None),
        ("+461", None),
        ("+4612", "SE"),
        ("+46123456789012345678", None),
        ("46123456789012345", None),  # 17 digits without a plus are no number
        ("4612345", None),
        ("46123456", "SE"),
        ("0401234567", None),
        ("+0401234567", None),
        ("+2101234567", None),  # a calling code that nobody has
        ("+80012345678", None),
        ("+881612345678", None),
        ("+٣٥٨٤٠١٢٣٤٥٦٧", "FI"),
        ("+358401234567\n1", "FI"),
        ("+35840123abcd", None),
        ("++358401234567", None),
        ("NO-2333", None),
        ("ACME", None),
        ("", None),
    ],
)
def test_country_of_number_by_form(number, country):
    assert country_of_number(number) == country


def test_country_of_number_equals_full_parse_for_example_numbers():
    numbers = example_numbers()
    assert len(numbers) > 1000
    assert {n: country_of_number(n) for n in numbers} == {n: region_by_full_parse(n) for n in numbers}


def test_country_of_number_equals_full_parse_for_every_calling_code_valid_or_not():
    dice = random.Random(20261)
    numbers = [
        f"+{code}" + "".join(dice.choices("0123456789", k=length))
        for code in COUNTRY_CODE_TO_REGION_CODE
        for length in range(19)
        for _ in range(2)
    ]
    assert {n: country_of_number(n) for n in numbers} == {n: region_by_full_parse(n) for n in numbers}


def test_country_of_number_equals_full_parse_for_shared_calling_codes():
    dice = random.Random(20262)
    shared = [code for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if len(regions) > 1]
    numbers = [
        f"+{code}{beginning}" + "".join(dice.choices("0123456789", k=length))
        for code in shared
        for beginning in ("", "0", "1", "8", "18", "180020")
        for length in (5, 7, 8, 9, 10)
        for _ in range(10)
    ]
    assert len(numbers) == 12 * 6 * 5 * 10
    assert {n: country_of_number(n) for n in numbers} == {n: region_by_full_parse(n) for n in numbers}


def test_country_of_number_equals_full_parse_for_every_beginning():
    numbers = [f"+{start:03d}{rest}" for start in range(1000) for rest in ("", "12", "1234567")]
    assert {n: country_of_number(n) for n in numbers} == {n: region_by_full_parse(n) for n in numbers}


def test_countries_are_the_assigned_codes_and_kosovo():
    assert len(ISO_COUNTRIES) == 249
    assert all(len(code) == 2 and code.isascii() and code.isupper() for code in ISO_COUNTRIES)
    assert ISO_COUNTRIES | {"XK"} == COUNTRIES
    # All that libphonenumber knows, but for Ascension and Tristan da Cunha, which ISO 3166-1 only reserves.
    assert set(phonenumbers.SUPPORTED_REGIONS) - COUNTRIES == {"AC", "TA"}


@pytest.mark.parametrize(
    ("destination", "operator", "country"),
    [
        ("+46701234567", "no.telenor", "SE"),
        ("+80012345678", "no.telenor", "NO"),
        (None, "no.telenor", "NO"),
        ("", "xk.ipko", "XK"),
        (None, "NO", "NO"),
        (None, "se.tele2.mvno", "SE"),
        ("SE-72456", "no.telenor", "NO"),
        ("SE-72456", "telenor", "SE"),
        ("SE-72456", None, "SE"),
        (" no-2333 ", None, "NO"),
        ("ZZ-2333", None, "ZZ"),
        ("NO-", None, "ZZ"),
        ("2333", "uk.vodafone", "ZZ"),  # UK is reserved, not assigned
        (None, "zz.none", "ZZ"),
        (None, ".telenor", "ZZ"),
        (None, None, "ZZ"),
        ("", "", "ZZ"),
    ],
)
def test_country_of_destination_takes_first_known_source(destination, operator, country):
    assert country_of_destination(destination, operator) == country


@pytest.mark.parametrize(
    ("source", "ton", "expected"),
    [
        (None, None, ""),
        ("", "", ""),
        ("  ", "NATIONAL", ""),
        (None, "ALPHANUMERIC", "alphanumeric"),
        ("12345", "MSISDN", "msisdn"),
        ("+358401234567", "SHORTNUMBER", "shortnumber"),
        ("12345", "NATIONAL", "shortnumber"),
        ("ACME", None, "alphanumeric"),
        ("7-Eleven", None, "alphanumeric"),
        ("24/7", None, "alphanumeric"),
        ("Äiti", None, "alphanumeric"),
        ("+", None, "alphanumeric"),
        ("٣٥٨", None, "alphanumeric"),
        ("NO-2333", None, "shortnumber"),
        ("QQ-2333", None, "alphanumeric"),
        ("16100", None, "shortnumber"),
        ("12345678", None, "shortnumber"),
        ("123456789", None, "msisdn"),
        ("+4512", None, "msisdn"),
        ("+358 40 1234567", None, "msisdn"),
        ("00358401234567", None, "msisdn"),
    ],
)
def test_sender_type_by_form(source, ton, expected):
    assert sender_type(source, ton) == expected


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("+358401234567", "+358401234567"),
        (" 00358 (40) 123-4567 ", "+358401234567"),
        ("358401234567", "+358401234567"),
        ("0401234567", "0401234567"),
        ("NO-2333", "NO-2333"),
        (" 2333 ", "2333"),
        ("12345678", "+12345678"),
        ("ACME Oy", "ACME Oy"),
        ("", ""),
        (None, ""),
    ],
)
def test_normalize_destination_by_form(written, stored):
    assert normalize_destination(written) == stored
    assert normalize_destination(stored) == stored


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+358401234567", "+358 •••••••67"),
        ("+35840123456789", "+358 •••••••89"),
        ("0046701234567", "+46 •••••••67"),
        ("12042345678", "+1 •••••••78"),
        ("+80012345678", "+800 •••••••78"),
        ("+6834002", "+683 •••••••"),
        ("+50021234", "+500 •••••••"),
        ("+500212345", "+500 •••••••45"),
        ("+210123456789", "•••••••"),
        ("NO-2333", "NO-•••••••"),
        ("QQ-2333", "•••••••"),
        ("2333", "•••••••"),
        ("0401234567", "•••••••"),
        ("ACME", "•••••••"),
        (" ", ""),
        (None, ""),
    ],
)
def test_mask_number_hides_all_but_code_and_end(number, masked):
    assert mask_number(number) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sale-358401234567-B", "sale-+358 •••••••67-B"),
        ("to +358 (0)40 123-4567!", "to +358 •••••••67!"),
        ("0401234567", "•••••••"),
        ("040 123 4567 and 0046.70.123.45.67", "••••••• and +46 •••••••67"),
        ("2 20 358401234567", "+220 •••••••67"),
        ("040 20261031", "•••••••"),
        ("201012345678", "+20 •••••••78"),
        ("autumn 2026 358401234567", "autumn 2026 +358 •••••••67"),
        ("sale2-20261031", "sale2-20261031"),
        ("20261031-20261105", "20261031-20261105"),
        ("2026-10-31 12:00", "2026-10-31 12:00"),
        ("31.10.2026", "31.10.2026"),
        ("1234567", "1234567"),
        ("week 48", "week 48"),
        ("", ""),
    ],
)
def test_numbers_in_a_text_are_masked_and_days_are_not(text, masked):
    assert mask_numbers(text) == masked


@pytest.mark.parametrize(
    ("text", "may_be"),
    [
        ("35840", True),
        ("to-0407654", True),
        ("to-040-76", True),
        ("to-35840x", True),
        ("sale-20101", True),
        ("sale-20101231", True),
        ("2026-10-31/35840", True),
        ("3584", False),
        ("autumn-2026", False),
        ("offer3-2026-1", False),
        ("sale-2026-10-31", False),
        ("sale-20261031-b", False),
        ("31.10.2026", False),
        ("", False),
    ],
)
def test_five_digits_may_be_part_of_a_number_and_days_are_not(text, may_be):
    assert may_be_part_of_number(text) == may_be

"""Check and differences of a price list's content."""

from datetime import date

import pytest
from django.utils import translation

from reports.billing.prices.checks import MAX_ROWS, Traffic, check
from reports.billing.prices.differences import Difference, What, differences
from reports.billing.prices.rows import Content, FeeRow, GroupRow, PriceRow
from reports.billing.prices.texts import problem_text
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode, Tier

TODAY = date(2026, 11, 30)
JANUARY, MARCH, JULY = date(2026, 1, 1), date(2026, 3, 1), date(2026, 7, 1)
OPEN = (Tier(None, 1),)


def codes(content: Content, traffic: Traffic | None = None) -> tuple[list[str], list[str]]:
    found = check(content.ordered(), traffic=traffic, today=TODAY)
    return [one.code for one in found.errors], [one.code for one in found.warnings]


def test_full_content_has_no_problem(full):
    assert codes(full) == ([], [])


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([PriceRow(1, JANUARY, JULY, "FI"), PriceRow(2, MARCH, None, "FI")], "overlap"),
        ([PriceRow(1, JANUARY, None, "FI"), PriceRow(2, JANUARY, None, "FI")], "overlap"),
        ([PriceRow(1, JANUARY, None, "FI", "Elisa"), PriceRow(2, JANUARY, None, "FI", " elisa ")], "overlap"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, None, OPEN),
          GroupRow("b", ("NO", "SE"), Mode.VOLUME, MARCH, None, OPEN)], "overlap_of_group"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, None, OPEN), PriceRow(1, MARCH, None, "SE")],
         "overlap_of_group"),
        ([PriceRow(1, JULY, JANUARY)], "ends_before"),
        ([PriceRow(1, JULY, JULY)], "ends_before"),
        ([PriceRow(1, date(1999, 12, 31))], "far_day"),
        ([PriceRow(1, JANUARY, country="XX")], "country"),
        ([PriceRow(1, JANUARY, sender_type="pigeon")], "sender_type"),
        ([PriceRow(-1, JANUARY)], "price"),
        ([PriceRow(10_000_000_001, JANUARY)], "price"),
        ([PriceRow(1, JANUARY, operator="x" * 201)], "operator"),
        ([PriceRow(1, JANUARY, operator="+358401234567")], "number"),
        ([GroupRow("", ("SE",), Mode.VOLUME, JANUARY, None, OPEN)], "name"),
        ([GroupRow("of 0401234567", ("SE",), Mode.VOLUME, JANUARY, None, OPEN)], "number"),
        ([GroupRow("a", (), Mode.VOLUME, JANUARY, None, OPEN)], "group_countries"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, date(2026, 1, 2), None, OPEN)], "first_of_month"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, date(2026, 3, 2), OPEN)], "first_of_month"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, None, (Tier(10, 1),))], "tiers"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, None, (Tier(10, 1), Tier(5, 1), Tier(None, 1)))], "tiers"),
        ([GroupRow("a", ("SE",), Mode.PACKAGES, JANUARY)], "tiers"),
        ([GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, None, (*(Tier(n, 1) for n in range(1, 22)), Tier(None, 1)))],
         "too_many_tiers"),
        ([FeeRow("a", FeeKind.MONTHLY, -1, JANUARY)], "amount"),
        ([FeeRow("a", FeeKind.ONE_OFF, 1, JANUARY, JULY)], "one_off_day"),
        ([FeeRow("a", FeeKind.ONE_OFF, 1, JANUARY), FeeRow("A", FeeKind.ONE_OFF, 2, JANUARY)], "overlap"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error_with_a_text_in_both_languages(rows, code):
    content = Content()
    for row in rows:
        content = content.with_row(row)

    found = check(content.ordered(), today=TODAY)

    assert [one.code for one in found.errors] == [code]
    texts = []
    for language in ("en", "fi"):
        with translation.override(language):
            texts.append([problem_text(one, "EUR") for one in found.errors])
    assert texts[0] != texts[1]


def test_there_are_so_many_rows_at_most():
    content = Content(tuple(PriceRow(1, JANUARY, operator=f"o{n}") for n in range(MAX_ROWS + 1)))

    assert codes(content) == (["too_many_rows"], [])


def test_gap_names_its_days():
    content = Content((PriceRow(1, JANUARY, MARCH, "FI"), PriceRow(2, JULY, None, "FI")))

    (warning,) = check(content, today=TODAY).warnings

    with translation.override("en"):
        assert problem_text(warning, "EUR").endswith(": There is no price from 1 Mar 2026 to 30 Jun 2026.")


def test_volume_that_gets_cheaper_is_told_with_both_amounts():
    tiers = (Tier(10_000, 1000), Tier(None, 800))

    (warning,) = check(
        Content(groups=(GroupRow("a", ("SE",), Mode.VOLUME, JANUARY, None, tiers),)), today=TODAY
    ).warnings

    assert (warning.code, warning.values) == (
        "cheaper_with_more", {"quantity": 10_000, "cost": 10_000_000, "next_cost": 8_000_800},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "warnings"),
    [
        ([PriceRow(1, JANUARY, country="FI", operator="Elisa"), PriceRow(1, JANUARY)], []),
        ([PriceRow(1, JANUARY, country="FI", operator="Elysa"), PriceRow(1, JANUARY)], ["unknown_operator"]),
        ([PriceRow(1, JANUARY, country="FI")], ["unpriced"]),
        ([PriceRow(1, JANUARY, country="FI"), PriceRow(1, JANUARY, country="SE")], []),
        ([PriceRow(1, JANUARY, country="FI"), PriceRow(1, JANUARY, MARCH, country="SE")], ["unpriced"]),
        ([PriceRow(1, JANUARY, country="FI"), PriceRow(1, JANUARY, None, "SE", "Elisa")], ["unpriced"]),
        ([], []),
    ],
)
def test_operators_and_countries_are_compared_with_messages(rows, warnings):
    content = Content(tuple(rows))

    assert codes(content, Traffic(frozenset({"FI", "SE"}), frozenset({"ELISA"}))) == ([], warnings)


def test_open_row_ends_where_the_next_begins():
    content = Content((PriceRow(2, JULY, None, "FI"), PriceRow(1, JANUARY, None, "FI"), PriceRow(3, JULY, None, "SE")))

    assert content.ordered().prices == (
        PriceRow(1, JANUARY, JULY, "FI"), PriceRow(2, JULY, None, "FI"), PriceRow(3, JULY, None, "SE"),
    )  # fmt: skip


def test_differences_say_what_becomes_of_each_row():
    kept, old = PriceRow(1, JANUARY, None, "SE"), PriceRow(1, JANUARY, None, "FI")
    gone, before = PriceRow(1, JANUARY, None, "NO"), PriceRow(1, JANUARY, None, "DK")
    new, ended = PriceRow(2, JULY, None, "FI"), PriceRow(1, JANUARY, JULY, "FI")
    after = PriceRow(9, JANUARY, None, "DK")

    found = differences(Content((kept, old, gone, before)), Content((kept, old, new, after)))

    assert found == [
        Difference(What.CHANGED, before, after),
        Difference(What.ENDED, old, ended),
        Difference(What.ADDED, None, new),
        Difference(What.REMOVED, gone, None),
    ]

from datetime import date

import pytest

from portal.common.period_picker import Period, PeriodError, comparison, parse, parse_comparison, query

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-23", "2026-11-23"),
        ("yesterday", "2026-11-22", "2026-11-22"),
        ("7d", "2026-11-17", "2026-11-23"),
        ("30d", "2026-10-25", "2026-11-23"),
        ("90d", "2026-08-26", "2026-11-23"),
        ("this_month", "2026-11-01", "2026-11-23"),
        ("last_month", "2026-10-01", "2026-10-31"),
        ("12m", "2025-11-01", "2026-10-31"),
        ("this_year", "2026-01-01", "2026-11-23"),
        ("last_year", "2025-01-01", "2025-12-31"),
    ],
)
def test_parse_named(name, first, last):
    assert parse({"period": name}, today=TODAY) == Period(date.fromisoformat(first), date.fromisoformat(last), name)


def test_parse_own_days():
    assert parse({"from": "2026-10-03", "to": "2026-10-09"}, today=TODAY) == Period(
        date(2026, 10, 3), date(2026, 10, 9)
    )


def test_parse_without_end_ends_today():
    assert parse({"from": "2026-11-20"}, today=TODAY) == Period(date(2026, 11, 20), TODAY)


def test_parse_nothing_is_the_default():
    assert parse({}, today=TODAY, default="last_month") == Period(date(2026, 10, 1), date(2026, 10, 31), "last_month")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"period": "fortnight"}, "period"),
        ({"period": "7d", "from": "2026-10-03"}, "period"),
        ({"to": "2026-10-03"}, "from"),
        ({"from": "2026-10-32"}, "from"),
        ({"from": "20261001"}, "from"),
        ({"from": "1999-12-31"}, "from"),
        ({"from": "2026-10-03", "to": "tomorrow"}, "to"),
        ({"from": "2026-10-03", "to": "2026-10-02"}, "to"),
        ({"from": "2023-11-19", "to": "2026-11-23"}, "from"),
    ],
)
def test_parse_refuses(params, field):
    with pytest.raises(PeriodError) as caught:
        parse(params, today=TODAY)
    assert caught.value.field == field


def test_parse_takes_the_longest_period():
    assert parse({"from": "2023-11-20", "to": "2026-11-23"}, today=TODAY).days == 1100


def test_parse_comparison_refuses_other_words():
    assert parse_comparison({"compare": "year"}) == "year"
    with pytest.raises(PeriodError) as caught:
        parse_comparison({"compare": "before"})
    assert caught.value.field == "compare"


@pytest.mark.parametrize(
    ("params", "first", "last"),
    [
        ({"period": "7d"}, "2026-11-10", "2026-11-16"),
        ({"period": "today"}, "2026-11-22", "2026-11-22"),
        ({"period": "this_month"}, "2026-10-01", "2026-10-23"),
        ({"period": "last_month"}, "2026-09-01", "2026-09-30"),
        ({"period": "12m"}, "2024-11-01", "2025-10-31"),
        ({"period": "this_year"}, "2025-01-01", "2025-11-23"),
        ({"period": "last_year"}, "2024-01-01", "2024-12-31"),
        ({"from": "2026-07-01", "to": "2026-09-30"}, "2026-04-01", "2026-06-30"),
        ({"from": "2026-07-02", "to": "2026-07-03"}, "2026-06-30", "2026-07-01"),
    ],
)
def test_comparison_with_what_came_before(params, first, last):
    before = comparison(parse(params, today=TODAY), "previous")
    assert before == Period(date.fromisoformat(first), date.fromisoformat(last))


def test_comparison_with_a_shorter_month_before():
    march = parse({"period": "this_month"}, today=date(2026, 3, 31))
    assert comparison(march, "previous") == Period(date(2026, 2, 1), date(2026, 2, 28))


def test_comparison_with_the_year_before_a_leap_day():
    assert comparison(Period(date(2028, 2, 29), date(2028, 3, 1)), "year") == Period(
        date(2027, 2, 28), date(2027, 3, 1)
    )


def test_comparison_none():
    assert comparison(Period(TODAY, TODAY), "none") is None


@pytest.mark.parametrize(
    ("params", "how", "text"),
    [
        ({"period": "30d"}, "none", "period=30d"),
        ({"from": "2026-10-03", "to": "2026-10-09"}, "year", "from=2026-10-03&to=2026-10-09&compare=year"),
    ],
)
def test_query_leads_back(params, how, text):
    assert query(parse(params, today=TODAY), how) == text

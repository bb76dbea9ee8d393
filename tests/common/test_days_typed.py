"""Dates as people type them, in every notation that pages show."""

from datetime import date, timedelta

import pytest
from django.utils import translation

from portal.common.day_field import DayField, day_example, day_text
from portal.common.days_typed import parse_day, parse_iso

OCTOBER_31 = date(2026, 10, 31)


@pytest.mark.parametrize(
    "text",
    ["2026-10-31", "31.10.2026", "31. 10. 2026", " 31.10.2026 ", "31 Oct 2026", "31 oct. 2026", "31 October 2026"],
)
def test_every_notation_is_read(text):
    assert parse_day(text) == OCTOBER_31


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "31/10/2026", "10/31/2026", "31.10.26", "31.11.2026", "2026-13-01", "31 Ock 2026", "20261031"],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError):
        parse_day(text)


@pytest.mark.parametrize("text", ["31.10.2026", "20261031", "2026-W44-6", "31 Oct 2026", ""])
def test_api_reads_iso_alone(text):
    assert parse_iso("2026-10-31") == OCTOBER_31
    with pytest.raises(ValueError):
        parse_iso(text)


@pytest.mark.parametrize(("language", "example"), [("en", "31 Oct 2026"), ("fi", "31.10.2026")])
def test_each_language_reads_what_it_shows(language, example):
    with translation.override(language):
        days = [date(2026, 1, 1) + timedelta(days=n) for n in range(366)]
        assert [parse_day(day_text(day)) for day in days] == days
        assert day_example() == example


@pytest.mark.parametrize(("language", "example"), [("en", "31 Oct 2026"), ("fi", "31.10.2026")])
def test_field_shows_the_language_s_notation_and_names_itself_in_an_error(language, example):
    field = DayField(label="From")
    with translation.override(language):
        shown = [field.widget.format_value(value) for value in ("2026-10-31", OCTOBER_31, "31.10.2026", "x")]
        with pytest.raises(Exception) as error:
            field.clean("31/10/2026")
        html = field.widget.render("from", "2026-10-31")
        message = " ".join(error.value.messages)

    assert shown == [example, example, example, "x"]
    assert ("From: " in message, "31/10/2026" in message, example in message) == (True, True, True)
    assert (f'value="{example}"' in html, "data-day" in html, 'type="text"' in html) == (True, True, True)

"""CSV files: the country's separator and decimal sign, every field quoted, nothing to calculate."""

import io
from datetime import UTC, date, datetime

import pytest

from portal.common.csv_file import MACHINE, Number, form_of, write_rows
from portal.common.safe_text import guard_for_csv


@pytest.mark.parametrize(
    ("language", "country", "separator", "decimal", "day"),
    [
        ("fi", "FI", ";", ",", "28.11.2026"),
        ("en", "FI", ";", ",", "2026-11-28"),  # the country's Excel, in whatever language
        ("en", "EE", ";", ",", "28.11.2026"),  # CLDR has no English of Estonia: as its own language
        ("en", "GB", ",", ".", "2026-11-28"),
        ("fi", "SE", ";", ",", "2026-11-28"),
        ("fi", "", ";", ",", "28.11.2026"),
        ("en", "", ",", ".", "2026-11-28"),
        ("xx", "QQ", ",", ".", "2026-11-28"),
    ],
)
def test_form_is_that_of_the_country(language, country, separator, decimal, day):
    form = form_of(language, country)
    assert (form.separator, form.decimal, form.for_people) == (separator, decimal, True)
    assert form.day(date(2026, 11, 28)) == day


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("x;=1+1;", "x;'=1+1;"),
        ("x,+1,y", "x,'+1,y"),
        ("x\t@A1", "x\t'@A1"),
        ("x\r\n-1", "x\r\n'-1"),
        ('x;"=1+1";', 'x;\'"=1+1";'),
        ("x; =1+1", "x;' =1+1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("=1;=2", "'=1;'=2"),
        ("\t=1", "'\t'=1"),
        ("\tx", "'\tx"),
        ("a=b; c-d, e", "a=b; c-d, e"),
        ("+358401234567", "+358401234567"),
        ("+358 ••••••67", "+358 ••••••67"),
        ("+358401234567;=1", "'+358401234567;'=1"),
    ],
)
def test_text_is_guarded_at_its_start_and_after_every_separator(text, guarded):
    assert guard_for_csv(text) == guarded


def test_every_field_is_quoted_and_typed_values_stay_what_they_are():
    finnish = form_of("fi", "FI")
    at = datetime(2026, 11, 28, 14, 30, 5, 999, tzinfo=UTC)

    def line(form):
        text = io.StringIO(newline="")
        values = [at, date(2026, 11, 28), -7, form.number(-1.5, 2), form.percent(0.97421), Number("3"), None, 'a"b', ""]
        write_rows(text, form, [values])
        return text.getvalue()

    assert line(finnish) == '"28.11.2026 14:30:05";"28.11.2026";"-7";"-1,50";"97,42%";"3";"";"a""b";""\r\n'
    assert line(MACHINE) == (
        '"2026-11-28T14:30:05.000999+00:00","2026-11-28","-7","-1.50","0.974210","3","","a""b",""\r\n'
    )

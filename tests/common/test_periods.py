"""Months and days over changes of the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.periods import (
    Month,
    day_bounds,
    days,
    is_closed,
    is_final,
    last_closed_month,
    local_day,
    start_of_day,
    zone,
)

HELSINKI = "Europe/Helsinki"
ZONES = [
    HELSINKI,
    "Pacific/Auckland",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "America/Havana",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_month_is_written_and_read_alike():
    assert Month.parse("2026-10") == Month(2026, 10)
    assert str(Month(2026, 3)) == "2026-03"


@pytest.mark.parametrize("text", ["", "2026", "2026-1", "2026-10-01", "26-10", "2026-10\n", " 2026-10", "٢٠٢٦-١٠"])
def test_month_in_another_form_is_refused(text):
    with pytest.raises(ValueError, match="a month is written like 2026-10, not "):
        Month.parse(text)


@pytest.mark.parametrize("text", ["2026-00", "2026-13", "1969-12", "3000-01", "9999-12"])
def test_month_out_of_range_is_refused(text):
    with pytest.raises(ValueError, match=f"not a month from 1970-01 to 2999-12: {text}"):
        Month.parse(text)


def test_month_knows_its_neighbours_and_days():
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month(2026, 11).next() == Month(2026, 12)
    assert Month(2027, 1).previous() == Month(2026, 12)
    assert Month(2027, 2).previous() == Month(2027, 1)
    assert Month.of(date(2026, 10, 31)) == Month(2026, 10)
    assert (Month(2028, 2).first_day, Month(2028, 2).last_day) == (date(2028, 2, 1), date(2028, 2, 29))
    assert Month(2026, 12).last_day == date(2026, 12, 31)
    assert sorted([Month(2027, 1), Month(2026, 12), Month(2026, 2)]) == [
        Month(2026, 2),
        Month(2026, 12),
        Month(2027, 1),
    ]


def test_days_of_month_are_all_its_dates():
    february = days(Month(2027, 2))
    assert (february[0], february[-1], len(february)) == (date(2027, 2, 1), date(2027, 2, 28), 28)
    assert [d.day for d in days(Month(2026, 10))] == list(range(1, 32))


@pytest.mark.parametrize(
    ("month", "tz", "start", "end", "hours"),
    [
        ("2026-01", HELSINKI, "2025-12-31T22:00", "2026-01-31T22:00", 744),
        ("2026-03", HELSINKI, "2026-02-28T22:00", "2026-03-31T21:00", 743),
        ("2026-10", HELSINKI, "2026-09-30T21:00", "2026-10-31T22:00", 745),
        ("2026-04", "Pacific/Auckland", "2026-03-31T11:00", "2026-04-30T12:00", 721),
        ("2026-09", "Pacific/Auckland", "2026-08-31T12:00", "2026-09-30T11:00", 719),
        ("2026-03", "America/New_York", "2026-03-01T05:00", "2026-04-01T04:00", 743),
        ("2026-11", "America/New_York", "2026-11-01T04:00", "2026-12-01T05:00", 721),
        # October 1 began at 01:00: Paraguay's clocks skipped its midnight.
        ("2017-10", "America/Asuncion", "2017-10-01T04:00", "2017-11-01T03:00", 743),
        # November 1 had two midnights in Cuba.
        ("2015-11", "America/Havana", "2015-11-01T04:00", "2015-12-01T05:00", 721),
        ("2026-10", "UTC", "2026-10-01T00:00", "2026-11-01T00:00", 744),
    ],
)
def test_month_bounds_over_changes_of_the_clock(month, tz, start, end, hours):
    bounds = Month.parse(month).bounds(tz)
    assert bounds == (utc(start), utc(end))
    assert bounds[1] - bounds[0] == timedelta(hours=hours)
    assert all(instant.tzinfo is UTC for instant in bounds)


@pytest.mark.parametrize(
    ("day", "tz", "start", "end"),
    [
        # Midnight does not exist: the day begins at 01:00.
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T03:00", "2018-11-05T02:00"),
        (date(2026, 3, 29), "Asia/Beirut", "2026-03-28T22:00", "2026-03-29T21:00"),
        # Clocks go from 24:00 back to 23:00: the day that ends has 25 hours.
        (date(2018, 2, 17), "America/Sao_Paulo", "2018-02-17T02:00", "2018-02-18T03:00"),
        (date(2026, 10, 24), "Asia/Beirut", "2026-10-23T21:00", "2026-10-24T22:00"),
        # Midnight comes twice: the day begins with the first one.
        (date(2026, 11, 1), "America/Havana", "2026-11-01T04:00", "2026-11-02T05:00"),
        # Clocks went from 23:30 to 00:30: the day began at 00:30, not at 01:00.
        (date(1919, 3, 31), "America/Toronto", "1919-03-31T04:30", "1919-04-01T04:00"),
        # Samoa left out a day.
        (date(2011, 12, 29), "Pacific/Apia", "2011-12-29T10:00", "2011-12-30T10:00"),
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00"),
        (date(2011, 12, 31), "Pacific/Apia", "2011-12-30T10:00", "2011-12-31T10:00"),
    ],
)
def test_day_bounds_where_midnight_is_missing_or_double(day, tz, start, end):
    assert day_bounds(day, tz) == (utc(start), utc(end))


@pytest.mark.parametrize("tz", ZONES)
def test_local_day_changes_at_every_start_of_day(tz):
    day = date(2016, 1, 1)
    wrong = []
    while day < date(2028, 1, 1):
        start = start_of_day(day, tz)
        just_before = start - timedelta(microseconds=1)
        if (local_day(start, tz), local_day(just_before, tz)) != (day, day - timedelta(days=1)):
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(ZONES),
)
def test_every_instant_lies_in_the_bounds_of_its_day_and_month(instant, tz):
    day = local_day(instant, tz)
    start, end = day_bounds(day, tz)
    assert start <= instant < end
    start, end = Month.of(day).bounds(tz)
    assert start <= instant < end


@pytest.mark.parametrize(
    ("instant", "tz", "day"),
    [
        ("2026-10-31T21:59:59.999999", HELSINKI, date(2026, 10, 31)),
        ("2026-10-31T22:00", HELSINKI, date(2026, 11, 1)),
        ("2026-10-31T22:00", "America/New_York", date(2026, 10, 31)),
        ("2026-10-31T22:00", ZoneInfo("Pacific/Auckland"), date(2026, 11, 1)),
    ],
)
def test_local_day_of_instant(instant, tz, day):
    assert local_day(utc(instant), tz) == day


def test_local_day_does_not_depend_on_the_zone_an_instant_is_written_in():
    instant = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert local_day(instant, HELSINKI) == date(2026, 10, 31)


@pytest.mark.parametrize(
    "call",
    [
        lambda naive: local_day(naive, HELSINKI),
        lambda naive: last_closed_month(naive, HELSINKI),
        lambda naive: is_closed(Month(2026, 10), naive, HELSINKI),
        lambda naive: is_final(Month(2026, 10), naive, HELSINKI),
    ],
    ids=["local_day", "last_closed_month", "is_closed", "is_final"],
)
def test_naive_instants_are_refused(call):
    with pytest.raises(ValueError, match="an instant needs a time zone"):
        call(datetime(2026, 10, 31, 12))  # noqa: DTZ001


def test_month_closes_at_its_end_in_the_zone():
    month = Month(2026, 10)
    before, at = utc("2026-10-31T21:59:59.999999"), utc("2026-10-31T22:00")
    assert [is_closed(month, now, HELSINKI) for now in (before, at)] == [False, True]
    assert [last_closed_month(now, HELSINKI) for now in (before, at)] == [Month(2026, 9), Month(2026, 10)]
    assert not is_closed(month, at, "America/New_York")
    assert last_closed_month(utc("2027-01-01T00:00"), "UTC") == Month(2026, 12)


def test_month_is_final_after_its_grace():
    month = Month(2026, 10)
    before, at = utc("2026-11-03T21:59:59.999999"), utc("2026-11-03T22:00")
    assert [is_final(month, now, HELSINKI) for now in (before, at)] == [False, True]
    day_later = utc("2026-11-01T22:00")
    assert is_final(month, day_later, HELSINKI, grace=timedelta(days=1))
    assert not is_final(month, day_later, HELSINKI)


@pytest.mark.parametrize(
    "name",
    ["", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/localtime", "right/Europe/Helsinki", "localtime"],
)
def test_zone_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="no time zone is called"):
        zone(name)


def test_zone_by_name_is_found_once():
    assert zone(HELSINKI) is zone(HELSINKI)
    assert zone(HELSINKI).key == "Europe/Helsinki"

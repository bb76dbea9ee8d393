"""Due instants over changes of the clock, month ends and a skipped day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.periods import Month, day_bounds, local_day
from reports.schedules.due import Frequency, Schedule, is_late, newest_due, next_due
from tests.hypothesis_profile import examples

ZONES = [
    "Europe/Helsinki",
    "Europe/Dublin",  # summer time is its standard time
    "America/New_York",
    "America/Nuuk",  # 23:00 jumps to midnight
    "America/Havana",  # midnight jumps to 01:00
    "America/St_Johns",  # until 2011 clocks went back at 00:01, into the day before
    "Africa/Cairo",
    "Africa/Casablanca",  # goes back for Ramadan
    "Asia/Beirut",
    "Asia/Kathmandu",  # +05:45
    "Australia/Eucla",  # +08:45
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",  # +12:45 and +13:45
    "Pacific/Apia",  # skipped 2011-12-30
    "Pacific/Kiritimati",  # skipped 1994-12-31
    "UTC",
]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(at: str) -> Schedule:
    return Schedule(Frequency.DAILY, time.fromisoformat(at))


def local(instant: datetime, tz: str) -> str:
    return f"{instant.astimezone(ZoneInfo(tz)):%Y-%m-%d %H:%M %z}"


def dues(schedule: Schedule, tz: str, after: str, number: int) -> list[str]:
    """Return the next due instants as local times with their offset."""
    found, instant = [], utc(after)
    for _ in range(number):
        instant = next_due(schedule, tz, instant)
        found.append(local(instant, tz))
    return found


def test_due_instant_itself_is_not_after_itself():
    schedule = daily("08:00")
    assert next_due(schedule, "UTC", utc("2026-11-20 07:59:59")) == utc("2026-11-20 08:00")
    assert next_due(schedule, "UTC", utc("2026-11-20 08:00")) == utc("2026-11-21 08:00")


@pytest.mark.parametrize(
    ("tz", "at", "after", "expected"),
    [
        # 02:30 does not exist on 2026-03-08: 03:00 is the first instant after the gap
        ("America/New_York", "02:30", "2026-03-07 12:00", ["2026-03-08 03:00 -0400", "2026-03-09 02:30 -0400"]),
        # 01:30 occurs twice on 2026-11-01: the first
        ("America/New_York", "01:30", "2026-10-31 12:00", ["2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500"]),
        ("Europe/Helsinki", "03:30", "2026-03-28 12:00", ["2026-03-29 04:00 +0300", "2026-03-30 03:30 +0300"]),
        ("Europe/Helsinki", "03:30", "2026-10-24 12:00", ["2026-10-25 03:30 +0300", "2026-10-26 03:30 +0200"]),
        # midnight does not exist on 2026-03-08
        ("America/Havana", "00:30", "2026-03-07 12:00", ["2026-03-08 01:00 -0400", "2026-03-09 00:30 -0400"]),
        # 23:00 jumps to midnight on 2026-03-28: 22:59 is still on that day
        ("America/Nuuk", "23:30", "2026-03-28 12:00", ["2026-03-28 22:59 -0200", "2026-03-29 23:30 -0100"]),
        # half an hour is skipped on 2026-10-04
        ("Australia/Lord_Howe", "02:15", "2026-10-03 12:00", ["2026-10-04 02:30 +1100", "2026-10-05 02:15 +1100"]),
        ("Pacific/Chatham", "02:50", "2026-09-26 00:00", ["2026-09-27 03:45 +1345", "2026-09-28 02:50 +1345"]),
        ("Asia/Kathmandu", "06:00", "2026-11-20 00:00", ["2026-11-20 06:00 +0545", "2026-11-21 06:00 +0545"]),
        ("Australia/Eucla", "06:00", "2026-11-20 00:00", ["2026-11-21 06:00 +0845", "2026-11-22 06:00 +0845"]),
        # 2011-12-30 does not exist
        ("Pacific/Apia", "08:00", "2011-12-29 12:00", ["2011-12-29 08:00 -1000", "2011-12-31 08:00 +1400"]),
    ],
)
def test_daily_time_over_changes_of_the_clock(tz, at, after, expected):
    assert dues(daily(at), tz, after, 2) == expected


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (
            Schedule(Frequency.WEEKLY, time(8), weekday=5),
            ["2011-12-23 08:00 -1000", "2011-12-29 08:00 -1000", "2012-01-06 08:00 +1400"],
        ),
        (
            Schedule(Frequency.MONTHLY, time(8), month_day=30),
            ["2011-12-29 08:00 -1000", "2012-01-30 08:00 +1400", "2012-02-29 08:00 +1400"],
        ),
        (
            Schedule(Frequency.MONTHLY, time(8), month_day=31),
            ["2011-12-31 08:00 +1400", "2012-01-31 08:00 +1400", "2012-02-29 08:00 +1400"],
        ),
    ],
)
def test_week_and_month_with_a_skipped_day_still_have_one_instant(schedule, expected):
    assert dues(schedule, "Pacific/Apia", "2011-12-20 00:00", 3) == expected


def test_last_day_of_a_month_that_the_zone_skipped():
    schedule = Schedule(Frequency.MONTHLY, time(8), month_day=31)
    assert dues(schedule, "Pacific/Kiritimati", "1994-12-01 00:00", 2) == [
        "1994-12-30 08:00 -1000",
        "1995-01-31 08:00 +1400",
    ]


def test_year_of_months_on_day_31():
    schedule = Schedule(Frequency.MONTHLY, time(2, 30), month_day=31)
    assert dues(schedule, "Europe/Helsinki", "2027-12-31 12:00", 12) == [
        "2028-01-31 02:30 +0200",
        "2028-02-29 02:30 +0200",
        "2028-03-31 02:30 +0300",
        "2028-04-30 02:30 +0300",
        "2028-05-31 02:30 +0300",
        "2028-06-30 02:30 +0300",
        "2028-07-31 02:30 +0300",
        "2028-08-31 02:30 +0300",
        "2028-09-30 02:30 +0300",
        "2028-10-31 02:30 +0200",
        "2028-11-30 02:30 +0200",
        "2028-12-31 02:30 +0200",
    ]


SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(Frequency),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 7),
    st.integers(1, 31),
)
STARTS = st.integers(0, 47 * 366 * 24 * 60).map(lambda minutes: utc("1990-01-01") + timedelta(minutes=minutes))


@examples(150, long=20_000)
@given(schedule=SCHEDULES, tz=st.sampled_from(ZONES), after=STARTS)
def test_each_local_day_week_or_month_has_exactly_one_instant(schedule, tz, after):
    found = [next_due(schedule, tz, after)]
    for _ in range(14):
        found.append(next_due(schedule, tz, found[-1]))
    assert all(earlier < later for earlier, later in zip([after, *found], found, strict=False))
    named = [_period(schedule, local_day(instant, tz)) for instant in found]
    assert named == _existing_periods(schedule, named[0], tz, len(named))
    assert next_due(schedule, tz, found[3] - timedelta(microseconds=1)) == found[3]


def _period(schedule: Schedule, day: date) -> object:
    """Return what the day is in: itself, its week's Monday, or its month."""
    if schedule.frequency == Frequency.MONTHLY:
        return Month.of(day)
    return day - timedelta(days=day.weekday() if schedule.frequency == Frequency.WEEKLY else 0)


def _existing_periods(schedule: Schedule, first, tz: str, number: int) -> list:
    """Return the periods from `first` on without the days that the zone skipped."""
    found = []
    while len(found) < number:
        if isinstance(first, Month):
            found.append(first)
            first = first.next()
            continue
        begin, end = day_bounds(first, tz)
        if schedule.frequency == Frequency.WEEKLY or begin != end:
            found.append(first)
        first += timedelta(days=7 if schedule.frequency == Frequency.WEEKLY else 1)
    return found


@examples(60, long=2_000)
@given(schedule=SCHEDULES, tz=st.sampled_from(ZONES), first=STARTS, away=st.integers(0, 90 * 24 * 60))
def test_after_downtime_only_the_newest_instant_is_due(schedule, tz, first, away):
    first = next_due(schedule, tz, first)
    now = first + timedelta(minutes=away)
    newest = newest_due(schedule, tz, first, now)
    assert first <= newest <= now < next_due(schedule, tz, newest)


def test_catching_up_over_a_change_of_the_clock():
    due = newest_due(daily("03:30"), "Europe/Helsinki", utc("2026-03-20 01:30"), utc("2026-03-29 01:10"))
    assert local(due, "Europe/Helsinki") == "2026-03-29 04:00 +0300"


def test_run_says_that_it_is_late_after_half_an_hour():
    assert not is_late(utc("2026-11-20 08:00"), utc("2026-11-20 08:30"))
    assert is_late(utc("2026-11-20 08:00"), utc("2026-11-20 08:30:01"))

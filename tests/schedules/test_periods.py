"""Days of periods by the calendar of a zone, and when they are final."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from reports.schedules.periods import are_final, days_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "now", "zone", "days"),
    [
        ("last_month", "2026-11-30T12:00", "Europe/Helsinki", ("2026-10-01", "2026-10-31")),
        ("last_month", "2026-11-30T22:30", "Europe/Helsinki", ("2026-11-01", "2026-11-30")),  # December there
        ("last_month", "2026-03-31T12:00", "UTC", ("2026-02-01", "2026-02-28")),
        ("last_month", "2028-03-01T00:00", "UTC", ("2028-02-01", "2028-02-29")),
        ("last_month", "2026-01-01T00:00", "UTC", ("2025-12-01", "2025-12-31")),
        ("last_week", "2026-11-30T12:00", "UTC", ("2026-11-23", "2026-11-29")),  # a Monday
        ("last_week", "2026-11-29T12:00", "UTC", ("2026-11-16", "2026-11-22")),  # a Sunday
        ("last_week", "2026-11-29T18:20", "Asia/Kathmandu", ("2026-11-23", "2026-11-29")),  # Monday at +05:45
        ("yesterday", "2026-11-30T12:00", "UTC", ("2026-11-29", "2026-11-29")),
        ("yesterday", "2026-03-29T12:00", "Europe/Helsinki", ("2026-03-28", "2026-03-28")),  # 23 hours long
        ("yesterday", "2011-12-31T00:00", "Pacific/Apia", ("2011-12-29", "2011-12-29")),  # 30 December was skipped
        ("month_to_date", "2026-11-01T00:30", "UTC", ("2026-11-01", "2026-11-01")),
        ("month_to_date", "2026-11-30T12:00", "UTC", ("2026-11-01", "2026-11-30")),
        ("week_to_date", "2026-11-29T12:00", "UTC", ("2026-11-23", "2026-11-29")),
        ("week_to_date", "2027-01-01T12:00", "UTC", ("2026-12-28", "2027-01-01")),
    ],
)
def test_days_of_period(period, now, zone, days):
    assert tuple(map(str, days_of(period, at=at(now), zone=zone))) == days


def test_months_of_a_year_follow_each_other():
    begins = [days_of("last_month", at=datetime(2026, month, 15, tzinfo=UTC), zone="UTC") for month in range(1, 13)]

    assert all(last + timedelta(days=1) == first for (_, last), (first, _) in pairwise(begins))


def test_final_once_the_grace_is_over_in_all_zones():
    zones, grace = ("Europe/Helsinki", "America/Los_Angeles"), timedelta(hours=72)

    found = [are_final(date(2026, 10, 31), at=at(now), zones=zones, grace=grace) for now in (
        "2026-11-03T22:00", "2026-11-04T06:59", "2026-11-04T07:00",
    )]  # fmt: skip
    assert found == [False, False, True]

"""The rule for silent feeds, on literal hourly counts, and the rates of feeds."""

from datetime import UTC, datetime, timedelta

import pytest

from deliveries.checks.feeds import FeedRate, feed_rates
from deliveries.checks.silent_feeds import FeedState, Silence, assess_feed, count_between
from deliveries.models import IngestCount
from portal.tenants.models import Feed

MONDAY = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
FIRST = MONDAY - 6 * WEEK
LINK, MYLINK = 48 * HOUR, 4 * HOUR  # how long the gateways try


def weeks_before(counts: list[int], *, hour: datetime = MONDAY + HOUR) -> dict[datetime, int]:
    """Return what came in one hour of the week, one, two, three and four weeks ago."""
    return {hour - number * WEEK: count for number, count in enumerate(counts, start=1)}


@pytest.mark.parametrize(
    ("counts", "until", "sound", "expected"),
    [
        ([7, 7, 7, 7], HOUR, FeedState.SILENT, 7.0),
        ([6, 6, 6, 6], HOUR, FeedState.USUAL, 6.0),
        ([100, 100, 100, 100], HOUR / 4, FeedState.SILENT, 25.0),
        ([100, 100, 100, 100], HOUR / 20, FeedState.USUAL, 5.0),
        ([90_000, 0, 0, 0], HOUR, FeedState.USUAL, 0.0),  # one campaign makes no usual rate
        ([90_000, 80_000, 3, 2], HOUR, FeedState.USUAL, 3.0),
        ([50, 40, 30, 0], HOUR, FeedState.SILENT, 30.0),  # nor does one holiday
    ],
)
def test_feed_is_silent_where_the_middle_week_leaves_no_room_for_chance(counts, until, sound, expected):
    received = weeks_before(counts) | {MONDAY: 5}

    assert assess_feed(received, first=FIRST, until=MONDAY + HOUR + until, patience=LINK) == Silence(
        sound, MONDAY + HOUR, expected
    )


def test_feed_that_still_brings_something_is_not_silent():
    received = weeks_before([1000] * 4) | {MONDAY + HOUR: 1}

    assert assess_feed(received, first=FIRST, until=MONDAY + HOUR * 1.5, patience=LINK) == Silence(
        FeedState.USUAL, MONDAY + HOUR * 1.5, 0.0
    )


def test_feed_with_few_reports_a_day_is_silent_after_some_days():
    hours = [FIRST + number * 8 * HOUR for number in range(6 * 21 + 1)]  # three a day, the last one on Monday
    received = dict.fromkeys(hours, 1)

    after = {
        days: assess_feed(received, first=FIRST, until=MONDAY + HOUR + days * DAY, patience=LINK).state
        for days in (1, 2, 3, 40)
    }

    assert after == {1: FeedState.USUAL, 2: FeedState.SILENT, 3: FeedState.SILENT, 40: FeedState.SILENT}


@pytest.mark.parametrize(
    ("first", "sound", "expected"),
    [
        (None, FeedState.UNKNOWN, None),
        (MONDAY - 6 * DAY, FeedState.UNKNOWN, None),
        (MONDAY - WEEK, FeedState.SILENT, 20.0),
        (MONDAY - 2 * WEEK, FeedState.SILENT, 10.0),
    ],
)
def test_weeks_before_the_feed_was_there_count_for_nothing(first, sound, expected):
    received = weeks_before([20, 10]) | {MONDAY: 1}

    silence = assess_feed(received, first=first, until=MONDAY + 2 * HOUR, patience=LINK)

    assert (silence.state, silence.expected) == (sound, expected)


def test_part_of_an_hour_counts_for_its_part():
    assert count_between({MONDAY: 60, MONDAY + HOUR: 30}, start=MONDAY + HOUR / 2, end=MONDAY + HOUR * 1.5) == 45.0


@pytest.mark.parametrize(
    ("patience", "hours", "sound"),
    [
        (LINK, 1, FeedState.USUAL), (LINK, 11.9, FeedState.USUAL), (LINK, 12, FeedState.SILENT),
        (MYLINK, 0.9, FeedState.USUAL), (MYLINK, 1, FeedState.SILENT),
    ],
)  # fmt: skip
def test_gateway_that_gives_up_early_is_silent_early(patience, hours, sound):
    """Five reports were usual in the first hour, none later: too few at 0.1%, enough at 1%."""
    received = weeks_before([5, 5, 5, 5]) | {MONDAY: 5}
    until = MONDAY + HOUR + timedelta(hours=hours)

    assert assess_feed(received, first=FIRST, until=until, patience=patience).state == sound


@pytest.mark.django_db
@pytest.mark.parametrize("number", (1, 3))
def test_rates_of_feeds_need_one_query(account, feed, number, django_assert_num_queries):
    feeds = [feed, *(Feed.objects.create(account=account, name=f"other-{n}") for n in range(number - 1))]
    Feed.objects.create(account=account, name="closed", active=False)
    now = MONDAY + timedelta(minutes=30)
    for one in feeds:
        count(one, {MONDAY - HOUR: 4, MONDAY - 2 * HOUR: 6, MONDAY - WEEK - HOUR: 50, MONDAY - WEEK - 30 * HOUR: 1})

    with django_assert_num_queries(1):
        found = feed_rates(now=now, counted_until=now)

    usual = Silence(FeedState.USUAL, MONDAY, 0.0)
    assert found == [
        FeedRate(
            one.id,
            f"link-main/{one.name}",
            this_hour=0,
            last_hour=4,
            last_day=10,
            usual=50.0,
            silence=usual,
            patience=LINK,
            applied=10,
        )
        for one in sorted(feeds, key=lambda one: one.name)
    ]


@pytest.mark.django_db
def test_rows_that_wait_keep_a_feed_from_being_called_silent(feed):
    count(feed, {MONDAY - WEEK: 500, MONDAY - WEEK - HOUR: 500, MONDAY - HOUR: 500})
    now = MONDAY + timedelta(minutes=30)

    heard = {until: feed_rates(now=now, counted_until=until)[0].silence.state for until in (MONDAY, now)}

    assert heard == {MONDAY: FeedState.USUAL, now: FeedState.SILENT}


def count(feed: Feed, received: dict[datetime, int]) -> None:
    IngestCount.objects.bulk_create(
        IngestCount(
            feed=feed, hour=hour, received=number, reports=number, duplicates=0, quarantined=0, clock_oddities=0
        )
        for hour, number in received.items()
    )

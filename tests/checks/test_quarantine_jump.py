"""The rule for a feed with more quarantined rows than usual."""

from datetime import UTC, datetime, timedelta

import pytest

from deliveries.checks.quarantine_jump import Jump, RowCounts, find_jump, is_jump

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("received", "usual_share", "least"),
    [
        (20, 0.0, 20),
        (1_000_000, 0.0, 20),
        (100, 0.01, 20),
        (1000, 0.01, 23),  # 10 expected, and four times their root more
        (1600, 0.01, 32),  # from 16 expected on, twice as many
        (100_000, 0.01, 2000),
    ],
)
def test_jump_begins_where_neither_the_usual_share_nor_chance_explains_it(received, usual_share, least):
    assert [is_jump(RowCounts(received, least - n), usual_share=usual_share) for n in (0, 1)] == [True, False]


def test_quiet_feed_is_looked_at_over_a_day():
    hours = {NOW - n * HOUR: 2 for n in range(24)}

    assert find_jump(hours, dict.fromkeys(hours, 1), this_hour=NOW) == Jump(NOW - 24 * HOUR, RowCounts(48, 24), 0.0)


def test_usual_share_is_that_of_the_fourteen_days_before_the_last_one():
    received = {NOW - n * HOUR: 10 for n in range(40 * 24)}
    quarantined = {hour: 1 for hour in received if NOW - hour > timedelta(days=1)}
    quarantined |= {hour: 10 for hour in received if NOW - hour > timedelta(days=15)}
    quarantined |= {NOW: 10, NOW - HOUR: 10}

    assert find_jump(received, quarantined, this_hour=NOW) == Jump(NOW - HOUR, RowCounts(20, 20), 0.1)
    assert find_jump(received, quarantined | {NOW: 9}, this_hour=NOW) is None

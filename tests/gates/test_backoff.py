"""Delays between the attempts of a delivery."""

from datetime import timedelta

import pytest

from deliveries.gates.backoff import next_attempt

SECONDS = [5, 30, 120, 600, 1800, 7200, 18000, 36000, 50400, 72000]


@pytest.mark.parametrize(("attempts", "seconds"), [*enumerate(SECONDS, 1), (11, 72000), (500, 72000)])
def test_delay_after_each_failure_within_a_fifth(attempts, seconds):
    assert next_attempt(attempts, random=0.5) == timedelta(seconds=seconds)
    assert next_attempt(attempts, random=0) == timedelta(seconds=seconds * 0.8)
    assert next_attempt(attempts, random=1) == timedelta(seconds=seconds * 1.2)


def test_delays_outlast_a_usual_time_to_live():
    assert sum(SECONDS) > 48 * 3600


def test_no_delay_before_a_failure():
    with pytest.raises(ValueError, match="at least 1, not 0"):
        next_attempt(0, random=0.5)

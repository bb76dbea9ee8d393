"""Five times what the portal can take: refusals in time, no time-outs, nothing acknowledged lost, and soon over."""

from __future__ import annotations

import pytest

from tests.faults.checker import problems
from tests.faults.overload import overload
from tests.running import in_time, say

pytestmark = [pytest.mark.timeout(3600), pytest.mark.any_python]  # a crowded machine may take its time


def test_five_times_capacity_is_refused_in_time_and_soon_over(portal, is_long):
    found = overload(portal, seconds=60 if is_long else 4)
    load = found.load
    say(
        f"seed {load.seed}: taken {found.taken:.0f}/s, offered {found.times} times that for {found.seconds} s:"
        f" {dict(load.answers)}, {found.refused:.0%} refused, 99% of the others within {load.p99:.1f} s, slowest answer"
        f" {load.slowest:.1f} s, taken again after {found.recovered:.1f} s"
    )
    assert set(load.answers) == {200, 503}
    assert found.recovered < in_time(10)
    assert problems(portal, load) == []
    assert problems(portal, found.measured) == []

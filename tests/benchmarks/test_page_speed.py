"""Figure of a page's speed: the 95th percentile, and what is promised for its kind."""

import pytest

from benchmarks.page_speed import figure_of


@pytest.mark.parametrize(
    ("kind", "times", "value", "is_missed"),
    [
        ("campaign", [float(n) for n in range(100, 0, -1)], 96.0, False),
        ("campaign", [100.0] * 90 + [301.0] * 10, 301.0, True),
        ("campaign_recipients", [100.0] * 90 + [301.0] * 10, 301.0, False),
        ("campaign_recipients", [3001.0], 3001.0, True),
    ],
)
def test_page_is_missed_over_its_bar(kind, times, value, is_missed):
    figure = figure_of(kind, times)

    assert (figure.name, figure.value, figure.is_missed) == (f"page_{kind}", value, is_missed)

"""Lines of the key figures: counts from 0, rates with gaps, the provisional part by itself."""

from portal.common.sparkline import Sparkline
from reports.figures.kpis import Kpis
from reports.figures.volume import Volume
from reports.overview.sparklines import sparklines


def columns(*counts: tuple[int, int], provisional_from: int = 99) -> list[tuple[Kpis, bool]]:
    """Return a column for each pair of delivered and failed messages."""
    return [
        (Kpis(Volume(delivered + failed, delivered + failed, delivered, failed)), n >= provisional_from)
        for n, (delivered, failed) in enumerate(counts)
    ]


def test_counts_begin_at_zero_and_fill_the_height():
    found = sparklines(columns((0, 0), (5, 0), (10, 0)))

    assert found["messages"] == found["parts"] == Sparkline("M0.0 22.0L50.0 12.0L100.0 2.0", "")


def test_a_rate_of_nothing_is_a_gap():
    found = sparklines(columns((4, 4), (8, 0), (0, 0), (8, 0), (4, 4)))

    assert found["delivered"] == Sparkline("M0.0 22.0L25.0 2.0M75.0 2.0L100.0 22.0", "")
    assert found["failed"] == Sparkline("M0.0 2.0L25.0 22.0M75.0 22.0L100.0 2.0", "")


def test_the_provisional_part_is_drawn_by_itself_and_joins():
    found = sparklines(columns((10, 0), (10, 0), (5, 0), (10, 0), provisional_from=2))

    assert found["messages"] == Sparkline("M0.0 2.0L33.3 2.0", "M33.3 2.0L66.7 12.0L100.0 2.0")


def test_small_changes_of_a_rate_look_small():
    found = sparklines(columns((980, 20), (990, 10), (980, 20)))

    assert found["failed"].settled == "M0.0 14.0L50.0 18.0L100.0 14.0"  # of a span of five points from 0


def test_no_messages_are_a_line_at_the_bottom():
    assert sparklines(columns((0, 0), (0, 0))) == {
        name: Sparkline("M0.0 22.0L100.0 22.0", "") for name in ("messages", "parts")
    }


def test_one_column_is_no_line():
    assert sparklines(columns((3, 1))) == {}

"""Text form of a measured figure."""

import json

from benchmarks.figure import Figure, table


def test_figure_with_baseline_and_ceiling_tells_ratio_and_share():
    figure = Figure("ingest_http", 6000.0, "requests/s", baseline=400.0, ceiling=12000.0)

    assert json.loads(figure.as_json()) == {
        "name": "ingest_http",
        "value": 6000.0,
        "unit": "requests/s",
        "baseline": 400.0,
        "ratio": 15.0,
        "ceiling": 12000.0,
        "share": 0.5,
    }


def test_figure_without_baseline_and_ceiling_has_nulls():
    assert json.loads(Figure("end_to_end", None, "DLRs/s").as_json()) == {
        "name": "end_to_end",
        "value": None,
        "unit": "DLRs/s",
        "baseline": None,
        "ratio": None,
        "ceiling": None,
        "share": None,
    }


def test_table_marks_a_figure_that_misses_what_is_promised():
    assert table([Figure("paint", 1.2, "s", note="sign-in", is_missed=True)]).endswith("MISSED sign-in")


def test_table_lines_up_values():
    figures = [
        Figure("apply", 15000.0, "DLRs/s", baseline=300.0, note="one applier"),
        Figure("memory_web", 97.5, "MB", ceiling=300.0),
    ]
    assert table(figures).splitlines() == [
        "figure       value  unit    × baseline  % of ceiling",
        "apply       15,000  DLRs/s  50.0                      one applier",
        "memory_web   97.50  MB                  32%",
    ]

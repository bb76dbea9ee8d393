"""The data of the PDF's charts: shares of axes that end at round numbers."""

from datetime import date, timedelta

import pytest

from reports.monthly.layout import build_tables
from reports.monthly.tables import Column, Table
from reports.monthly.writers.pdf_charts import charts_of
from tests.reports.sample import sample_figures

STATUSES = ("Delivered", "Pending", "Failed", "Unknown")
SUMMARY = Table("Summary", (Column("Item", "term"), Column("Value", "mixed")), [], row_kinds=())


def days_table(*rows) -> Table:
    """Return a table of Days: day, four counts, rate."""
    columns = (Column("Day", "date"), *(Column(name, "int") for name in STATUSES), Column("Delivery rate", "percent"))
    return Table("Days", columns, list(rows))


def countries_table(*rows) -> Table:
    columns = (Column("Country", "text"), *(Column(name, "int") for name in STATUSES), Column("Messages", "int"))
    return Table("Countries", columns, list(rows))


FIRST = date(2026, 10, 1)
SECOND = date(2026, 10, 2)
FOURTH = date(2026, 10, 4)


def test_month_has_two_charts_at_its_summary_and_one_at_its_countries():
    charts = charts_of(build_tables(sample_figures()), "en")

    assert {key: [chart["kind"] for chart in of] for key, of in charts.items()} == {
        "Summary": ["columns", "line"],
        "Countries": ["bars"],
    }


def test_columns_stack_to_shares_of_a_round_number():
    [columns, _line] = charts_of(
        [SUMMARY, days_table((FIRST, 60, 10, 10, 0, 0.75), (FOURTH, 30, 0, 0, 10, 0.75))], "en"
    )["Summary"]

    assert columns["ticks"] == [
        {"share": 0.0, "text": "0"}, {"share": 0.25, "text": "20"}, {"share": 0.5, "text": "40"},
        {"share": 0.75, "text": "60"}, {"share": 1.0, "text": "80"},
    ]  # fmt: skip
    assert columns["bars"] == [
        {"slot": 0, "shares": [0.75, 0.125, 0.125, 0.0]},
        {"slot": 3, "shares": [0.375, 0.0, 0.0, 0.125]},
    ]
    assert columns["slots"] == 4
    assert [label["text"] for label in columns["labels"]] == ["1 Oct", "2 Oct", "3 Oct", "4 Oct"]


def test_line_is_broken_where_days_have_no_rate():
    [_columns, line] = charts_of(
        [
            SUMMARY,
            days_table(
                (FIRST, 9, 0, 1, 0, 0.9),
                (SECOND, 1, 0, 0, 0, 1.0),
                (date(2026, 10, 3), 0, 0, 0, 0, None),
                (FOURTH, 8, 0, 2, 0, 0.8),
            ),
        ],
        "fi",
    )["Summary"]

    assert [[(point["slot"], round(point["share"], 6)) for point in points] for points in line["lines"]] == [
        [(0, 0.5), (1, 1.0)],
        [(3, 0.0)],
    ]
    assert [tick["text"] for tick in line["ticks"]] == [
        "80\u00a0%", "85\u00a0%", "90\u00a0%", "95\u00a0%", "100\u00a0%",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lowest", "first_tick"), [(1.0, "96%"), (0.96, "96%"), (0.95, "92%"), (0.5, "0%"), (0.0, "0%"), (0.9, "80%")]
)
def test_axis_of_rates_begins_at_or_below_the_lowest(lowest, first_tick):
    [_columns, line] = charts_of([SUMMARY, days_table((FIRST, 1, 0, 0, 0, 1.0), (SECOND, 1, 0, 0, 0, lowest))], "en")[
        "Summary"
    ]

    assert line["ticks"][0] == {"share": 0.0, "text": first_tick}


def test_no_chart_of_a_single_day_or_without_messages():
    tables = [SUMMARY, days_table((FIRST, 1, 0, 0, 0, 1.0)), countries_table(("Finland", 0, 0, 0, 0, 0))]

    assert charts_of(tables, "en") == {"Summary": []}


def test_year_of_days_has_few_labels():
    rows = [(FIRST + timedelta(n), 1, 0, 0, 0, 1.0) for n in range(365)]
    [columns, _line] = charts_of([SUMMARY, days_table(*rows)], "en")["Summary"]

    assert (columns["slots"], len(columns["bars"]), len(columns["labels"])) == (365, 365, 11)


def test_twelve_countries_are_drawn_and_long_names_are_cut():
    rows = [(f"Country of a very long name {n}", 20 - n, 0, 0, 0, 20 - n) for n in range(15)]
    [bars] = charts_of([countries_table(*rows)], "en")["Countries"]

    assert len(bars["bars"]) == 12
    assert bars["bars"][0] == {"name": "Country of a very long na…", "shares": [1.0, 0.0, 0.0, 0.0], "total": "20"}

"""A filled template: values in their cells, rows inserted, and every other part the same bytes."""

from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest

from reports.monthly.layout import build_tables
from reports.workbook_templates.check import check
from reports.workbook_templates.fill import fill
from reports.workbook_templates.package import Problem, Unusable
from tests.reports.payloads import FORMULAS
from tests.reports.sample import FI, HEADER, sample_figures
from tests.workbook_templates.sample import by_libreoffice, parts_of, saved, template, with_parts

OURS = "Our month"


def filled(content: bytes, figures=None):
    figures = figures or sample_figures()
    return fill(content, build_tables(figures), figures.header)


def opened(content: bytes):
    return openpyxl.load_workbook(BytesIO(content))


def book_of(cells: dict[str, object]):
    book = openpyxl.Workbook()
    book.active.title = OURS
    for at, value in cells.items():
        book.active[at] = value
    return book


def values(sheet) -> list[tuple]:
    return list(sheet.iter_rows(values_only=True))


def test_template_is_filled_and_grows():
    book = opened(filled(template()))

    assert values(book[OURS])[:11] == [
        ("Report of Nordic Retail Oy, October 2026 (provisional)", None, None, None),
        ("Messages", 17_800, None, None),
        (None, None, None, None),
        ("Country", "Messages", "Delivered", "Share"),
        ("Finland", 12_000, 11_700, "=C5/B5"),
        ("Sweden", 5_000, 4_800, "=C6/B6"),
        ("Kosovo", 400, 200, "=C7/B7"),
        ("Unknown", 400, 0, "=C8/B8"),
        ("All", "=SUM(B5:B8)", "=SUM(C5:C8)", None),
        (None, None, None, None),
        ("Checked by", None, None, None),
    ]
    assert values(book["Other"]) == [
        ("='Our month'!B9", None, None),
        ("=SUM('Our month'!B5:B9)", None, None),
        ("plain", None, 17_800),
    ]


def test_looks_of_inserted_rows_are_those_of_the_row_above():
    sheet = opened(filled(template()))[OURS]

    assert [(sheet.cell(row, 1).font.bold, sheet.cell(row, 4).number_format) for row in range(5, 9)] == [
        (True, "0.0%")
    ] * 4
    assert [str(cells.sqref) for cells in sheet.conditional_formatting] == ["B5:B8"]
    assert [str(found.sqref) for found in sheet.data_validations.dataValidation] == ["D11"]
    assert [str(cells) for cells in sheet.merged_cells.ranges] == ["A11:C11"]


def test_names_of_ranges_grow_with_their_place():
    names = {name: found.attr_text for name, found in opened(filled(template())).defined_names.items()}

    assert names == {
        "Days": "'Days & more'!$A$2:$B$32",
        "Operators.Total.Messages": "Other!$C$3",
        "Whole": "'Our month'!$B$5:$B$9",
    }


def test_range_with_a_name_holds_a_table_of_numbers_and_days():
    days = opened(filled(template()))["Days & more"]

    assert [(days.cell(row, 1).value.isoformat()[:10], days.cell(row, 2).value) for row in (2, 3, 32)] == [
        ("2026-10-01", 12_000),
        ("2026-10-02", 5_000),
        ("2026-10-31", 800),
    ]


def test_every_other_part_is_the_same_bytes():
    pivot = {
        "xl/pivotTables/pivotTable1.xml": b'<pivotTableDefinition><location ref="A1:B9"/></pivotTableDefinition>',
        "xl/pivotCache/pivotCacheDefinition1.xml": b'<pivotCacheDefinition><cacheSource><worksheetSource name="Days"/>'
        b"</cacheSource></pivotCacheDefinition>",
        "customXml/item1.xml": b"<?xml version='1.0'?>\n<a  b = 'c' ><!-- kept --></a>",
    }
    before = with_parts(template(), pivot)
    old, new = parts_of(before), parts_of(filled(before))

    assert list(new) == list(old)
    assert {name for name in old if old[name] != new[name]} == {
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
        "xl/worksheets/sheet2.xml",
        "xl/worksheets/sheet3.xml",
    }
    assert {"xl/charts/chart1.xml", "xl/media/image1.png", "xl/styles.xml", *pivot} <= old.keys()


def test_workbook_is_calculated_when_it_is_opened():
    part = parts_of(filled(template()))["xl/workbook.xml"]

    assert part.count(b"<calcPr") == 1
    assert b'fullCalcOnLoad="1"' in part


def test_shorter_table_leaves_the_rest_of_its_place_empty():
    book = book_of({"A1": "x", "A9": "below"})
    book.defined_names["Countries.Country"] = openpyxl.workbook.defined_name.DefinedName(
        "Countries.Country", attr_text=f"'{OURS}'!$A$2:$A$7"
    )
    sheet = opened(filled(saved(book)))[OURS]

    assert [row[0] for row in values(sheet)] == [
        "x", "Finland", "Sweden", "Kosovo", "Unknown", None, None, None, "below",
    ]  # fmt: skip


def test_table_without_rows_leaves_an_empty_row():
    figures = sample_figures(countries={}, partner_ids={}, campaigns={}, operators={}, days={}, errors=[], latency={})
    sheet = opened(filled(saved(book_of({"A1": "{{Countries.Country}}", "A2": "below"})), figures))[OURS]

    assert values(sheet) == [(None,), ("below",)]


def test_two_tables_below_each_other_both_grow():
    cells = {"A1": "{{Countries.Country}}", "B2": "=COUNTA(A1:A1)", "A3": "{{Campaigns.Campaign}}", "B4": "=A3&A2"}
    sheet = opened(filled(saved(book_of(cells))))[OURS]

    assert [row[0] for row in values(sheet)] == [
        "Finland", "Sweden", "Kosovo", "Unknown", None,
        "autumn", "autumn", "(no campaign)", "(other)", "=cmd|' /C calc'!A0", None,
    ]  # fmt: skip
    assert (sheet["B5"].value, sheet["B11"].value) == ("=COUNTA(A1:A4)", "=A6&A5")


@pytest.mark.parametrize("payload", FORMULAS)
def test_hostile_texts_are_texts(payload):
    figures = sample_figures(campaigns={(payload, "", "FI"): sum_of()}, header=replace(HEADER, title_subject=payload))
    content = filled(saved(book_of({"A1": "{{Report.Subject}}", "A2": "{{Campaigns.Campaign}}"})), figures)
    sheet = opened(content)[OURS]

    assert {cell.data_type for row in sheet for cell in row} == {"s"}
    assert b"<f" not in parts_of(content)["xl/worksheets/sheet1.xml"]


def sum_of():
    return sum(list(sample_figures().countries.values())[:-1], FI)


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (
            {"A1": "{{Countries.Massages}}"},
            Problem("unknown_near", f"{OURS}!A1", ("Countries.Massages", "Countries.Messages")),
        ),
        ({"A1": "{{qqqqqq}}"}, Problem("unknown", f"{OURS}!A1", ("qqqqqq", ""))),
        ({"A1": "Sum {{Countries.Messages}}"}, Problem("column_in_text", f"{OURS}!A1", ("Countries.Messages",))),
        ({"A1": "no placeholder"}, Problem("nothing")),
        ({"A1": '=HYPERLINK("{{Report.Period}}")'}, Problem("in_formula", f"{OURS}!A1", ("Report.Period",))),
        ({"A1": "=[1]Sheet1!A1"}, Problem("bad_formula", f"{OURS}!A1", ("[1]Sheet1!A1",))),
        (
            {"A1": '=WEBSERVICE("http://a.example.com")'},
            Problem("bad_formula", f"{OURS}!A1", ('WEBSERVICE("http://a.example.com")',)),
        ),
        ({"A1": "=cmd|'/C calc'!A0"}, Problem("bad_formula", f"{OURS}!A1", ("cmd|'/C calc'!A0",))),
        (
            {"A1": "{{Countries.Country}}", "B1": "{{Operators.Operator}}"},
            Problem("side_by_side", f"{OURS}!B1", (f"{OURS}!A1",)),
        ),
    ],
)  # fmt: skip
def test_problems_name_their_cell(cells, problem):
    assert check(saved(book_of(cells)), build_tables(sample_figures()), HEADER).problems == (problem,)


def growing():
    return book_of({"A5": "{{Countries.Country}}", "B5": "{{Countries.Messages}}", "B6": "total"})


def add_table(book):
    book.active["A8"], book.active["A9"] = "Head", "x"
    book.active.add_table(openpyxl.worksheet.table.Table(displayName="T", ref="A8:A9"))


def add_chart(book):
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(book.active, min_col=2, min_row=5, max_row=5))
    book.active.add_chart(chart, "E1")


def add_chart_below(book):
    sheet = book.create_sheet("Data")
    chart = openpyxl.chart.BarChart()
    chart.add_data(openpyxl.chart.Reference(sheet, min_col=2, min_row=5, max_row=5))
    book.active.add_chart(chart, "E20")


def add_comment(book):
    book.active["A9"].comment = openpyxl.comments.Comment("hello", "me")


def add_merged(book):
    book.active.merge_cells("C5:D5")


def add_break(book):
    book.active.row_breaks.append(openpyxl.worksheet.pagebreak.Break(id=9))


def add_shared(book):
    book.active["C9"] = openpyxl.worksheet.formula.ArrayFormula("C9:C9", "=SUM(B5:B6)")


@pytest.mark.parametrize(
    ("add", "what", "where"),
    [
        (add_table, "table", f"{OURS}!A8:A9"),
        (add_chart, "chart", f"'{OURS}'!$B$5"),
        (add_chart_below, "drawing", f"{OURS}!20:20"),
        (add_comment, "comment", f"{OURS}!A9"),
        (add_merged, "merged", f"{OURS}!C5:D5"),
        (add_break, "page_break", f"{OURS}!9"),
        (add_shared, "shared_formula", f"{OURS}!C9"),
    ],
)
def test_template_that_cannot_grow_is_refused_with_the_cell(add, what, where):
    book = growing()
    add(book)
    content = saved(book)
    problem = Problem("cannot_grow", f"{OURS}!A5", (what, where))

    assert check(content, build_tables(sample_figures()), HEADER).problems == (problem,)
    with pytest.raises(Unusable) as refused:
        filled(content)
    assert refused.value.problems == (problem,)


def test_formula_in_a_place_is_refused():
    book = book_of({"A2": "=1+1"})
    book.defined_names["Days"] = openpyxl.workbook.defined_name.DefinedName("Days", attr_text=f"'{OURS}'!$A$1:$B$31")

    assert check(saved(book), build_tables(sample_figures()), HEADER).problems == (
        Problem("formula_in_place", f"{OURS}!A2", (f"{OURS}!A1:B31",)),
    )


@pytest.mark.needs_libreoffice
@pytest.mark.filterwarnings("ignore:.*xtension is not supported")
def test_template_saved_by_libreoffice_is_filled_and_opens_there(tmp_path):
    theirs = by_libreoffice(template(), tmp_path)
    content = filled(theirs)
    old, new = parts_of(theirs), parts_of(content)
    again = opened(by_libreoffice(content, tmp_path))

    sheets = {name for name in old if name.startswith("xl/worksheets/sheet")}
    assert {name for name in old if old[name] != new[name]} <= {"xl/workbook.xml", *sheets}
    assert [row[:4] for row in values(again[OURS])][4:9] == [
        ("Finland", 12_000, 11_700, "=C5/B5"),
        ("Sweden", 5_000, 4_800, "=C6/B6"),
        ("Kosovo", 400, 200, "=C7/B7"),
        ("Unknown", 400, 0, "=C8/B8"),
        ("All", "=SUM(B5:B8)", "=SUM(C5:C8)", None),
    ]
    assert [len(again[title]._charts) for title in (OURS, "Days & more")] == [0, 1]
    assert len(again[OURS]._images) == 1
    shown = openpyxl.load_workbook(BytesIO((tmp_path / "out" / "source.xlsx").read_bytes()), data_only=True)
    assert shown["Other"]["A1"].value == 17_800

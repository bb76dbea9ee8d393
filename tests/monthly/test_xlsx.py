import re
import tempfile
from collections import Counter
from dataclasses import replace
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import openpyxl
import pandas
import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from openpyxl.utils import range_boundaries

from reports.monthly.layout import Column, Table, build_tables
from reports.monthly.writers import xlsx
from tests.reports.payloads import FORMULAS
from tests.reports.sample import HEADER, account_figures, sample_figures

SHEETS = [
    "Cover",
    "Summary",
    "Countries",
    "Partner IDs",
    "Campaigns",
    "Operators",
    "Days",
    "Errors",
    "Latency",
    "Definitions",
]
FINNISH_SHEETS = [
    "Kansi",
    "Yhteenveto",
    "Maat",
    "Kumppanitunnukset",
    "Kampanjat",
    "Operaattorit",
    "Päivät",
    "Virheet",
    "Viiveet",
    "Selitykset",
]


def written(tables, header=HEADER, **options) -> BytesIO:
    file = BytesIO()
    xlsx.write(tables, header, file, **options)
    file.seek(0)
    return file


def opened(tables, header=HEADER, **options):
    return openpyxl.load_workbook(written(tables, header, **options))


def values(sheet) -> list[tuple]:
    """Return a table's rows, without the mark that stands beside the table of a provisional report."""
    rows = list(sheet.iter_rows(values_only=True))
    width = rows[0].index(None) if None in rows[0] else len(rows[0])
    return [row[:width] for row in rows]


def numbers(count: int) -> Table:
    return Table("Campaigns", (Column("Messages", "int"),), [(n,) for n in range(count)], (None,))


@pytest.fixture(scope="module")
def english():
    return opened(build_tables(sample_figures()))


@pytest.fixture(scope="module")
def finnish():
    figures = sample_figures(language="fi")
    return opened(build_tables(figures), figures.header)


def test_countries_sheet_holds_numbers_as_numbers(english):
    assert english.sheetnames == SHEETS
    assert values(english["Countries"]) == [
        (
            "Country code",
            "Country",
            "Messages",
            "SMS parts",
            "Delivered parts",
            "Billed parts",
            "Delivered",
            "Failed",
            "Pending",
            "Unknown",
            "Delivery rate",
        ),
        ("FI", "Finland", 12_000, 13_500, 13_150, 13_190, 11_700, 200, 60, 40, 0.975),
        ("SE", "Sweden", 5_000, 5_000, 4_800, 4_790, 4_800, 150, 50, 0, 0.96),
        ("XK", "Kosovo", 400, 800, 400, 380, 200, 100, 50, 50, 0.5),
        ("ZZ", "Unknown", 400, 400, 0, 20, 0, 390, 0, 10, 0),
        ("Total", None, 17_800, 19_700, 18_350, 18_380, 16_700, 840, 160, 100, 0.9382022471910112),
    ]


def test_sheets_read_by_another_library_are_the_tables():
    tables = build_tables(sample_figures())
    sheets = pandas.read_excel(written(tables), sheet_name=None, engine="calamine")

    for table in tables[1:]:
        sheet = sheets[table.key].iloc[:, : len(table.columns)]  # without the mark of what is provisional
        found = [[plain(value) for value in row] for row in sheet.itertuples(index=False)]
        expected = [[plain(value) for value in row] for row in [*table.rows, ("Total", *table.total[1:])]]
        assert list(sheet.columns) == [column.key for column in table.columns]
        assert found == expected


def plain(value):
    """Return a cell without the library's types; a workbook's numbers are written with 16 digits."""
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, float):
        return None if pandas.isna(value) else round(value, 12)
    return value


def test_summary_sheet_says_what_the_report_is_about(english):
    assert values(english["Summary"])[:10] == [
        ("Item", "Value", "95% from", "95% to"),
        ("Tenant", "Nordic Retail Oy", None, None),
        ("Period", "October 2026", None, None),
        ("Time zone", "Europe/Helsinki", None, None),
        ("Data as of", "2026-11-04 14:32:07 +02:00", None, None),
        ("Oldest waiting", "nothing waiting", None, None),
        ("State", "provisional", None, None),
        ("Revision", 2, None, None),
        ("Currency", "EUR", None, None),
        ("Messages", 17_800, None, None),
    ]


def test_cells_have_the_formats_of_their_kinds(english):
    countries, days, errors = english["Countries"], english["Days"], english["Errors"]

    assert [cell.number_format for cell in countries[2][:11]] == ["@", "@", *["#,##0"] * 8, "0.00%"]
    assert [cell.number_format for cell in countries[6][:11]][2:] == [*["#,##0"] * 8, "0.00%"]
    assert (days["A2"].value.isoformat(), days["A2"].number_format) == ("2026-10-01T00:00:00", "yyyy-mm-dd")
    assert [cell.number_format for cell in errors[2][:5]] == ["0", "@", "General", "#,##0", "0.00%"]
    assert [cell.number_format for cell in english["Latency"][2][:7]][3:] == ['#,##0" s"'] * 4
    assert english["Summary"]["B19"].number_format == "0.00%"


def test_workbook_of_a_finnish_tenant_is_in_finnish(finnish):
    assert finnish.sheetnames == FINNISH_SHEETS
    assert [row[:3] for row in values(finnish["Maat"])] == [
        ("Maakoodi", "Maa", "Viestit"),
        ("FI", "Suomi", 12_000),
        ("SE", "Ruotsi", 5_000),
        ("XK", "Kosovo", 400),
        ("ZZ", "Tuntematon", 400),
        ("Yhteensä", None, 17_800),
    ]
    assert values(finnish["Yhteenveto"])[1:7] == [
        ("Asiakas", "Nordic Retail Oy", None, None),
        ("Ajanjakso", "lokakuu 2026", None, None),
        ("Aikavyöhyke", "Europe/Helsinki", None, None),
        ("Tietojen ajankohta", "2026-11-04 14:32:07 +02:00", None, None),
        ("Vanhin odottava", "mikään ei odota", None, None),
        ("Tila", "alustava", None, None),
    ]
    assert values(finnish["Virheet"])[1][2] == "vastaanottaja"
    assert finnish["Päivät"]["A2"].number_format == "d.m.yyyy"


def test_every_word_of_a_finnish_workbook_is_translated(finnish, english):
    def words(book):
        tables = book.worksheets[1:]
        heads = [title for sheet in tables for title in values(sheet)[0]]
        meanings = [text for row in values(tables[-1]) for text in row[:2]]
        return heads + [row[0] for row in values(tables[0])] + meanings

    pairs = zip(words(finnish), words(english), strict=True)
    assert {ours for ours, english_word in pairs if ours == english_word} == {"p50", "p90", "p95", "p99"}


def test_defined_names_are_the_english_keys_in_every_language(finnish):
    def named(name):
        ((title, cells),) = finnish.defined_names[name].destinations
        left, top, right, bottom = range_boundaries(cells)
        return [row[left - 1 : right] for row in values(finnish[title])[top - 1 : bottom]]

    assert [row[0] for row in named("Countries")] == ["FI", "SE", "XK", "ZZ"]
    assert named("Countries.Messages") == [(12_000,), (5_000,), (400,), (400,)]
    assert named("Countries.Total")[0][:3] == ("Yhteensä", None, 17_800)
    assert named("Partner_IDs.Partner_ID") == [("nr-fi",), ("nr-se",), ("(ei tunnusta)",), ("(muut)",)]
    assert named("Summary.Delivered") == [(16_700,)]
    assert len(named("Days")) == 31


def test_sheets_have_frozen_headers_filters_and_a4_landscape(english):
    for sheet in english.worksheets[1:]:
        assert (sheet.freeze_panes, sheet.print_title_rows) == ("A2", "$1:$1")
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.page_setup.fitToWidth) == (True, 1)
        assert sheet.oddFooter.left.text == "Nordic Retail Oy · October 2026 · provisional"
        assert sheet.oddFooter.center.text == "Page &P / &N"
        assert sheet.oddFooter.right.text == "Data as of 2026-11-04 14:32:07 (Europe/Helsinki)"
    filters = {sheet.title: sheet.auto_filter.ref for sheet in english}
    assert (filters["Summary"], filters["Countries"], filters["Days"]) == (None, "A1:K5", "A1:J32")


def test_columns_are_as_wide_as_their_content(english):
    widths = {key: d.width for key, d in english["Campaigns"].column_dimensions.items()}

    assert (widths["A"], widths["B"]) == (len("=cmd|' /C calc'!A0") + 2, len("+358401234567") + 2)


def test_subtotals_stand_below_what_is_filtered_and_above_the_total():
    figures = account_figures()
    figures = replace(figures, header=replace(figures.header, language="fi"))
    book = opened(build_tables(figures), figures.header)
    sheet = book["Kumppanitunnukset"]

    assert [row[:3] for row in values(sheet)[4:]] == [
        ("nobody", "(kohdistamaton)", "Europe/Helsinki"),
        ("Välisumma", "Nordic Retail Oy", "Europe/Helsinki"),
        ("Välisumma", "(kohdistamaton)", "Europe/Helsinki"),
        ("Välisumma", "Balkan Shop", "Europe/Belgrade"),
        ("Yhteensä", None, None),
    ]
    assert sheet.auto_filter.ref == "A1:N5"
    assert book.defined_names["Partner_IDs"].attr_text == "'Kumppanitunnukset'!$A$2:$N$5"
    assert book.defined_names["Partner_IDs.Subtotals"].attr_text == "'Kumppanitunnukset'!$A$6:$N$8"
    assert book.defined_names["Partner_IDs.Total"].attr_text == "'Kumppanitunnukset'!$A$9:$N$9"
    fonts = [(cell.font.bold, cell.font.italic) for cell in (sheet["F5"], sheet["F6"], sheet["F9"])]
    assert fonts == [(False, False), (True, True), (True, False)]


def test_subtotal_of_a_hostile_partner_id_is_text_and_its_cut_is_noted():
    columns = (Column("Partner ID", "text"), Column("Messages", "int"))
    table = Table("Partner IDs", columns, [("a", 1)], (None, 1), subtotals=[("=1+1\x07", 1), ("+358401234567", 1)])
    book = opened([table])

    assert values(book["Partner IDs"])[2:4] == [("Subtotal: =1+1␇", 1), ("Subtotal: +358401234567", 1)]
    assert values(book["Notes"])[1:] == [("Partner IDs", "A3", "Control characters are shown as visible signs.")]


@pytest.mark.parametrize("sheet_rows", range(3, 12))
def test_subtotals_of_a_long_table_are_each_written_once(sheet_rows):
    columns = (Column("Campaign", "text"), Column("Messages", "int"))
    rows, subtotals = [(f"c{n}", n) for n in range(5)], [(f"s{n}", n) for n in range(3)]
    book = opened([Table("Campaigns", columns, rows, (None, 10), subtotals=subtotals)], sheet_rows=sheet_rows)

    sheets = [sheet for sheet in book if sheet.title.startswith("Campaigns")]
    lines = [row[0] for sheet in sheets for row in values(sheet)[1:]]
    assert lines == [*(f"c{n}" for n in range(5)), *(f"Subtotal: s{n}" for n in range(3)), "Total"]
    assert all(len(values(sheet)) <= sheet_rows for sheet in sheets)
    named = {}
    for name, defined in book.defined_names.items():
        if name.endswith(".Subtotals"):
            ((title, cells),) = defined.destinations
            _, top, _, bottom = range_boundaries(cells)
            named[title] = [row[0] for row in values(book[title])[top - 1 : bottom]]
    assert [text for found in named.values() for text in found] == lines[5:8]


def test_charts_stand_on_summary_and_countries(english):
    charts = {sheet.title: list(sheet._charts) for sheet in english}
    series = [s.val.numRef.f for s in charts["Summary"][0].series]
    fills = [s.graphicalProperties.solidFill.srgbClr for s in charts["Countries"][0].series]

    assert {title: len(found) for title, found in charts.items() if found} == {"Summary": 1, "Countries": 1}
    assert series == [f"'Days'!${column}$2:${column}$32" for column in "FHGI"]
    assert fills == ["009E73", "2B7BBA", "C2500A", "6E6E6E"]


def test_properties_name_the_portal_and_the_report(english):
    found = english.properties

    assert (found.creator, found.title) == ("SMS reporting portal", "SMS reporting portal")
    assert found.subject == "Nordic Retail Oy · October 2026 · provisional"


def test_footer_of_a_hostile_name_stays_text():
    header = replace(HEADER, title_subject='R&D &P "x" ' + "long " * 40)
    book = opened(build_tables(sample_figures(header=header)), header)
    footer = book["Days"].oddFooter

    assert footer.left.text.startswith('R&&D &&P "x" long')
    assert footer.left.text.endswith("… · October 2026 · provisional")
    assert len(f"&L{footer.left.text}&C{footer.center.text}&R{footer.right.text}") <= 255


@pytest.mark.parametrize("figures", [sample_figures(), account_figures()], ids=["tenant", "account"])
@pytest.mark.parametrize("payload", FORMULAS)
def test_hostile_text_in_any_text_column_is_neither_formula_nor_link(figures, payload):
    header = replace(figures.header, title_subject=payload, currency=payload, warning=payload)
    tables = [poisoned(table, payload) for table in build_tables(replace(figures, header=header))]

    file = written(tables, header)
    book = openpyxl.load_workbook(file)

    with ZipFile(file) as archive:
        sheets = b"".join(archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/"))
    assert re.findall(rb"<f[ >]|<c [^>]*t=\"[^isn]", sheets) == []
    assert outside_links(book) == set()
    shown = payload.translate({0: "␀", 9: "␉", 10: "␊", 13: "␍"}).replace("_x003D_", "_x005F_x003D_")
    found = Counter(c.data_type for sheet in book for row in sheet for c in row if c.value == shown)
    columns = sum(len(t.rows) for t in tables for column in t.columns if column.kind == "text")
    assert found == {"s": columns + 4}


def outside_links(book) -> set[str]:
    return {cell.hyperlink.target for sheet in book for row in sheet for cell in row if cell.hyperlink} - {None}


def poisoned(table: Table, payload: str) -> Table:
    hit = [column.kind == "text" for column in table.columns]
    rows = [tuple(payload if h else v for h, v in zip(hit, row, strict=True)) for row in table.rows]
    return replace(table, rows=rows)


def test_text_that_looks_like_a_formula_stays_text_when_edited():
    table = Table("Campaigns", (Column("Campaign", "text"),), [("=1+1",), ("+358401234567",), ("autumn",)])
    sheet = opened([table])["Campaigns"]

    assert [(row[0].value, row[0].quotePrefix) for row in sheet.iter_rows(min_row=2)] == [
        ("=1+1", True),
        ("+358401234567", True),
        ("autumn", False),
    ]


def test_control_characters_become_visible_and_are_noted():
    table = Table(
        "Campaigns",
        (Column("Campaign", "text"),),
        [("a\x00b\x1b\x7f\x9f\ufffe\ud800c",), ("two\r\nlines",), ("plain",)],
    )
    book = opened([table])

    assert values(book["Campaigns"]) == [("Campaign",), ("a␀b␛␡���c",), ("two␍␊lines",), ("plain",)]
    assert values(book["Notes"]) == [
        ("Sheet", "Cell", "Note"),
        ("Campaigns", "A2", "Control characters are shown as visible signs."),
        ("Campaigns", "A3", "Control characters are shown as visible signs."),
    ]


@pytest.mark.parametrize(
    ("text", "kept", "length"),
    [("x" * 40_000, 32_763, "40,000"), ("€" * 32_768, 32_763, "32,768"), ("😀" * 20_000, 16_381, "20,000")],
    ids=["ascii", "one-too-many", "surrogate-pairs"],
)
def test_text_longer_than_a_cell_is_cut_with_a_mark_and_noted(text, kept, length):
    book = opened([Table("Campaigns", (Column("Campaign", "text"),), [(text,)])])
    cell = book["Campaigns"]["A2"].value

    assert cell == text[:kept] + " […]"
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert values(book["Notes"])[1:] == [
        (
            "Campaigns",
            "A2",
            f"The text has {length} characters, more than a cell holds; it is cut after {kept:,}.",
        )
    ]


def test_text_as_long_as_a_cell_is_whole():
    text = "x" * 32_754 + "_x0041_"  # 32,767 with its underscore escaped
    book = opened([Table("Campaigns", (Column("Campaign", "text"),), [(text,)])])

    assert book.sheetnames == ["Cover", "Campaigns", "Definitions"]
    assert book["Campaigns"]["A2"].value == "x" * 32_754 + "_x005F_x0041_"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("x" * 32_755 + "_x0041_", "x" * 32_755 + "_x0041_"[:6]),
        ("_x0041_" * 4_000, "_x0041_" * 2_520 + "_x0"),
        ("😀" * 10_000 + "_x0041_" * 1_000, "😀" * 10_000 + "_x0041_" * 981 + "_x0041_"[:6]),
    ],
    ids=["one-too-many", "escapes", "escapes-after-surrogate-pairs"],
)
def test_text_is_never_cut_within_an_escape(text, kept):
    book = opened([Table("Campaigns", (Column("Campaign", "text"),), [(text,)])])
    cell = book["Campaigns"]["A2"].value

    assert cell == kept.replace("_x0041_", "_x005F_x0041_") + " […]"
    assert 32_767 - 7 < len(cell.encode("utf-16-le")) // 2 <= 32_767
    assert f"it is cut after {len(kept):,}." in values(book["Notes"])[1][2]


def test_notes_over_a_thousand_are_counted():
    table = Table("Campaigns", (Column("Campaign", "text"),), [("\x07",)] * 1_200)
    notes = values(opened([table])["Notes"])

    assert len(notes) == 1_002
    assert notes[-1] == (
        None,
        None,
        "200 more notes of this kind are not listed. (Control characters are shown as visible signs.)",
    )


def test_table_longer_than_a_sheet_goes_on_in_the_next():
    book = opened([numbers(25)], sheet_rows=11)

    assert book.sheetnames == ["Cover", "Campaigns", "Campaigns (2)", "Campaigns (3)", "Definitions", "Notes"]
    assert values(book["Campaigns"]) == [("Messages",), *((n,) for n in range(10))]
    assert values(book["Campaigns (2)"]) == [("Messages",), *((n,) for n in range(10, 20))]
    assert values(book["Campaigns (3)"]) == [("Messages",), *((n,) for n in range(20, 25)), ("Total",)]
    assert values(book["Notes"])[1:] == [
        ("Campaigns", "A11", "The table is longer than one sheet and goes on in “Campaigns (2)”."),
        ("Campaigns (2)", "A11", "The table is longer than one sheet and goes on in “Campaigns (3)”."),
    ]
    assert book.defined_names["Campaigns_3"].attr_text == "'Campaigns (3)'!$A$2:$A$6"


def test_total_that_does_not_fit_gets_a_sheet_of_its_own():
    book = opened([numbers(20)], sheet_rows=11)

    assert values(book["Campaigns (3)"]) == [("Messages",), ("Total",)]
    assert sorted(n for n in book.defined_names if n.startswith("Campaigns_3")) == ["Campaigns_3.Total"]


@pytest.mark.long
def test_table_of_more_rows_than_a_sheet_of_excel_is_whole(tmp_path):
    path = tmp_path / "long.xlsx"
    rows = xlsx.write([numbers(1_048_577)], HEADER, path)
    book = openpyxl.load_workbook(path, read_only=True)
    first, second = book["Campaigns"], list(book["Campaigns (2)"].iter_rows(values_only=True))

    assert rows == 1_048_577
    assert sum(row[0] for row in first.iter_rows(min_row=2, values_only=True)) == sum(range(1_048_575))
    assert second == [("Messages",), (1_048_575,), (1_048_576,), ("Total",)]
    book.close()


def test_progress_counts_to_the_number_of_rows():
    steps = []
    rows = xlsx.write([numbers(2_500)], HEADER, BytesIO(), lambda done, total: steps.append((done, total)))

    assert rows == 2_500
    assert steps == [(1_000, 2_500), (2_000, 2_500), (2_500, 2_500)]


@pytest.mark.parametrize("error", [ConnectionError, SoftTimeLimitExceeded])
def test_report_that_fails_half_way_leaves_no_files(error, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def fail(done, total):
        assert list(tmp_path.iterdir())
        raise error

    with pytest.raises(error):
        xlsx.write([numbers(1_500), numbers(1_500)], HEADER, BytesIO(), fail)

    assert list(tmp_path.iterdir()) == []


def test_target_that_cannot_be_written_leaves_no_files(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(FileNotFoundError):
        xlsx.write([numbers(1), numbers(1)], HEADER, tmp_path / "none" / "report.xlsx")

    assert list(tmp_path.iterdir()) == []


def test_month_without_messages_is_a_workbook_without_countries_chart():
    none = {name: {} for name in ("countries", "partner_ids", "campaigns", "operators", "days", "latency")}
    book = opened(build_tables(sample_figures(**none, errors=[])))

    assert values(book["Countries"])[1:] == [("Total", None, 0, 0, 0, 0, 0, 0, 0, 0, None)]
    assert [sheet.title for sheet in book if sheet._charts] == ["Summary"]


def test_warning_gets_the_lines_it_needs_up_to_what_a_row_can_be_high():
    heights = []
    for length in (20, 60, 40_000):
        header = replace(HEADER, warning="w" * length)
        sheet = opened(build_tables(sample_figures(header=header)), header)["Summary"]
        heights.append(sheet.row_dimensions[29].height)

    assert heights == [None, 45, 405]


@pytest.mark.parametrize("text", ["a < b & c > d", ' outer "spaces" ', "]]>", "&amp;", "ä 😀 \u2028"])
def test_text_with_marks_of_xml_and_outer_spaces_is_whole(text):
    table = Table("Campaigns", (Column("Campaign", "text"),), [(text,), (text,)])
    assert values(opened([table])["Campaigns"]) == [("Campaign",), (text,), (text,)]

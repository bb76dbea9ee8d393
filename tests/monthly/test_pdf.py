"""The PDF: tagged, with every figure of the tables, and texts that stay texts."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from reports.monthly.layout import Column, Table, build_tables
from reports.monthly.writers import pdf
from tests.reports.payloads import FORMULAS
from tests.reports.sample import HEADER, sample_figures

pytestmark = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs poppler-utils")

TYPST = (
    '#import "@preview/cetz:0.3.0"',
    '#read("/etc/passwd")',
    "$ sum_1^2 $",
    "@reference <label>",
    "*bold* _emph_ `raw` = heading",
    "#set page(fill: red)",
    "]; #panic()",
    "// comment /* block */",
    "\\u{41} -- --- ... ~",
    "\"quoted\" 'single'",
)


def text_of(path: Path, *options: str) -> str:
    found = subprocess.run(["pdftotext", *options, str(path), "-"], check=True, capture_output=True, timeout=60)
    return found.stdout.decode().replace("\u200b", "")


def facts_of(path: Path) -> dict[str, str]:
    found = subprocess.run(["pdfinfo", str(path)], check=True, capture_output=True, timeout=60).stdout.decode()
    return dict(re.findall(r"^([^:]+):\s+(.*)$", found, re.MULTILINE))


def alternatives_of(path: Path) -> list[str]:
    """Return the texts in place of drawings, in the file's order."""
    found = re.findall(rb"/Alt\s*<(\w+)>", path.read_bytes())
    return [bytes.fromhex(text.decode()).decode("utf-16") for text in found]


def written(tmp_path: Path, tables, header=HEADER) -> Path:
    path = tmp_path / "report.pdf"
    pdf.write(tables, header, path)
    return path


def test_pdf_is_tagged_and_says_what_it_is_about(tmp_path):
    facts = facts_of(written(tmp_path, build_tables(sample_figures())))

    assert {name: facts[name] for name in ("Title", "Subject", "Tagged", "JavaScript", "Pages")} == {
        "Title": "Nordic Retail Oy",
        "Subject": "Nordic Retail Oy · October 2026 · provisional",
        "Tagged": "yes",
        "JavaScript": "no",
        "Pages": "5",
    }


def test_fonts_of_the_pdf_are_embedded(tmp_path):
    path = written(tmp_path, build_tables(sample_figures()))
    found = subprocess.run(["pdffonts", str(path)], check=True, capture_output=True, timeout=60).stdout.decode()

    rows = [line.split() for line in found.splitlines()[2:]]
    assert [(row[0].split("+")[1], row[-5]) for row in rows] == [("Inter-Regular", "yes"), ("Inter-Bold", "yes")]


def test_every_page_has_the_mark_of_what_is_provisional_and_its_number(tmp_path):
    pages = text_of(written(tmp_path, build_tables(sample_figures()))).split("\f")[:-1]

    assert ["PROVISIONAL" in page for page in pages] == [True] * 5
    assert [re.search(r"Page (\d) / 5", page)[1] for page in pages] == list("12345")


def test_short_tables_share_a_page_and_one_without_room_begins_the_next(tmp_path):
    tables = build_tables(sample_figures())
    pages = text_of(written(tmp_path, tables)).split("\f")[:-1]

    names = [table.key for table in tables]
    assert [[line for line in page.splitlines() if line in names] for page in pages] == [
        ["Summary"], ["Countries", "Partner IDs", "Campaigns"], ["Operators"], ["Days"], ["Errors", "Latency"],
    ]  # fmt: skip


def test_table_longer_than_a_page_begins_one(tmp_path):
    short = Table("Errors", (Column("Messages", "int"),), [(n,) for n in range(3)])
    long = Table("Campaigns", (Column("Campaign", "text"),), [("c",)] * 100)
    pages = text_of(written(tmp_path, [short, long, short])).split("\f")[:-1]

    found = [[line for line in page.splitlines() if line in ("Errors", "Campaigns")] for page in pages]
    assert found == [["Errors"], ["Campaigns"], ["Errors"]]


def test_charts_have_a_text_for_people_who_cannot_see_them(tmp_path):
    figures = sample_figures()

    assert alternatives_of(written(tmp_path, build_tables(figures))) == [
        "Messages by day. Stacked by delivered, pending, failed and unknown. Most: 2026-10-01, 12,000. "
        "The table “Days” has all figures.",
        "Delivery rate by day. From 25.00\u00a0% on 2026-10-31 to 97.50\u00a0% on 2026-10-01. The table “Days” has all"
        " figures.",
        "Messages by country, largest 12. Stacked by delivered, pending, failed and unknown. Most: Finland, 12,000. "
        "The table “Countries” has all figures.",
    ]


def test_charts_are_named_in_the_language_of_the_report(tmp_path):
    figures = sample_figures(language="fi")
    text = text_of(written(tmp_path, build_tables(figures), figures.header))

    for title in ("Viestit päivittäin", "Toimitusaste päivittäin", "Viestit maittain, 12 suurinta", "28.10."):
        assert title in text


def test_final_report_has_no_mark(tmp_path):
    header = replace(HEADER, state="final")

    assert "PROVISIONAL" not in text_of(written(tmp_path, build_tables(sample_figures(header=header)), header))


def test_finnish_pdf_has_finnish_words_and_numbers(tmp_path):
    figures = sample_figures(language="fi")
    text = text_of(written(tmp_path, build_tables(figures), figures.header), "-layout")

    [finland] = [line.strip().replace("\u00a0", " ") for line in text.splitlines() if line.strip().startswith("FI ")][
        :1
    ]
    assert re.split(r"\s{2,}", finland) == [
        "FI", "Suomi", "12 000", "13 500", "13 150", "13 190", "11 700", "200", "60", "40", "97,50 %",
    ]  # fmt: skip
    assert "ALUSTAVA" in text
    assert "31.10.2026" in text


@pytest.mark.parametrize(
    ("language", "difference", "day"),
    [("en", "3.12 pt", "2026-11-05"), ("fi", "3,12 %-yks.", "5.11.2026")],
)
def test_no_line_ends_at_the_hyphen_of_a_short_value(tmp_path, language, difference, day):
    """Weeks read as on pages, differences of rates are in percentage points; many columns leave little room."""
    columns = (Column("Week", "week"), Column("Day", "date"), Column("Difference", "points"))
    others = tuple(Column("Delivered (messages with a known time)", "int") for _ in range(12))
    table = Table("Groups", (*columns, *others), [("2026-W45", date(2026, 11, 5), 0.03121, *range(12))])

    lines = text_of(written(tmp_path, [table], replace(HEADER, language=language)), "-raw").splitlines()

    [line] = [line for line in lines if "2026-W" in line]
    assert line.startswith(f"2026-W45 {day} {difference} 0")


@pytest.mark.parametrize("texts", [FORMULAS, TYPST], ids=["formulas", "typst"])
def test_texts_stay_texts(tmp_path, texts):
    table = Table("Campaigns", (Column("Campaign", "text"),), [(text,) for text in texts])
    header = replace(HEADER, title_subject=texts[0], product=texts[2])
    path = written(tmp_path, [table], header)

    shown = "".join(text_of(path).split())
    for text in texts:
        expected = re.sub("[\x00-\x1f]", "\ufffd", text)
        assert "".join(expected.split()) in shown
    links = subprocess.run(["pdfinfo", "-url", str(path)], check=True, capture_output=True, timeout=60).stdout.decode()
    assert len(links.splitlines()) == 1  # the heading of the list


def test_signs_without_a_font_do_not_end_the_pdf(tmp_path):
    table = Table("Campaigns", (Column("Campaign", "text"),), [("\U0010fffd 日本語 😀 שלום",), ("plain",)])

    path = written(tmp_path, [table])

    assert "plain" in text_of(path)
    assert facts_of(path)["Tagged"] == "yes"


def test_long_names_wrap_within_the_page(tmp_path):
    table = Table("Campaigns", (Column("Campaign", "text"), Column("Messages", "int")), [("x" * 300, 7)])

    boxes = text_of(written(tmp_path, [table]), "-bbox")
    edges = [float(right) for right in re.findall(r'xMax="([\d.]+)"', boxes)]
    assert max(edges) < 595.276 - 35


def test_rows_of_a_long_table_have_its_head_on_every_page(tmp_path):
    table = Table("Campaigns", (Column("Campaign", "text"), Column("Messages", "int")), [("c", n) for n in range(200)])

    pages = text_of(written(tmp_path, [table])).split("\f")[:-1]

    assert len(pages) > 3
    assert ["Campaign\n" in page for page in pages] == [True] * len(pages)


def test_too_many_cells_are_refused_before_anything_is_made(tmp_path):
    table = Table("Campaigns", (Column("Messages", "int"),), [(n,) for n in range(pdf.MAX_CELLS + 1)])

    with pytest.raises(pdf.PdfTooLong, match="100001 cells"):
        pdf.write([table], HEADER, tmp_path / "report.pdf")

    assert list(tmp_path.iterdir()) == []


class Cancelled(Exception):
    pass


def test_callback_that_raises_ends_the_program(tmp_path):
    table = Table("Days", (Column("Day", "datetime"),), [(datetime(2026, 10, 1, tzinfo=UTC),)] * 20_000)

    def beat(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        pdf.write([table], HEADER, tmp_path / "report.pdf", beat)

    assert list(tmp_path.iterdir()) == []

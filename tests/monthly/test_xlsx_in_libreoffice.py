"""The workbook as another program sees it: opened, recalculated, printed."""

import re
import shutil
import subprocess
from dataclasses import replace

import openpyxl
import pytest

from reports.monthly.layout import Column, Table, build_tables
from reports.monthly.writers import xlsx
from tests.brands.conftest import png
from tests.reports.payloads import FORMULAS
from tests.reports.sample import sample_figures

pytestmark = [
    pytest.mark.needs_libreoffice,
    pytest.mark.filterwarnings("ignore:.*xtension is not supported and will be removed"),
]


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """Write a Finnish workbook and have LibreOffice open, recalculate and save it as XLSX and PDF."""
    folder = tmp_path_factory.mktemp("libreoffice")
    figures = sample_figures(language="fi")
    figures = replace(figures, header=replace(figures.header, logo=png()))
    hostile = Table("Texts", (Column("Note", "text"),), [(payload,) for payload in FORMULAS])
    xlsx.write([*build_tables(figures), hostile], figures.header, folder / "report.xlsx")
    for kind in ("xlsx", "pdf"):
        (folder / kind).mkdir()
        subprocess.run(
            [
                "soffice",
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                kind,
                "--outdir",
                str(folder / kind),
                str(folder / "report.xlsx"),
            ],
            check=True,
            capture_output=True,
            timeout=240,
        )
    return folder


def test_cells_are_the_same_after_libreoffice_has_recalculated_them(converted):
    ours = openpyxl.load_workbook(converted / "report.xlsx")
    theirs = openpyxl.load_workbook(converted / "xlsx" / "report.xlsx")

    assert theirs.sheetnames == ours.sheetnames
    for sheet in ours:
        expected = [[shown(cell.value) for cell in row] for row in sheet.iter_rows()]
        found = [[shown(cell.value) for cell in row] for row in theirs[sheet.title].iter_rows()]
        assert [row[: len(expected[0])] for row in found] == expected
    assert {c.data_type for sheet in theirs for row in sheet for c in row} <= {"s", "n", "d"}


def test_logo_stays_in_the_first_sheet(converted):
    for name in ("report.xlsx", "xlsx/report.xlsx"):
        book = openpyxl.load_workbook(converted / name)
        assert [len(sheet._images) for sheet in book][:2] == [1, 0]


def shown(value):
    """Return what a reader sees: LibreOffice saves 15 digits, openpyxl leaves `_x003D_` escaped."""
    if isinstance(value, float):
        return round(value, 12)
    return value.replace("_x005F_", "_") if isinstance(value, str) else value


def test_defined_names_survive_libreoffice(converted):
    theirs = openpyxl.load_workbook(converted / "xlsx" / "report.xlsx")

    assert theirs.defined_names["Countries.Messages"].attr_text.replace("'", "") == "Maat!$C$2:$C$5"


def test_pages_are_a4_landscape_one_per_short_sheet(converted):
    pdf = (converted / "pdf" / "report.pdf").read_bytes()
    boxes = {tuple(round(float(side)) for side in box.split()) for box in re.findall(rb"/MediaBox\s*\[(.*?)\]", pdf)}

    assert boxes == {(0, 0, 842, 595)}
    # the cover, eight tables, the texts, the notes, and the definitions, which need two
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 13


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler's pdftotext is not installed")
def test_no_number_is_too_wide_for_its_column(converted):
    text = subprocess.run(
        ["pdftotext", "-layout", str(converted / "pdf" / "report.pdf"), "-"], check=True, capture_output=True
    ).stdout.decode()

    assert "###" not in text
    assert "17,800" in text or "17 800" in text

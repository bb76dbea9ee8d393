"""A real month's workbooks as LibreOffice prints them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import CUSTOMERS
from tests.e2e.words import SHEETS, in_language
from tests.e2e.workbook import read_with_openpyxl

pytestmark = pytest.mark.needs_libreoffice

ROWS_ON_A_PAGE = 20  # at the least, on A4 landscape


@pytest.fixture(scope="module")
def printed(workbooks: dict[str, Path], tmp_path_factory) -> Path:
    """The folder of all customers' workbooks as PDF."""
    folder = tmp_path_factory.mktemp("printed")
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            str(folder),
            *map(str, workbooks.values()),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    return folder


@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.slug)
def test_printed_workbook_has_a_page_for_each_sheet_and_few_more(printed, workbooks, customer):
    pdf = (printed / f"{customer.slug}.pdf").read_bytes()
    rows = sum(len(sheet) for sheet in read_with_openpyxl(workbooks[customer.slug]).values())
    boxes = {tuple(round(float(side)) for side in box.split()) for box in re.findall(rb"/MediaBox\s*\[(.*?)\]", pdf)}

    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
    sheets = len(SHEETS) + 2  # with the cover and the definitions
    assert sheets <= pages <= sheets + rows // ROWS_ON_A_PAGE
    assert boxes == {(0, 0, 842, 595)}


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler's pdftotext is not installed")
@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: customer.slug)
def test_printed_workbook_shows_every_sheet_and_no_error(printed, customer):
    path = printed / f"{customer.slug}.pdf"
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True).stdout.decode()
    heads = [page.strip().split("\n")[0].strip() for page in text.split("\f")]

    assert re.findall(r"###|#REF|#NAME|#VALUE|#DIV|Err:\d", text) == []
    shown = list(dict.fromkeys(re.split(r"\s{2,}", head)[0] for head in heads[1:] if head))  # the cover has no head
    assert shown == [in_language(n, customer.language) for n in (*SHEETS, "Definitions")]

"""CSV files as a spreadsheet of their country opens them, and as one of another country does."""

from datetime import UTC, datetime

import pytest

from portal.common.csv_file import ENCODING, MACHINE, CsvForm, form_of, write_rows
from tests.reports.payloads import FORMULAS
from tests.spreadsheet import LCID_BRITISH, LCID_FINNISH, LCID_US, opened_rows

pytestmark = pytest.mark.needs_libreoffice

AT = datetime(2026, 11, 28, 14, 30, 5, tzinfo=UTC)
BRITISH, FINNISH = form_of("en", "GB"), form_of("fi", "FI")
TEXTS = [*FORMULAS, *(f"x{sign}=1+1{sign}" for sign in ";,\t\r\n"), 'x;"=1+1";', "x, =1+1,", "ä;ö\n€"]
LCID = {FINNISH: LCID_FINNISH, BRITISH: LCID_BRITISH, MACHINE: LCID_US}
COLUMNS = 6


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """Return each form's file as each of the separators opens it: (form, separator) → rows of cells."""
    folder = tmp_path_factory.mktemp("csv")
    names = {FINNISH: "finnish", BRITISH: "british", MACHINE: "machine"}
    for form, name in names.items():
        with (folder / f"{name}.csv").open("w", encoding=ENCODING, newline="") as file:
            write_rows(file, form, [["text", "when", "count", "seconds", "share", "end"], *map(row_in(form), TEXTS)])
    found = {}
    for separator in ";,\t":
        for form, name in names.items() if separator != "\t" else [(FINNISH, "finnish")]:
            found[form, separator] = opened_rows(folder / f"{name}.csv", separator=separator, lcid=LCID[form])
    return found


def row_in(form: CsvForm):
    return lambda text: [text, AT, 12_345, form.number(1234.5, 2), form.percent(0.9742), "end"]


@pytest.mark.parametrize("form", [FINNISH, BRITISH], ids=["Finnish", "British"])
def test_file_opens_into_columns_of_numbers_and_times(opened, form):
    rows = opened[form, form.separator]
    assert [len(row) for row in rows] == [COLUMNS] * (len(TEXTS) + 1)
    assert {tuple(cell.value for cell in row[1:]) for row in rows[1:]} == {
        (AT.replace(tzinfo=None), 12_345, 1234.5, 0.9742, "end")
    }
    assert rows[-1][0].value == "ä;ö\n€"


def test_no_cell_is_a_formula_whatever_separator_a_program_takes(opened):
    formulas = {
        (key, cell.coordinate): cell.value
        for key, rows in opened.items()
        for row in rows
        for cell in row
        if cell.data_type == "f"
    }
    assert formulas == {}

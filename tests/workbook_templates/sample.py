"""Templates as customers make them: with openpyxl, and saved again by LibreOffice."""

import subprocess
from functools import cache
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import openpyxl
from openpyxl.chart import BarChart, Reference
from openpyxl.drawing.image import Image
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from reports.models import WorkbookTemplate
from reports.workbook_templates.services import add_template
from tests.brands.conftest import png


@cache  # each has the time of its making in it
def template() -> bytes:
    """Return a template with a growing table above a total, days in a fixed range with a chart, and a picture."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Our month"
    sheet["A1"] = "Report of {{Report.Subject}}, {{Report.Period}} ({{Report.State}})"
    sheet["A2"], sheet["B2"] = "Messages", "{{Summary.Messages}}"
    sheet["A4"], sheet["B4"], sheet["C4"], sheet["D4"] = "Country", "Messages", "Delivered", "Share"
    sheet["A5"], sheet["B5"], sheet["C5"] = "{{Countries.Country}}", "{{Countries.Messages}}", "{{Countries.Delivered}}"
    sheet["D5"] = "=C5/B5"
    sheet["A5"].font = Font(bold=True)
    sheet["D5"].number_format = "0.0%"
    sheet["A6"], sheet["B6"], sheet["C6"] = "All", "=SUM(B5:B5)", "=SUM(C5:C5)"
    sheet["A8"] = "Checked by"
    sheet.merge_cells("A8:C8")
    sheet.conditional_formatting.add(
        "B5", CellIsRule("lessThan", ["1000"], fill=PatternFill("solid", bgColor="FFCCCC"))
    )
    validation = DataValidation(type="list", formula1='"yes,no"')
    validation.add("D8")
    sheet.add_data_validation(validation)
    sheet.add_image(Image(BytesIO(png())), "F1")
    days = book.create_sheet("Days & more")
    days.column_dimensions["A"].width = 12
    days["A1"] = "Day"
    for row in range(2, 33):
        days.cell(row, 1).number_format = "d.m.yyyy"
    chart = BarChart()
    chart.add_data(Reference(days, min_col=2, min_row=2, max_row=32))
    days.add_chart(chart, "E2")
    other = book.create_sheet("Other")
    other["A1"], other["A2"], other["A3"] = "='Our month'!B6", "=SUM('Our month'!B5:B6)", "plain"
    untouched = book.create_sheet("Untouched")
    untouched["A1"] = "as it is"
    book.defined_names["Days"] = DefinedName("Days", attr_text="'Days & more'!$A$2:$B$32")
    book.defined_names["Operators.Total.Messages"] = DefinedName("Operators.Total.Messages", attr_text="Other!$C$3")
    book.defined_names["Whole"] = DefinedName("Whole", attr_text="'Our month'!$B$5:$B$6")
    return saved(book)


def make_template(tenant, name: str) -> WorkbookTemplate:
    """Add the template to a tenant, as a person who uploads it."""
    return add_template(tenant=tenant, name=name, content=template(), actor="owner@example.com")


def saved(book) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def with_parts(content: bytes, parts: dict[str, bytes]) -> bytes:
    """Return the file with parts added or replaced."""
    file = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(file, "w") as new:
        for info in old.infolist():
            if info.filename not in parts:
                new.writestr(info, old.read(info))
        for name, part in parts.items():
            new.writestr(name, part)
    return file.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def by_libreoffice(content: bytes, folder: Path, kind: str = "xlsx") -> bytes:
    """Return the workbook as LibreOffice opens, calculates and saves it."""
    source = folder / "source.xlsx"
    source.write_bytes(content)
    (folder / "out").mkdir(exist_ok=True)
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", kind,
         "--outdir", str(folder / "out"), str(source)],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return (folder / "out" / f"source.{kind}").read_bytes()

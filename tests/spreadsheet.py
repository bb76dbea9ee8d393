"""CSV files as LibreOffice opens them in a country."""

import subprocess
from pathlib import Path

import openpyxl
from openpyxl.cell import Cell

LCID_BRITISH, LCID_FINNISH, LCID_US = "2057", "1035", "1033"  # the language that numbers and dates are read in


def opened_rows(file: Path, *, separator: str, lcid: str) -> list[tuple[Cell, ...]]:
    """Return the rows of cells into which a file opens."""
    out = file.parent / f"{file.stem}-{ord(separator)}-{lcid}"
    subprocess.run(
        [
            "soffice", f"-env:UserInstallation=file://{file.parent}/profile", "--headless",
            # separator, quotes, UTF-8, from line 1, no formats, language, quoted is no text, detect numbers
            f"--infilter=CSV:{ord(separator)},34,76,1,,{lcid},false,true",
            "--convert-to", "xlsx", "--outdir", str(out), str(file),
        ],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip
    return list(openpyxl.load_workbook(out / f"{file.stem}.xlsx").active.iter_rows())

"""A statement as a tagged PDF (PDF/UA), set by typst in a process of its own (reports/monthly/writers/pdf.py)."""

from __future__ import annotations

import json
import shutil
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports.billing.document import Document
from reports.billing.files.sheets import LINES, VAT, facts, line_cells, party_lines, shown, sums, vat_cells
from reports.billing.files.texts import say, section_text, title_of
from reports.monthly.texts import find_locale, name_month, translate
from reports.monthly.writers.pdf import PdfTooLong, compile_pages, printable
from reports.monthly.writers.xlsx_styles import ACCENT

MAX_LINES = 10_000
_SHOWN = tuple(number for number, (name, _kind) in enumerate(LINES) if name != "Section")  # a heading of its lines
_RIGHT = ("int", "money", "price", "percent")


def write(document: Document, *, logo: bytes = b"", colour: str = "") -> bytes:
    """Return the file. Raises PdfTooLong (over MAX_LINES) and PdfFailed."""
    if len(document.lines) > MAX_LINES:
        raise PdfTooLong(f"{len(document.lines)} lines, the limit of a PDF is {MAX_LINES}: take the workbook.")
    with TemporaryDirectory(prefix="statement-") as name:
        folder = Path(name)
        shutil.copyfile(Path(__file__).with_name("statement.typ"), folder / "pdf.typ")
        (folder / "report.json").write_text(json.dumps(_content(document, logo=logo, colour=colour)), "utf-8")
        if logo:
            (folder / "logo.png").write_bytes(logo)
        compile_pages(folder, lambda: None)
        return (folder / "report.pdf").read_bytes()


def _content(document: Document, *, logo: bytes, colour: str) -> dict[str, Any]:
    language = document.language
    return {
        "title": printable(title_of(document)),
        "subject": printable(f"{document.seller.name} · {name_month(f'{document.month_first:%Y-%m}', language)}"),
        "author": printable(document.seller.name),
        "language": find_locale(language).language,
        "colour": f"#{colour or ACCENT}",
        "logo": bool(logo),
        "mark": say("Draft, not an invoice", language) if document.is_draft else "",
        "page": translate("Page", language),
        "parties": [
            {"role": say(role, language), "lines": [printable(line) for line in party_lines(party, language)]}
            for role, party in (("Seller", document.seller), ("Buyer", document.buyer))
        ],
        "facts": [
            [printable(label), printable(shown(value, kind, document))] for label, value, kind in facts(document)
        ],
        "lines": {
            "title": say("Lines", language),
            "head": [say(LINES[number][0], language) for number in _SHOWN],
            "aligns": ["right" if LINES[number][1] in _RIGHT else "left" for number in _SHOWN],
            "sections": _sections(document),
        },
        "vat": {
            "title": say("VAT", language),
            "head": [say(name, language) for name, _kind in VAT],
            "aligns": ["right" if kind in _RIGHT else "left" for _name, kind in VAT],
            "rows": [_row(row, VAT, document) for row in vat_cells(document)],
        },
        "sums": [[label, shown(value, "money", document)] for label, value in sums(document)],
    }


def _sections(document: Document) -> list[dict[str, Any]]:
    found = []
    for section, lines in groupby(document.lines, key=section_text):
        rows = [_row(line_cells(line, document), LINES, document) for line in lines]
        found.append({"name": printable(section), "rows": [[row[number] for number in _SHOWN] for row in rows]})
    return found


def _row(cells: tuple[Any, ...], columns: tuple[tuple[str, str], ...], document: Document) -> list[str]:
    return [printable(shown(value, kind, document)) for value, (_name, kind) in zip(cells, columns, strict=True)]

"""Every kind in every format, opened by a second reader: each cell is that of the JSON, and no text is a formula.

JSON itself is compared with the API's figures in test_same_figures.py. The messages have payloads in all their texts.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import duckdb
import pytest
from django.utils import timezone
from python_calamine import CalamineWorkbook

from portal.tenants.models import GatewayAccount, PartnerId
from tests.deliveries.helpers import apply
from tests.pages.campaign_month import CODES, month
from tests.reports.payloads import FORMULAS
from tests.schedules.conftest import content, document, made, saved
from tests.segments.sample import message

__all__ = ["month"]

pytestmark = pytest.mark.django_db(transaction=True)  # message logs are read in a snapshot of their own

TABLES = ["json", "xlsx", "csv", "parquet", "pdf"]
KINDS: dict[str, dict[str, Any]] = {
    "monthly": {},
    "volumes": {},
    "campaign": {"campaign": "sale"},
    "ab_test": {"campaign": "sale"},
    "segment": {"key": "shop", "by": "tier"},
    "errors": {},
    "operators": {},
    "account": {"account": "own"},
    "messages": {
        "columns": ["sent_at", "message_id", "number", "sender", "operator", "ref_id", "campaign", "variant", "parts"]
    },
}
PAYLOADS = [text for text in FORMULAS if "\0" not in text]  # the database takes none
# Differences of rates: where people read them they are percentage points.
POINTS = {(name, "Comparisons", column) for name in ("xlsx", "csv") for column in ("Difference", "95% from", "95% to")}
DANGEROUS = re.compile(r"^[\t\r\n ]*[=+\-@]")


@pytest.fixture
def run_of(month, feed, account, person, tenant):
    """Return a function that makes a run of a kind in all of its formats."""
    PartnerId.objects.bulk_create(PartnerId(account=account, value=text, tenant=tenant) for text in PAYLOADS)
    GatewayAccount.objects.filter(id=account.id).update(owner=tenant, owner_since=timezone.now())
    texts = enumerate(PAYLOADS)
    apply(
        feed,
        *(
            message(f"{text} {n}", CODES[n % 7], ref_id=f"{text}|{text}", operator=text, partner=text, shop=text)
            for n, text in texts
        ),
        *(message(f"v{n}", ref_id="sale|A", operator=text) for n, text in enumerate(PAYLOADS)),
    )

    def make(kind: str):
        parameters = dict(KINDS[kind])
        if "campaign" in parameters:
            parameters["campaign"] = month["id"]
        if "account" in parameters:
            parameters["account"] = account.id
        days = {"last": date(2026, 11, 30)} if kind == "monthly" else {}
        formats = [name for name in TABLES if kind != "messages" or name != "pdf"]
        run = made(saved(person, tenant, kind, formats=formats, parameters=parameters, **days))
        assert (run.state, run.error) == ("done", "")
        return run

    return make


def tables_of(found: dict) -> dict[str, list[dict]]:
    """Return the rows of a document by table; a message log is one table."""
    return found["tables"] if "tables" in found else {"Messages": found["rows"]}


def csv_of(data: bytes) -> dict[str, list[list[str]]]:
    if not data.startswith(b"PK"):
        return {"Messages": rows_of(data)}
    with ZipFile(io.BytesIO(data)) as archive:
        return {name.partition(" ")[2].removesuffix(".csv"): rows_of(archive.read(name)) for name in archive.namelist()}


def rows_of(data: bytes) -> list[list[str]]:
    text = data.decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=text[text.index('"', 1) + 1]))[1:]


def parquet_of(data: bytes, folder: Path) -> dict[str, list[tuple]]:
    """Return the rows of each table, read by DuckDB."""
    found = {}
    files = {"Messages": data}
    if data.startswith(b"PK"):
        with ZipFile(io.BytesIO(data)) as archive:
            files = {name.partition(" ")[2].removesuffix(".parquet"): archive.read(name) for name in archive.namelist()}
    for name, one in files.items():
        path = folder / f"{name}.parquet"
        path.write_bytes(one)
        with duckdb.connect() as database:
            found[name] = database.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    return found


def plain(value: Any) -> Any:
    """Return a cell as all readers have it: no control characters, six digits; dates and times as ISO text."""
    if isinstance(value, bool | int | float):
        return round(float(value), 6)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return re.sub(r"[\s\x00-\x1f\u2400-\u2421]+", "", str(value)) if value not in (None, "") else None


def is_same(shown: Any, value: Any) -> bool:
    """Tell whether a cell for people shows a value: numbers to their last digit, times to the day at least."""
    shown, value = plain(shown), plain(value)
    if shown == value or value is None:
        return shown == value
    if isinstance(value, float):
        if isinstance(shown, float):
            return abs(shown - value) < 1e-5
        number = float(str(shown).rstrip("%").replace(",", "."))
        return abs(number / (100 if str(shown).endswith("%") else 1) - value) < 0.00501
    return bool(re.match(r"\d{4}-\d\d", value)) or _bare(shown) == _bare(value)


def _bare(text: Any) -> str:
    """Return a text without what CSV adds: apostrophes before formulas, and the unit."""
    return str(text).replace("'", "").removesuffix("(s)")


def differences(name: str, expected: dict[str, list[dict]], found: dict[str, list]) -> list[tuple]:
    """Return the cells that differ, by table, row and column."""
    return [
        (name, table, n, column, shown, value)
        for table, rows in expected.items()
        for n, row in enumerate(rows)
        for (column, value), shown in zip(row.items(), found[table][n][: len(row)], strict=True)
        if not is_same(f"{shown}%" if (name, table, column) in POINTS else shown, value)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_each_format_has_the_cells_of_the_json(kind, run_of, tmp_path):
    run = run_of(kind)
    expected = tables_of(document(run))
    assert sum(map(len, expected.values())) > 4

    book = CalamineWorkbook.from_filelike(io.BytesIO(content(run, "xlsx")))
    sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)[1:] for name in book.sheet_names}
    assert differences("xlsx", expected, sheets) == []
    lines = csv_of(content(run, "csv"))
    assert {name: len(rows) for name, rows in lines.items()} == {name: len(rows) for name, rows in expected.items()}
    assert differences("csv", expected, lines) == []
    frames = parquet_of(content(run, "parquet"), tmp_path)
    assert {name: len(rows) for name, rows in frames.items()} == {name: len(rows) for name, rows in expected.items()}
    assert differences("parquet", expected, frames) == []
    if kind != "messages" and shutil.which("pdftotext"):
        assert missing_in_pdf(content(run, "pdf"), expected, tmp_path) == []

    with ZipFile(io.BytesIO(content(run, "xlsx"))) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheets_xml = b"".join(data for name, data in parts.items() if name.startswith("xl/worksheets/sheet"))
    assert b"<f>" not in sheets_xml
    assert b"<f " not in sheets_xml
    targets = b"".join(data for name, data in parts.items() if name.startswith("xl/worksheets/_rels/"))
    assert b"attacker" not in re.sub(rb"/messages/\?[^\"]*", b"", targets)
    cells = [cell for rows in lines.values() for row in rows for cell in row]
    assert [cell for cell in cells if DANGEROUS.match(cell) and not re.fullmatch(r"[-+]?[\d.,]+%?", cell)] == []


def missing_in_pdf(data: bytes, expected: dict[str, list[dict]], folder: Path) -> list[Any]:
    """Return the texts and whole numbers of the tables that poppler does not find."""
    path = folder / "report.pdf"
    path.write_bytes(data)
    done = subprocess.run(["pdftotext", "-raw", str(path), "-"], check=True, capture_output=True, timeout=60)
    text = re.sub(r"[\s\u200b\u202f\u00a0,\x00-\x1f]+", "", done.stdout.decode())
    values = {
        value for rows in expected.values() for row in rows for value in row.values() if type(value) in (int, str)
    }
    shown = {value: re.sub(r"[\s,\u202f\u00a0\x00-\x1f]+", "", str(value)) for value in values}
    return [value for value, wanted in shown.items() if wanted not in text and not re.match(r"\d{4}-\d\d", wanted)]

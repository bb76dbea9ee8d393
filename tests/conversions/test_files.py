"""Files of events as spreadsheets write them are read as they were meant, and others are refused by line."""

import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from deliveries.conversions import files
from deliveries.conversions.files import FileProblem
from deliveries.exports import number_file
from portal import page_deadline

HELSINKI = ZoneInfo("Europe/Helsinki")
TEXT = "id;laji;aika;arvo\r\n1;osto;31.10.2026 14.05;1 234,50\r\n2;käynti – ääni;1.11.2026;\r\n"


def cells(content: bytes) -> list[list]:
    return [row.cells for row in files.rows(content)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_csv_of_a_finnish_excel_is_read_in_each_encoding(encoding):
    assert cells(TEXT.encode(encoding)) == [
        ["id", "laji", "aika", "arvo"],
        ["1", "osto", "31.10.2026 14.05", "1 234,50"],
        ["2", "käynti – ääni", "1.11.2026", ""],
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_lines_are_counted_with_line_breaks_in_cells_and_empty_lines(separator):
    text = f'a{separator}b\n\n"x\ny"{separator}2\n3{separator}4\n'

    assert [(row.line, row.cells) for row in files.rows(text.encode())] == [
        (1, ["a", "b"]), (3, ["x\ny", "2"]), (5, ["3", "4"])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-31 14:05", datetime(2026, 10, 31, 12, 5, tzinfo=UTC)),
        ("31.10.2026 14:05:06", datetime(2026, 10, 31, 12, 5, 6, tzinfo=UTC)),
        ("1.7.2026 9.30", datetime(2026, 7, 1, 6, 30, tzinfo=UTC)),
        ("2026-10-31T14:05:00Z", datetime(2026, 10, 31, 14, 5, tzinfo=UTC)),
        ("2026-10-31T14:05:00+03:00", datetime(2026, 10, 31, 11, 5, tzinfo=UTC)),
        ("10/31/2026", None),
        ("31.02.2026", None),
        ("0001-01-01 00:00", None),
        ("soon", None),
    ],
)
def test_times_are_the_tenants_where_they_have_no_zone(text, expected):
    assert files.moment(text, HELSINKI) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1234.5", "1234.5"), ("1 234,50", "1234.50"), ("−3,1", "-3.1"), ("1.234,50", None), ("x", None), ("1e3", None)],
)
def test_amounts_have_a_point_or_a_comma(text, expected):
    assert files.amount(text) == (expected and Decimal(expected))


def test_cells_of_a_workbook_keep_their_kinds():
    book = Workbook()
    book.active.append(["id", "when", "value", "number"])
    book.active.append([7, datetime(2026, 10, 31, 14, 5), 0.1 + 0.2, 358401234567])  # noqa: DTZ001  a sheet has no zones
    saved = io.BytesIO()
    book.save(saved)

    head, row = cells(saved.getvalue())
    assert head == ["id", "when", "value", "number"]
    assert [files.text_of_cell(cell) for cell in row] == ["7", "2026-10-31 14:05:00", "0.3", "358401234567"]
    assert files.moment(row[1], HELSINKI) == datetime(2026, 10, 31, 12, 5, tzinfo=UTC)


def packed(**parts: bytes) -> bytes:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return saved.getvalue()


def workbook_of_columns(count: int) -> bytes:
    book = Workbook()
    book.active.append([f"c{place}" for place in range(count)])
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_file_whose_first_name_begins_as_an_archive_does_is_text():
    assert cells(b"PK;kind\n1;2") == [["PK", "kind"], ["1", "2"]]


def test_empty_columns_at_the_end_of_the_first_line_have_no_name():
    assert files.names_of(next(files.rows(b"id;kind;;;\r\n1;osto;;;\r\n"))) == ["id", "kind"]


def test_an_upload_of_the_largest_file_is_less_than_a_request_may_have():
    assert max(files.MAX_BYTES, number_file.MAX_BYTES) + 1024**2 < page_deadline.MAX_BODY


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b"\r\n;;\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"x" * (files.MAX_BYTES + 1), "too_large"),
        (b"a\n" * (files.MAX_ROWS + 2), f"too_many_rows {files.MAX_ROWS + 2}"),
        (b"a;" * 101, "too_many_columns 1"),
        (workbook_of_columns(5000), "too_many_columns 1"),
        (b'a\n"' + b"x" * 5001 + b'"', "long_cell 2"),
        (b'a;b\n"1;2', "not_csv 2"),
        (b"PK\x03\x04 but no archive", "not_xlsx"),
        (packed(other=b"x"), "not_xlsx"),
        (packed(big=bytes(files.MAX_UNPACKED + 1)), "too_large"),
        (b"a;b\n1;" + b"x" * 200_000, "long_cell 2"),
        (b"\xff\xfea", "encoding 1"),
        ("a;b\r\n1;ä\r\n2;".encode() + b"\x81", "encoding 3"),
        (b"1;2\n" * 60 + b"\0", "encoding 61"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old_workbook"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "encoding 1"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "no_table"),
        (b'\xef\xbb\xbf\n{"event_id": 1}', "no_table"),
        (b"<!doctype html>", "no_table"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_file_that_is_none_is_refused_with_its_line(content, problem):
    with pytest.raises(FileProblem) as caught:
        list(files.rows(content))

    assert str(caught.value) == problem

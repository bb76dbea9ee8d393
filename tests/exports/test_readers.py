"""Files read by other programs than wrote them: the same messages as on the page, with the right types."""

import csv
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pandas
import pytest
from pyarrow import parquet
from python_calamine import CalamineWorkbook

from deliveries.exports.writers import WRITERS, Table, parquet_writer, xlsx_writer
from deliveries.message_pages.columns import ALL_COLUMNS, Column
from deliveries.models import Export, Message
from portal.common.csv_file import form_of
from tests.brands.conftest import make_brand
from tests.deliveries.helpers import NOW, apply
from tests.exports.conftest import made, path_of
from tests.pages.searched import day, sent

pytestmark = pytest.mark.django_db(transaction=True)

IDS = ["e/1+", "d", "c", "b", "a"]
LINES = [
    "=1+1", "+1+1", "-1", "@x", "\t=1", "a\nb\r\nc", "tab\tbell\x07end", "😀 äö €", "0012", "_x0041_", "https://example.com/",
    '"quoted";semi,comma', "1e5", "TRUE", "2026-01-02", " spaces ",
]  # fmt: skip
LONG = "y" * 40_000


def rows_of_csv(export: Export, delimiter: str = ",") -> list[dict[str, str]]:
    with Path(path_of(export)).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_csv_is_the_pages_file_of_the_whole_search(client, person, tenant, messages):
    export = made(person, tenant, columns=[name for name in ALL_COLUMNS if name != "delivered_at"])

    client.force_login(person)
    page = client.get("/t/nordic-retail/messages/download/", {"period": "all"})
    assert Path(path_of(export)).read_bytes() == page.content
    assert (export.state, export.done, export.total, export.bytes) == ("done", 5, 5, len(page.content))


def test_parquet_has_the_types_and_the_values_of_the_api(person, tenant, messages):
    export = made(person, tenant, format="parquet")

    frame = pandas.read_parquet(path_of(export))
    assert frame["message_id"].tolist() == IDS
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "sent_at": "datetime64[us, UTC]", "customer": "category", "account": "category", "message_id": "str",
        "number": "str", "sender": "str", "country": "category", "country_name": "category", "operator": "category",
        "status": "category", "counts_as": "category", "result_code": "int64", "meaning": "category", "ref_id": "str",
        "campaign": "category", "variant": "category", "partner_id": "category", "parts": "int64",
        "seconds_to_delivery": "float64", "delivered_at": "datetime64[us, UTC]",
    }  # fmt: skip
    last = frame.iloc[-1]
    assert last["sent_at"].to_pydatetime() == datetime(*day(9).timetuple()[:3], 10, tzinfo=UTC)
    assert (last["customer"], last["status"], last["number"]) == ("nordic-retail", "delivered", "+358407654398")
    kinds = dict(
        duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM '{path_of(export)}')").fetchall()
    )
    assert {kinds.pop("sent_at"), kinds.pop("delivered_at")} == {"TIMESTAMP WITH TIME ZONE"}
    assert {kinds.pop("result_code"), kinds.pop("parts"), kinds.pop("seconds_to_delivery")} == {"BIGINT"}
    assert set(kinds.values()) == {"VARCHAR"}
    found = duckdb.sql(
        f"SELECT status, count(*), sum(parts) FROM '{path_of(export)}' GROUP BY status ORDER BY status"
    ).fetchall()
    assert found == [("delivered", 1, 1), ("expired", 1, 1), ("failed", 1, 1), ("sent", 1, 1), ("unknown", 1, 1)]
    about = parquet.read_schema(path_of(export)).metadata
    assert (about[b"numbers"], about[b"as_of"].decode()) == (b"full", export.as_of.isoformat())


@pytest.mark.parametrize("pages", [[[]], [[], ["a", "b"], []], [["a", "b"], []]])
@pytest.mark.parametrize("format_", Export.Format.values)
def test_empty_pages_are_passed_over(tmp_path, pages, format_, monkeypatch):
    """As those of an export whose messages are hidden from its maker."""
    monkeypatch.setattr(parquet_writer, "ROW_GROUP", 1)
    columns = [Column("text", "text", "Text", str), Column("word", "word", "Word", str)]
    rows = sum(map(len, pages))
    table = Table(columns, "Rows", "UTC", form_of("en", "GB"), "", NOW, in_full=True, rows=rows)
    path = tmp_path / f"file.{format_}"

    written = WRITERS[format_](table, iter(pages), path)

    read = {
        "csv": pandas.read_csv,
        "parquet": pandas.read_parquet,
        "xlsx": partial(pandas.read_excel, engine="calamine"),
    }[format_](path)
    assert (written.rows, list(read["word" if format_ == "parquet" else "Word"].dropna())) == (rows, ["a", "b"][:rows])


def test_parquet_has_groups_of_rows(person, tenant, messages, monkeypatch):
    monkeypatch.setattr(parquet_writer, "ROW_GROUP", 2)
    monkeypatch.setattr("deliveries.search.walk.STEP", 1)
    monkeypatch.setattr("deliveries.search.walk.walk.__kwdefaults__", {"step": 1, "with_parameters": True})

    export = made(person, tenant, format="parquet")

    file = parquet.ParquetFile(path_of(export))
    assert [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)] == [2, 2, 1]
    assert file.read()["message_id"].to_pylist() == IDS


def test_workbook_has_dates_texts_and_numbers(person, tenant, messages):
    export = made(person, tenant, format="xlsx")

    book = openpyxl.load_workbook(path_of(export))
    assert book.sheetnames == ["Messages", "About this file"]
    sheet = book["Messages"]
    head, *rows = [[(cell.value, cell.data_type) for cell in row] for row in sheet]
    names = [value for value, _kind in head]
    last = dict(zip(names, rows[-1], strict=True))
    local = datetime(*day(9).timetuple()[:3], 10, tzinfo=UTC).astimezone(ZoneInfo("Europe/Helsinki"))
    assert last["Sent (Europe/Helsinki)"] == (local.replace(tzinfo=None), "d")
    assert last["Number"] == ("+358407654398", "s")
    assert last["Message id"] == ("a", "s")
    assert (last["Parts"], last["Time to delivery (seconds)"]) == ((1, "n"), (5, "n"))
    assert rows[0][names.index("Time to delivery (seconds)")] == (None, "n")
    assert sheet.freeze_panes == "A2"
    about = {row[0].value: row[1].value for row in book["About this file"]}
    assert (about["Messages"], about["Phone numbers"]) == (5, "in full")
    # another reader, and pandas
    other = CalamineWorkbook.from_path(path_of(export)).get_sheet_by_name("Messages").to_python()
    assert [row[3] for row in other[1:]] == IDS
    assert pandas.read_excel(path_of(export), engine="calamine")["Message id"].tolist() == IDS


def test_workbook_has_as_many_sheets_as_its_rows_need(person, tenant, messages, monkeypatch):
    monkeypatch.setattr(xlsx_writer, "SHEET_ROWS", 2)

    export = made(person, tenant, format="xlsx")

    book = openpyxl.load_workbook(path_of(export))
    found = [(sheet.title, [row[3].value for row in sheet][1:]) for sheet in book.worksheets[:-1]]
    assert found == [("Messages", IDS[:2]), ("Messages 2", IDS[2:4]), ("Messages 3", IDS[4:])]


def test_hostile_texts_stay_texts(feed, person, tenant):
    texts = LINES
    apply(feed, *(sent(f"m{n:02}", ago=20 - n, operator=text) for n, text in enumerate(texts)))
    stored = dict(Message.objects.values_list("message_id", "operator"))
    texts = [stored[f"m{n:02}"] for n in range(len(texts))]

    book = openpyxl.load_workbook(path_of(made(person, tenant, format="xlsx", columns=["message_id", "operator"])))
    cells = {row[0].value: row[1] for row in book["Messages"]}
    assert {cell.data_type for cell in cells.values()} == {"s"}
    assert {cell.hyperlink for cell in cells.values()} == {None}
    calamine = CalamineWorkbook.from_path(path_of(Export.objects.latest("id"))).get_sheet_by_name("Messages")
    read = dict(calamine.to_python()[1:])
    for n, text in enumerate(texts):
        assert read[f"m{n:02}"].replace("\r", "") == text.replace("\r", ""), n
    frame = pandas.read_parquet(path_of(made(person, tenant, format="parquet", columns=["message_id", "operator"])))
    assert dict(zip(frame["message_id"], frame["operator"], strict=True)) == stored
    lines = rows_of_csv(made(person, tenant, columns=["message_id", "operator"]), ";")
    assert [line["Operator"][:1] for line in reversed(lines)][:4] == ["'"] * 4
    assert len(lines) == len(texts)


def test_text_that_is_too_long_for_a_cell_is_shortened_and_named(tmp_path, tenant):
    texts = [LONG, "y" * 32_767, "😀" * 16_384]
    columns = [Column("text", "text", "Text", lambda row: texts[row])]
    table = Table(columns, "Messages", "UTC", tenant.csv_form, "a search", NOW, in_full=False, rows=3)

    written = xlsx_writer.write(table, iter([[0, 1], [2]]), tmp_path / "long.xlsx")

    assert (written.rows, written.shortened) == (3, 2)
    book = openpyxl.load_workbook(tmp_path / "long.xlsx")
    shown = [row[0].value for row in book["Messages"]][1:]
    assert [(text[-4:], len(text.encode("utf-16-le")) // 2) for text in shown] == [
        (" […]", 32_767), ("yyyy", 32_767), (" […]", 32_766),
    ]  # fmt: skip
    about = [(row[0].value, row[1].value) for row in book["About this file"]]
    assert about[1:] == [
        ("Search", "a search"),
        ("Data as of", "2026-11-20 12:00:00 UTC"),
        ("Messages", 3),
        ("Phone numbers", "masked"),
        ("Texts that were shortened, because a cell holds at most 32,767 characters", 2),
        ("Shortened: sheet, row, column", "Messages, 2, Text"),
        ("Shortened: sheet, row, column", "Messages, 4, Text"),
    ]


def test_workbook_has_the_product_name_of_the_brand(person, tenant, messages):
    make_brand(tenant, product_name="Texts & more")

    export = made(person, tenant, format="xlsx", columns=["message_id"])

    book = openpyxl.load_workbook(path_of(export))
    assert [sheet.oddHeader.right.text for sheet in book] == ["Texts && more", "Texts && more"]
    assert [cell.value for cell in book["About this file"][2]] == ["Service", "Texts & more"]


def test_search_that_finds_nothing_is_a_file_with_headings(person, tenant):
    for format_ in Export.Format:
        export = made(person, tenant, format=format_, columns=["message_id", "parts"])
        assert (export.state, export.done) == ("done", 0)
    book = openpyxl.load_workbook(path_of(Export.objects.get(format="xlsx")))
    assert [cell.value for cell in book["Messages"][1]] == ["Message id", "Parts"]
    assert rows_of_csv(Export.objects.get(format="csv")) == []
    assert pandas.read_parquet(path_of(Export.objects.get(format="parquet"))).shape == (0, 2)


def test_finnish_file(person, tenant, messages):
    type(tenant).objects.filter(id=tenant.id).update(language="fi")

    lines = rows_of_csv(made(person, tenant), ";")

    assert [line["Tila"] for line in lines] == ["Tuntematon", "Vanhentunut", "Lähetetty", "Epäonnistunut", "Toimitettu"]

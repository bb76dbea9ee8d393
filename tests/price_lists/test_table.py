"""Files of price lists as people write them, in two languages, and as they are written."""

import io
from datetime import date

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from deliveries.conversions.files import FileProblem
from portal.common.csv_file import MACHINE, form_of
from reports.billing.prices.files import MAX_BYTES, read_file, write_csv, write_xlsx
from reports.billing.prices.rows import Content, FeeRow, GroupRow, PriceRow, as_json, from_json
from reports.billing.prices.table import TableProblem
from reports.billing.prices.texts import line_text
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode, Tier

FINNISH = """Tyyppi;Nimi;Maa;Operaattori;Lähettäjätyyppi;Määrään asti;Hinta;Kiinteä summa;Valuutta;Ensimmäinen päivä;\
Viimeinen päivä
hinta;;FI;;;;0,0412;;EUR;1.1.2026;30.6.2026
Hinta;;fi;fi.elisa;alphanumeric;;0,04;;;1.1.2026;
portaittainen;Pohjola;NO, SE;;;1 000;0,06;;EUR;1.1.2026;
portaittainen;Pohjola;SE NO;;;;0,05;5;EUR;1.1.2026;
kuukausimaksu;Palvelu;;;;;1 234,50;;EUR;1.1.2026;
kertaerä;Alennus;;;;;-100;;EUR;5.12.2026;
"""
READ = Content(
    (
        PriceRow(41_200, date(2026, 1, 1), date(2026, 7, 1), "FI"),
        PriceRow(40_000, date(2026, 1, 1), None, "FI", "fi.elisa", "alphanumeric"),
    ),
    (
        GroupRow(
            "Pohjola", ("NO", "SE"), Mode.GRADUATED, date(2026, 1, 1),
            tiers=(Tier(1000, 60_000), Tier(None, 50_000, 5_000_000)),
        ),
    ),
    (
        FeeRow("Palvelu", FeeKind.MONTHLY, 123_450, date(2026, 1, 1)),
        FeeRow("Alennus", FeeKind.ONE_OFF, -10_000, date(2026, 12, 5)),
    ),
)  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_finnish_file_is_read_in_any_encoding(encoding):
    read = read_file(FINNISH.encode(encoding), currency="EUR")

    assert (read.content, read.problems) == (READ, [])
    assert [read.lines[row] for row in read.content.rows] == [2, 3, 4, 6, 7]


def test_english_file_is_read_with_points_in_any_order_of_columns():
    text = "last_day,First day,PRICE,kind,country\n2026-06-30,2026-01-01,0.0412,price,FI\n,31.12.2026,0.05,price,*\n"

    read = read_file(text.encode(), currency="EUR")

    assert read.content.prices == (
        PriceRow(41_200, date(2026, 1, 1), date(2026, 7, 1), "FI"),
        PriceRow(50_000, date(2026, 12, 31)),
    )


@pytest.mark.parametrize("language", ["en", "fi"])
def test_every_row_comes_back_from_both_kinds_of_files(full, language):
    with translation.override(language):
        written = [
            write_xlsx(full, currency="EUR", title="Prices: 2026/1 [a]"),
            write_csv(full, currency="EUR", form=form_of(language, "FI")),
            write_csv(full, currency="EUR", form=MACHINE),
        ]

    read = [read_file(body, currency="EUR") for body in written]

    assert [(one.content.ordered(), one.problems) for one in read] == [(full, [])] * 3


def test_content_comes_back_from_its_history(full):
    assert from_json(as_json(full)) == full


def test_csv_is_as_finnish_spreadsheets_want_it(full):
    with translation.override("fi"):
        lines = write_csv(full, currency="EUR", form=form_of("fi", "FI")).decode("utf-8-sig").splitlines()

    assert lines[:3] == [
        '"tyyppi";"nimi";"maa";"operaattori";"lähettäjätyyppi";"määrään asti";"hinta";"kiinteä summa";"valuutta";'
        '"ensimmäinen päivä";"viimeinen päivä"',
        '"hinta";"";"FI";"";"";"";"0,0412";"";"EUR";"1.1.2026";"30.6.2026"',
        '"hinta";"";"FI";"";"";"";"0,043";"";"EUR";"1.7.2026";""',
    ]


def test_texts_never_become_formulas():
    content = Content((PriceRow(1, date(2026, 1, 1), operator='=HYPERLINK("http://x")'),))

    book = openpyxl.load_workbook(io.BytesIO(write_xlsx(content, currency="EUR", title="x")))
    csv = write_csv(content, currency="EUR", form=MACHINE).decode("utf-8-sig")

    assert (book.active["D2"].value, book.active["D2"].data_type) == ('=HYPERLINK("http://x")', "s")
    assert "\"'=HYPERLINK" in csv
    assert read_file(csv.encode(), currency="EUR").content == content


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"price": "1,2345678"}, "Line 2, price: has more than 6 decimals"),
        ({"price": "abc"}, "Line 2, price: “abc” is no amount such as 0.0412 or 0,0412"),
        ({"price": "1.234,5"}, "Line 2, price: “1.234,5” is no amount such as 0.0412 or 0,0412"),
        ({"price": ""}, "Line 2, price: is missing"),
        ({"price": "-1"}, "Line 2, price: is negative"),
        ({"price": "1e5"}, "Line 2, price: “1e5” is no amount such as 0.0412 or 0,0412"),
        ({"kind": "prise"}, "Line 2, kind: unknown kind of row. Did you mean “price”?"),
        ({"kind": "xyzzy"}, "Line 2, kind: “xyzzy” is no kind of row"),
        ({"kind": ""}, "Line 2, kind: “” is no kind of row"),
        ({"country": "Finnland"}, "Line 2, country: unknown country. Did you mean FI?"),
        ({"country": "QQ1"}, "Line 2, country: “QQ1” is no country: two letters, such as FI, are needed"),
        ({"currency": "SEK"}, "Line 2, currency: the list has another currency than SEK"),
        ({"first_day": "2026-13-01"}, "Line 2, first day: “2026-13-01” is no day such as 2026-10-31 or 31.10.2026"),
        ({"first_day": ""}, "Line 2, first day: is missing"),
        ({"name": "x"}, "Line 2, name: must be empty in rows of this kind"),
        ({"quantity": "5"}, "Line 2, up to quantity: must be empty in rows of this kind"),
        ({"kind": "volume", "name": "x", "quantity": "1.5"}, "Line 2, up to quantity: “1.5” is no whole number"),
        ({"kind": "monthly fee", "country": "", "price": "1.005"},
         "Line 2, price: has more decimals than the currency: 2"),
        ({"operator": "a\tb"}, "Line 2, operator: has control characters"),
        ({"more": "x"}, "Line 2: the line has more cells than the first line"),
    ],
)  # fmt: skip
def test_cell_that_cannot_be_read_is_named_with_its_line(cells, text):
    values = {"kind": "price", "name": "", "country": "FI", "operator": "", "quantity": "", "price": "1"}
    values |= {"currency": "", "first_day": "2026-01-01"}
    line = ";".join(f'"{value}"' for value in (values | cells).values())
    names = "kind;name;country;operator;quantity;price;currency;first day"

    read = read_file(f"{names}\n{line}\n".encode(), currency="EUR")

    with translation.override("en"):
        assert [line_text(problem) for problem in read.problems] == [text]


def test_lines_of_a_group_must_agree():
    text = (
        "kind;name;country;up to quantity;price;first day\nvolume;A;SE;10;1;2026-01-01\nvolume;A;NO;;1;2026-01-01\n"
        "package;B;SE;10;1;2026-01-01\npackage;B;SE;10;1;2026-01-01\n"
    )

    read = read_file(text.encode(), currency="EUR")

    assert [(problem.line, problem.code) for problem in read.problems] == [(3, "group_differs"), (5, "group_twice")]


@pytest.mark.parametrize(
    ("head", "code", "names"),
    [
        ("kind;price;first day;colour", "unknown_columns", ["colour"]),
        ("kind;price;hinta;first day", "columns_twice", ["price"]),
        ("kind;country", "missing_columns", ["price", "first day"]),
    ],
)
def test_columns_that_are_not_a_price_lists_are_named(head, code, names):
    with pytest.raises(TableProblem) as raised:
        read_file(f"{head}\n".encode(), currency="EUR")

    assert (raised.value.code, raised.value.names) == (code, names)


@pytest.mark.parametrize(
    ("body", "code"), [(b"", "empty"), (b"%PDF-1.7", "no_table"), (b"x" * (MAX_BYTES + 1), "too_large")]
)
def test_file_that_is_none_is_refused(body, code):
    with pytest.raises(FileProblem) as raised:
        read_file(body, currency="EUR")

    assert raised.value.code == code


@given(st.integers(0, 10**10), st.sampled_from(["en", "fi"]), st.sampled_from([MACHINE, form_of("fi", "FI")]))
def test_every_price_comes_back_exactly(micro, language, form):
    content = Content((PriceRow(micro, date(2026, 1, 1), country="FI"),))

    with translation.override(language):
        body = write_csv(content, currency="EUR", form=form)

    assert read_file(body, currency="EUR").content == content


@pytest.mark.parametrize(("currency", "minor", "text"), [("JPY", 12, "12"), ("EUR", 12, "0.12"), ("KWD", 12, "0.012")])
def test_fees_have_the_decimals_of_their_currency(currency, minor, text):
    content = Content(fees=(FeeRow("x", FeeKind.MONTHLY, minor, date(2026, 1, 1)),))

    body = write_csv(content, currency=currency, form=MACHINE)

    assert f'"{text}"' in body.decode("utf-8-sig")
    assert read_file(body, currency=currency).content == content

"""Invoices as files: what is read of them, and what is refused by line and field."""

import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest

from deliveries.conversions.files import FileProblem
from portal.common.periods import Month
from reports.billing.invoices.columns import LineError, guessed, month_in, read_rows
from reports.billing.invoices.files import read_file
from reports.billing.invoices.numbers import country_of, micro_of, month_of, quantity_of
from reports.billing.proof.claims import ClaimRow, Shape

OCTOBER = Month(2026, 10)
A_DAY = datetime(2026, 10, 1)  # noqa: DTZ001  a cell has no zone
FINNISH = (
    "PPID;Maa;Operaattori;Määrä (kpl);À-hinta;Summa (€)\r\n"
    'nr-fi;Suomi;Elisa;4 801;0,0650;312,07\r\n"nr-se";SE;Tele2;1.234;0,0412;50,84\r\nYhteensä;;;6035;;362,91\r\n'
)


def read(content: bytes, mapping: dict[str, str] | None = None, **remembered):
    file = read_file(content)
    mapping = mapping or guessed(file.names, remembered)
    return mapping, read_rows(file.rows, file.names, mapping, month=OCTOBER, digits=2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_finnish_spreadsheet_is_read(encoding: str) -> None:
    mapping = {"partner_id": "PPID", "country": "Maa", "operator": "Operaattori", "quantity": "Määrä (kpl)"}
    mapping |= {"price": "À-hinta", "amount": "Summa (€)"}

    _, found = read(FINNISH.encode(encoding), mapping)

    assert found.errors == []
    assert found.shape == Shape(partner_id=True, country=True, operator=True)
    assert (found.rows, found.totals, found.decimals) == (
        [
            ClaimRow("nr-fi", "FI", "Elisa", 4801, 65_000, 312_070_000, 2),
            ClaimRow("nr-se", "SE", "Tele2", 1234, 41_200, 50_840_000, 3),
        ],
        [4],
        2,
    )


def test_columns_are_guessed_by_finnish_and_english_names() -> None:
    finnish = ["Kumppanitunnus", "Maa", "Määrä", "Yksikköhinta", "Summa", "Muuta"]
    english = ["Platform Partner ID", "Country code", "Network", "Quantity", "Unit price", "Amount", "Month"]

    assert guessed(finnish, {}) == {
        "partner_id": "Kumppanitunnus", "country": "Maa", "quantity": "Määrä", "price": "Yksikköhinta",
        "amount": "Summa",
    }  # fmt: skip
    assert guessed(english, {}) == dict(
        zip(["partner_id", "country", "operator", "quantity", "price", "amount", "month"], english, strict=True)
    )


def test_remembered_columns_are_used_where_the_file_has_them() -> None:
    names = ["Tili", "Country", "Pieces", "Sum"]

    assert guessed(names, {"partner_id": "Tili", "quantity": "Pieces"}) == {"partner_id": "Tili", "quantity": "Pieces"}
    assert guessed(names, {"quantity": "Kappaletta"}) == {"partner_id": "Tili", "country": "Country", "amount": "Sum"}


def test_a_workbook_is_read() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (
        ["PPID", "Country", "Quantity", "Price", "Month"],
        ["nr-fi", "FI", 3295, 0.0412, A_DAY],
    ):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)

    mapping, found = read(file.getvalue())

    assert mapping["month"] == "Month"
    # without a column of amounts: quantity × price
    assert found.rows == [ClaimRow("nr-fi", "FI", "", 3295, 41_200, 135_750_000, 2)]


def test_amounts_with_more_decimals_are_compared_so() -> None:
    _, found = read(b"Country,Quantity,Amount\nFI,4801,312.065\n")

    assert (found.decimals, found.rows) == (3, [ClaimRow("", "FI", "", 4801, None, 312_065_000, 2)])


def test_refusals_name_line_and_field() -> None:
    content = "Country;Quantity;Amount;Month\nFI;12,5;1,00;10/2026\nAtlantis;7;1,00;2026-10\nSE;;x;lokakuu 2026\n"
    content += "NO;1;1,1234567;9/2026\nDK;2;;2026-10-31\n"

    _, found = read(content.encode())

    assert found.rows == []
    assert found.errors == [
        LineError(2, "quantity", "quantity"),
        LineError(3, "country", "country"),
        LineError(4, "quantity", "required"),
        LineError(4, "amount", "amount"),
        LineError(5, "month", "other_month", "2026-10"),
        LineError(5, "amount", "amount"),
        LineError(6, "amount", "required"),
    ]


@pytest.mark.parametrize(
    ("text", "quantity", "micro"),
    [
        ("4801", 4801, 4_801_000_000),
        ("4 801", 4801, 4_801_000_000),
        ("1.234", 1234, 1_234_000),
        ("1,234,567", 1234567, 1_234_567_000_000),
        ("1.234,50", None, 1_234_500_000),
        ("1,234.50", None, 1_234_500_000),
        ("12,00", 12, 12_000_000),
        ("-3", -3, -3_000_000),
        ("0,0650 €", None, 65_000),
        ("EUR 0.0412", None, 41_200),
        ("1,2,3", None, None),
        ("", None, None),
        ("n/a", None, None),
        ("0,1234567", None, None),
    ],
)
def test_numbers(text: str, quantity: int | None, micro: int | None) -> None:
    assert (quantity_of(text), micro_of(text)) == (quantity, micro)


def test_numbers_of_workbooks() -> None:
    assert (quantity_of(Decimal("12.0")), quantity_of(Decimal("12.5")), micro_of(Decimal("0.065"))) == (
        12,
        None,
        65_000,
    )


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("FI", "FI"), ("fi", "FI"), ("Suomi", "FI"), ("FINLAND", "FI"), ("SMS Finland (Elisa)", "FI"), ("+46", "SE"),
        ("SMS - SE - Tele2", "SE"), ("UK", "GB"), ("Finland and Sweden", None), ("Atlantis", None), ("SMS", None),
        ("ZZ", "ZZ"), ("358", None), ("Viestit: Iso-Britannia", "GB"),
    ],
)  # fmt: skip
def test_countries(text: str, country: str | None) -> None:
    assert country_of(text) == country


@pytest.mark.parametrize(
    "cell", ["2026-10", "10/2026", "2026/10", "202610", "1.10.2026", "2026-10-31", "October 2026", "lokakuu 2026",
             "2026-10-01 00:00:00", "Oct 2026", A_DAY],
)  # fmt: skip
def test_months(cell) -> None:
    assert month_of(cell) == OCTOBER


@pytest.mark.parametrize("cell", ["2026-13", "10", "tomorrow", Decimal("12"), "smarch 2026"])
def test_what_is_no_month(cell) -> None:
    assert month_of(cell) is None


def test_month_of_most_lines() -> None:
    file = read_file(b"Country,Quantity,Period\nFI,1,2026-09\nSE,1,2026-10\nNO,1,2026-10\n")

    assert month_in(file.rows, file.names, "Period") == OCTOBER


UBL = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" xmlns:cac="a" xmlns:cbc="b">
 <cbc:IssueDate>2026-11-03</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
 <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="H87">4801</cbc:InvoicedQuantity>
  <cbc:LineExtensionAmount currencyID="EUR">312.07</cbc:LineExtensionAmount>
  <cac:InvoicePeriod><cbc:StartDate>2026-10-01</cbc:StartDate></cac:InvoicePeriod>
  <cac:Item><cbc:Name>SMS Finland</cbc:Name><cac:AdditionalItemProperty><cbc:Name>PPID</cbc:Name>
   <cbc:Value>nr-fi</cbc:Value></cac:AdditionalItemProperty></cac:Item>
  <cac:Price><cbc:PriceAmount>65.00</cbc:PriceAmount><cbc:BaseQuantity>1000</cbc:BaseQuantity></cac:Price>
 </cac:InvoiceLine></Invoice>"""
FINVOICE = """<?xml version="1.0" encoding="ISO-8859-15"?>
<Finvoice Version="3.0"><InvoiceDetails><InvoiceDate Format="CCYYMMDD">20261103</InvoiceDate>
 <InvoiceTotalVatIncludedAmount AmountCurrencyIdentifier="EUR">391,65</InvoiceTotalVatIncludedAmount></InvoiceDetails>
 <InvoiceRow><ArticleName>Tekstiviestit, Suomi</ArticleName>
  <DeliveredQuantity QuantityUnitCode="kpl">4801</DeliveredQuantity>
  <UnitPriceAmount AmountCurrencyIdentifier="EUR">0,0650</UnitPriceAmount><RowFreeText>nr-fi</RowFreeText>
  <RowVatExcludedAmount AmountCurrencyIdentifier="EUR">312,07</RowVatExcludedAmount></InvoiceRow></Finvoice>"""


@pytest.mark.parametrize(("content", "partner"), [(UBL.encode(), "PPID"), (FINVOICE.encode("iso-8859-15"), "Note")])
def test_e_invoices_are_tables(content: bytes, partner: str) -> None:
    file = read_file(content)
    mapping = guessed(file.names, {}) | {"partner_id": partner}

    found = read_rows(file.rows, file.names, mapping, month=OCTOBER, digits=2)

    assert (file.currency, file.issued_on) == ("EUR", date(2026, 11, 3))
    assert found.errors == []
    assert [(row.partner_id, row.country, row.quantity, row.micro, row.amount) for row in found.rows] == [
        ("nr-fi", "FI", 4801, 65_000, 312_070_000)
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'<!DOCTYPE x [<!ENTITY a "b">]><Invoice>&a;</Invoice>', "doctype"),
        (b"<Invoice><x></Invoice>", "not_xml"),
        (b"<Order/>", "no_einvoice"),
        (b"<Invoice/>", "no_lines"),
        (b"<a>" * 30, "too_deep"),
        (b"Country;Quantity\n", "no_lines"),
        (b"Country;Country\nFI;1\n", "names"),
        (b"%PDF-1.7", "no_table"),
        (b"<html><body>", "no_table"),
        (b"x" * (10 * 1024 * 1024 + 1), "too_large"),
        (b"", "empty"),
    ],
)
def test_files_that_cannot_be_read(content: bytes, code: str) -> None:
    with pytest.raises(FileProblem) as raised:
        read_file(content)

    assert raised.value.code == code

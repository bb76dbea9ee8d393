"""E-invoices as tables: UBL 2.1 (Peppol BIS Billing 3.0) and Finvoice, one row for each line of the invoice.

The columns are named as the wizard guesses them (reports/billing/invoices/columns.py). Properties of a line have
columns of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

from deliveries.conversions.files import Cell, FileProblem, Row
from reports.billing.invoices.xml_elements import Element, XmlProblem, read_xml

LINE, ITEM, TEXT, NOTE, QUANTITY, PRICE, AMOUNT, FROM = (
    *("Line", "Item", "Description", "Note", "Quantity", "Unit price", "Amount", "From"),
)
_COLUMNS = (LINE, ITEM, TEXT, NOTE, QUANTITY, PRICE, AMOUNT, FROM)


@dataclass(frozen=True, slots=True)
class Einvoice:
    """An e-invoice: its currency ('' where it has none), its day, and its lines as a table."""

    currency: str
    issued_on: date | None
    head: Row
    rows: list[Row]


@dataclass(slots=True)
class _Line:
    line: int
    cells: dict[str, Cell] = field(default_factory=dict)


def is_xml(content: bytes) -> bool:
    """Return whether a file looks like XML, and not like HTML."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:200].lower()
    is_utf16 = start[:2] in (b"\xff\xfe", b"\xfe\xff")
    return is_utf16 and b"<" in start[:6] if is_utf16 else start.startswith(b"<") and b"<html" not in start


def read_einvoice(content: bytes) -> Einvoice:
    """Return an e-invoice. Raises FileProblem."""
    try:
        root = read_xml(content)
    except XmlProblem as error:
        raise FileProblem(error.code, error.line) from error
    for names, read in _KINDS.items():
        if root.name in names:
            return read(root)
    raise FileProblem("no_einvoice")


def _ubl(root: Element) -> Einvoice:
    sign = -1 if root.name == "CreditNote" else 1
    kind = "Invoice" if root.name == "Invoice" else "CreditNote"
    quantity = "InvoicedQuantity" if root.name == "Invoice" else "CreditedQuantity"
    lines = []
    for element in root.all(f"{kind}Line"):
        base = _decimal(element.text_at("Price", "BaseQuantity"))
        price = _decimal(element.text_at("Price", "PriceAmount"))
        cells: dict[str, Cell] = {
            LINE: element.text_at("ID"),
            ITEM: element.text_at("Item", "Name"),
            TEXT: element.text_at("Item", "Description"),
            NOTE: element.text_at("Note"),
            QUANTITY: _signed(element.text_at(quantity), sign),
            PRICE: price / base if price is not None and base else _or_empty(price),
            AMOUNT: _signed(element.text_at("LineExtensionAmount"), sign),
            FROM: element.text_at("InvoicePeriod", "StartDate"),
        }
        for one in element.all("Item", "AdditionalItemProperty"):
            cells.setdefault(one.text_at("Name"), one.text_at("Value"))
        lines.append(_Line(element.line, cells))
    return _table(root.text_at("DocumentCurrencyCode"), root.text_at("IssueDate"), lines)


def _finvoice(root: Element) -> Einvoice:
    sign = 1
    lines = []
    for element in root.all("InvoiceRow"):
        base = _decimal(element.text_at("UnitPriceBaseQuantity"))
        price = _decimal(element.text_at("UnitPriceAmount"))
        invoiced = element.text_at("InvoicedQuantity") or element.text_at("DeliveredQuantity")
        start = element.first("StartDate") or element.first("RowDeliveryDate")
        cells: dict[str, Cell] = {
            LINE: element.text_at("RowIdentifier"),
            ITEM: element.text_at("ArticleName"),
            TEXT: element.text_at("ArticleDescription"),
            NOTE: " ".join(one.text for one in element.all("RowFreeText") if one.text),
            QUANTITY: _signed(invoiced, sign),
            PRICE: price / base if price is not None and base else _or_empty(price),
            AMOUNT: _signed(element.text_at("RowVatExcludedAmount"), sign),
            FROM: _day_text(start.text) if start is not None else "",
        }
        for one in element.all("RowDefinitionDetails"):
            cells.setdefault(one.text_at("RowDefinitionHeaderText"), one.text_at("RowDefinitionValue"))
        lines.append(_Line(element.line, cells))
    details = root.first("InvoiceDetails")
    total = details.first("InvoiceTotalVatIncludedAmount") if details else None
    currency = total.attributes.get("AmountCurrencyIdentifier", "") if total is not None else ""
    return _table(currency, _day_text(details.text_at("InvoiceDate")) if details else "", lines)


_KINDS: dict[tuple[str, ...], Callable[[Element], Einvoice]] = {
    ("Invoice", "CreditNote"): _ubl,
    ("Finvoice",): _finvoice,
}


def _table(currency: str, issued_on: str, lines: list[_Line]) -> Einvoice:
    if not lines:
        raise FileProblem("no_lines")
    more = list(dict.fromkeys(name for line in lines for name in line.cells if name and name not in _COLUMNS))
    used = [name for name in _COLUMNS if any(line.cells.get(name, "") != "" for line in lines)] + more
    rows = [Row(line.line, [line.cells.get(name, "") for name in used]) for line in lines]
    return Einvoice(currency.strip().upper(), _day(issued_on), Row(1, list(used)), rows)


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip().replace("\u00a0", "").replace(" ", "").replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _signed(text: str, sign: int) -> Cell:
    found = _decimal(text)
    return text if found is None else found * sign


def _or_empty(number: Decimal | None) -> Cell:
    return "" if number is None else number


def _day_text(text: str) -> str:
    """Return a day such as 20261031 with hyphens."""
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == len("20261031") and text.isdigit() else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None

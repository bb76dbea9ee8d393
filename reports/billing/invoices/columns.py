"""Columns of an invoice: which field each one holds, and the rows of a claim that come of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from deliveries.conversions.files import Cell, Row, text_of_cell
from portal.common.periods import Month
from reports.billing.invoices import numbers
from reports.billing.proof.claims import ClaimRow, Shape
from reports.pricing.money import divide_half_away

MAX_LINES = 20_000
MAX_ERRORS = 1000
MAX_TEXT = 200

# Names of columns by which the wizard guesses, without case, spaces and signs; the first one of a field that is there.
GUESSES: dict[str, tuple[str, ...]] = {
    "partner_id": (
        "platformpartnerid", "ppid", "partnerid", "partner", "kumppanitunnus", "kumppani", "subaccount", "alitili",
        "account", "tili", "customer", "asiakas", "costcenter", "kustannuspaikka",
    ),
    "country": (
        "country", "countrycode", "maa", "maakoodi", "kohdemaa", "destination", "destinationcountry", "kohde", "iso",
        "item", "product", "tuote", "description", "kuvaus", "selite",
    ),
    "operator": ("operator", "operaattori", "network", "verkko", "carrier", "operatorname", "mccmnc"),
    "quantity": (
        "quantity", "qty", "määrä", "maara", "kpl", "lkm", "lukumäärä", "messages", "viestit", "viestejä", "parts",
        "smsparts", "osat", "smsosat", "segments", "count", "volume", "amountofmessages",
    ),
    "price": (
        "unitprice", "price", "yksikköhinta", "ahinta", "hinta", "rate", "priceperunit", "pricepersms", "kplhinta",
    ),
    "amount": (
        "amount", "total", "summa", "yhteensä", "veroton", "netto", "net", "netamount", "totalamount", "rivisumma",
        "cost", "kustannus", "hintayhteensä", "totalexclvat", "verotonsumma", "sum",
    ),
    "month": ("month", "kuukausi", "period", "jakso", "kausi", "from", "laskutuskausi", "date", "päivä", "pvm"),
}  # fmt: skip
FIELDS = tuple(GUESSES)

_signs = re.compile(r"[\W_]+")
_TOTALS = re.compile(
    r"(grand )?(total|sum|subtotal)s?\b.*|(loppu)?summa\b.*|yhteens.\b.*|välisumma\b.*|kaikki yhteensä\b.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LineError:
    """One refusal: the line, the field and a code of reports/billing/checks/texts.py; `detail` fills its text."""

    line: int
    field: str
    code: str
    detail: str = ""


@dataclass(slots=True)
class ReadInvoice:
    """Tells what was read of an invoice: its rows, refusals, and the lines of totals, which are left out."""

    shape: Shape
    decimals: int = 0
    rows: list[ClaimRow] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)


def guessed(names: Sequence[str], remembered: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each field: the remembered ones if the file has any of them, else those of known names."""
    plain: dict[str, str] = {}
    for name in names:
        plain.setdefault(_signs.sub("", name).casefold(), name)
    found = {field_: column for field_, column in remembered.items() if field_ in FIELDS and column in names}
    if not found:
        for field_ in FIELDS:
            column = _by_name(field_, plain, taken=set(found.values()))
            if column:
                found[field_] = column
    return found


def _by_name(field_: str, plain: Mapping[str, str], taken: set[str]) -> str | None:
    return next((plain[name] for name in GUESSES[field_] if name in plain and plain[name] not in taken), None)


def read_rows(
    rows: Iterable[Row], names: Sequence[str], mapping: Mapping[str, str], *, month: Month, digits: int
) -> ReadInvoice:
    """Read the lines below the names. `digits` are the decimals of the currency's minor unit."""
    columns = {field_: names.index(column) for field_, column in mapping.items()}
    found = ReadInvoice(Shape("partner_id" in columns, "country" in columns, "operator" in columns), digits)
    for number, row in enumerate(rows, start=1):
        if number > MAX_LINES:
            found.errors.append(LineError(row.line, "", "too_many_lines"))
            break
        cells = {field_: row.cells[place] if place < len(row.cells) else "" for field_, place in columns.items()}
        if _is_total(row, cells):
            found.totals.append(row.line)
            continue
        line = _Line(row.line, cells, month)
        claimed = line.read()
        if line.errors:
            found.errors += line.errors[: MAX_ERRORS - len(found.errors)]
        elif claimed is not None:
            found.rows.append(claimed)
    found.decimals = max([digits, *(numbers.decimals_of(row.amount) for row in found.rows if row.amount)])
    if "amount" not in columns and "price" in columns:
        found.rows = [_with_amount(row, found.decimals) for row in found.rows]
    return found


def _with_amount(row: ClaimRow, decimals: int) -> ClaimRow:
    """Return a row that has a price alone with its amount, rounded as agreed."""
    if row.micro is None:
        return row
    step = 10 ** (numbers.MICRO_PLACES - decimals)
    amount = divide_half_away(row.quantity * row.micro, step) * step
    return ClaimRow(row.partner_id, row.country, row.operator, row.quantity, row.micro, amount, row.line)


def _is_total(row: Row, cells: Mapping[str, Cell]) -> bool:
    """Return whether a line is a total: its first text says so, and it names no partner ID or country of its own."""
    first = next((text_of_cell(cell) for cell in row.cells if cell != ""), "")
    keys = [text_of_cell(cells[name]) for name in ("partner_id", "country", "operator") if cells.get(name, "") != ""]
    return bool(_TOTALS.fullmatch(first)) and all(_TOTALS.fullmatch(key) for key in keys)


@dataclass(slots=True)
class _Line:
    """One line being read, with its refusals."""

    line: int
    cells: Mapping[str, Cell]
    month: Month
    errors: list[LineError] = field(default_factory=list)

    def read(self) -> ClaimRow | None:
        self._month()
        partner_id = self._text("partner_id")
        country = self._country()
        operator = self._text("operator")
        quantity = self._quantity()
        micro = self._micro("price")
        amount = self._micro("amount")
        if self.errors or quantity is None:
            return None
        return ClaimRow(partner_id, country, operator, quantity, micro, amount, self.line)

    def _refuse(self, name: str, code: str, detail: str = "") -> None:
        self.errors.append(LineError(self.line, name, code, detail))

    def _text(self, name: str) -> str:
        text = text_of_cell(self.cells.get(name, ""))
        if len(text) > MAX_TEXT:
            self._refuse(name, "too_long", str(MAX_TEXT))
        return text

    def _country(self) -> str:
        if "country" not in self.cells:
            return ""
        text = self._text("country")
        if not text:
            self._refuse("country", "required")
            return ""
        found = numbers.country_of(text)
        if found is None:
            self._refuse("country", "country")
        return found or ""

    def _quantity(self) -> int | None:
        cell = self.cells.get("quantity", "")
        if cell == "":
            self._refuse("quantity", "required")
            return None
        found = numbers.quantity_of(cell)
        if found is None:
            self._refuse("quantity", "quantity")
        return found

    def _micro(self, name: str) -> int | None:
        cell = self.cells.get(name, "")
        if cell == "":
            if name == "amount" and name in self.cells:
                self._refuse(name, "required")
            return None
        found = numbers.micro_of(cell)
        # A price that was divided by its quantity may have no end: the amount counts.
        if found is None and not (name == "price" and isinstance(cell, Decimal)):
            self._refuse(name, "amount")
        return found

    def _month(self) -> None:
        cell = self.cells.get("month", "")
        if "month" not in self.cells:
            return
        if cell == "":
            self._refuse("month", "required")
        elif (found := numbers.month_of(cell)) is None:
            self._refuse("month", "month")
        elif found != self.month:
            self._refuse("month", "other_month", str(self.month))


def month_in(rows: Iterable[Row], names: Sequence[str], column: str) -> Month | None:
    """Return the month that the most lines name in a column, None where none does."""
    place = names.index(column)
    found: dict[Month, int] = {}
    for row in rows:
        month = numbers.month_of(row.cells[place]) if place < len(row.cells) else None
        if month is not None:
            found[month] = found.get(month, 0) + 1
    return max(found, key=lambda month: (found[month], str(month)), default=None)

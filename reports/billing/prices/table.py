"""The table of a price list in files: one row a price, a tier or a fee. Pure.

Columns and kinds have English and Finnish names; a file may mix them, and its columns may come in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from deliveries.conversions.files import Cell, text_of_cell
from deliveries.conversions.files import Row as Line
from portal.common.countries import country_meant
from portal.common.msisdn import COUNTRIES, UNKNOWN_COUNTRY
from portal.common.nearest import nearest
from reports.billing.prices.rows import DAY, Content, FeeRow, GroupRow, PriceRow, Row, last_day
from reports.pricing.money import MICRO, digits_of, to_micro
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode, Tier

# column: its English and Finnish names
COLUMNS: dict[str, tuple[str, str]] = {
    "kind": ("kind", "tyyppi"),
    "name": ("name", "nimi"),
    "country": ("country", "maa"),
    "operator": ("operator", "operaattori"),
    "sender_type": ("sender type", "lähettäjätyyppi"),
    "quantity": ("up to quantity", "määrään asti"),
    "price": ("price", "hinta"),
    "fixed": ("fixed amount", "kiinteä summa"),
    "currency": ("currency", "valuutta"),
    "first_day": ("first day", "ensimmäinen päivä"),
    "last_day": ("last day", "viimeinen päivä"),
}
NEEDED = ("kind", "price", "first_day")
KINDS: dict[str, tuple[str, str]] = {
    "price": ("price", "hinta"),
    Mode.GRADUATED: ("graduated", "portaittainen"),
    Mode.VOLUME: ("volume", "määrähinta"),
    Mode.PACKAGES: ("package", "paketti"),
    FeeKind.MONTHLY: ("monthly fee", "kuukausimaksu"),
    FeeKind.MINIMUM: ("monthly minimum", "vähimmäislaskutus"),
    FeeKind.ONE_OFF: ("one-off", "kertaerä"),
}
_PLACES = 6  # decimals of a price
_is_amount = re.compile(r"-?\d{1,15}(?:[.,]\d+)?").fullmatch
_spaces = re.compile(r"[\s\u00a0\u202f]+")
_separators = re.compile(r"[\s,;/]+")
_DAYS = ("%Y-%m-%d", "%d.%m.%Y")


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A cell that cannot be read: its line in the file, its column, a code and what its text names."""

    line: int
    column: str
    code: str
    value: str = ""


class TableProblem(Exception):
    """The columns of a file are not those of a price list."""

    def __init__(self, code: str, names: Iterable[str]) -> None:
        self.code, self.names = code, list(names)
        super().__init__(f"{code}: {', '.join(self.names)}")


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Tells what a file holds: its rows as far as they can be read, the problems, and the first line of each row."""

    content: Content
    problems: list[LineProblem]
    lines: dict[Row, int]


def read_table(lines: Iterator[Line], *, currency: str) -> ReadTable:
    """Return what the lines of a file say, the first one with the names of its columns. Raises TableProblem."""
    columns = _columns(next(lines))
    too_long: list[LineProblem] = []
    rows = []
    for line in lines:
        if len(line.cells) > len(columns) and any(cell != "" for cell in line.cells[len(columns) :]):
            too_long.append(LineProblem(line.line, "", "columns"))
            continue
        rows.append((line.line, {name: cell for name, cell in zip(columns, line.cells, strict=False) if name}))
    read = read_rows(rows, currency=currency)
    return ReadTable(read.content, sorted(too_long + read.problems, key=lambda problem: problem.line), read.lines)


def read_rows(rows: Iterable[tuple[int, Mapping[str, Cell]]], *, currency: str) -> ReadTable:
    """Return what rows say: each its line, and its cells by column."""
    problems: list[LineProblem] = []
    reader = _Reader(currency, problems)
    for line, cells in rows:
        reader.read(line, {name: cells.get(name, "") for name in COLUMNS})
    content = Content(tuple(reader.prices), tuple(reader.group_rows()), tuple(reader.fees))
    return ReadTable(content, problems, reader.lines)


def _columns(head: Line) -> list[str]:
    """Return the column that each cell of the first line names, '' for empty ones."""
    known = {folded(text): column for column, texts in COLUMNS.items() for text in (column, *texts)}
    names = [text_of_cell(cell).strip() for cell in head.cells]
    found = [known.get(folded(name), "") for name in names]
    if unknown := [name for name, column in zip(names, found, strict=True) if name and not column]:
        raise TableProblem("unknown_columns", unknown)
    if twice := sorted({column for column in found if column and found.count(column) > 1}):
        raise TableProblem("columns_twice", (COLUMNS[column][0] for column in twice))
    if missing := [COLUMNS[column][0] for column in NEEDED if column not in found]:
        raise TableProblem("missing_columns", missing)
    return found


def folded(text: str) -> str:
    """Return the name of a column or kind as it is compared: case, spaces, `-` and `_` do not matter."""
    return _spaces.sub(" ", text.replace("_", " ").replace("-", " ")).strip().casefold()


_KINDS = {folded(text): kind for kind, texts in KINDS.items() for text in (kind, *texts)}


class Unreadable(Exception):
    """A cell that cannot be read; `code` is one of LINE_PROBLEMS (reports/billing/prices/texts.py)."""

    def __init__(self, column: str, code: str, value: str = "") -> None:
        super().__init__(code)
        self.column, self.code, self.value = column, code, value


class _Reader:
    """Reads line by line; the tiers of a group are on several of them."""

    def __init__(self, currency: str, problems: list[LineProblem]) -> None:
        self.currency, self.problems = currency, problems
        self.prices: list[PriceRow] = []
        self.fees: list[FeeRow] = []
        self.lines: dict[Row, int] = {}
        self._groups: dict[tuple[str, date], tuple[int, GroupRow]] = {}

    def read(self, line: int, cells: Mapping[str, Cell]) -> None:
        try:
            self._read(line, cells)
        except Unreadable as error:
            self.problems.append(LineProblem(line, error.column, error.code, error.value))

    def group_rows(self) -> list[GroupRow]:
        for line, row in self._groups.values():
            self.lines.setdefault(row, line)
        return [row for _line, row in self._groups.values()]

    def _read(self, line: int, cells: Mapping[str, Cell]) -> None:
        kind = _kind(cells["kind"])
        currency = text_of_cell(cells["currency"]).strip().upper()
        if currency and currency != self.currency:
            raise Unreadable("currency", "other_currency", currency)
        dates = _dates(cells)
        if kind == "price":
            _refuse(cells, "name", "quantity", "fixed")
            row = PriceRow(_micro(cells, "price"), *dates, _country(cells["country"]), _text(cells, "operator"),
                           _text(cells, "sender_type").lower())  # fmt: skip
            self.prices.append(row)
            self.lines.setdefault(row, line)
        elif kind in list(FeeKind):
            _refuse(cells, "country", "operator", "sender_type", "quantity", "fixed")
            fee = FeeRow(_text(cells, "name"), FeeKind(kind), read_minor(cells["price"], self.currency), *dates)
            self.fees.append(fee)
            self.lines.setdefault(fee, line)
        else:
            _refuse(cells, "operator", "sender_type")
            self._read_tier(line, Mode(kind), cells, dates)

    def _read_tier(self, line: int, mode: Mode, cells: Mapping[str, Cell], dates: tuple[date, date | None]) -> None:
        name, countries = _text(cells, "name"), _countries(cells["country"])
        quantity, micro = _quantity(cells["quantity"]), _micro(cells, "price")
        place = (name.casefold(), dates[0])
        if mode == Mode.PACKAGES:
            _refuse(cells, "fixed")
            if place in self._groups:
                raise Unreadable("name", "group_twice", name)
            self._groups[place] = line, GroupRow(name, countries, mode, *dates, size=quantity or 0, micro=micro)
            return
        flat = _micro(cells, "fixed") if cells["fixed"] != "" else 0
        first, group = self._groups.get(place, (line, GroupRow(name, countries, mode, *dates)))
        if (group.mode, group.countries, group.valid_to) != (mode, countries, dates[1]):
            raise Unreadable("name", "group_differs", name)
        tiers = (*group.tiers, Tier(quantity, micro, flat))
        self._groups[place] = first, GroupRow(group.name, countries, mode, *dates, tiers)


def _kind(cell: Cell) -> str:
    text = text_of_cell(cell)
    kind = _KINDS.get(folded(text))
    if kind is None:
        meant = nearest(folded(text), _KINDS) if text else None
        raise Unreadable("kind", "kind_meant" if meant else "kind", meant or text)
    return kind


def _refuse(cells: Mapping[str, Cell], *columns: str) -> None:
    for column in columns:
        if cells[column] != "":
            raise Unreadable(column, "not_of_kind", text_of_cell(cells[column]))


def _text(cells: Mapping[str, Cell], column: str) -> str:
    text = text_of_cell(cells[column]).removeprefix("'").strip()
    if any(ord(sign) < 32 for sign in text):
        raise Unreadable(column, "control")
    return text


def _country(cell: Cell) -> str:
    text = text_of_cell(cell).strip()
    if text in ("", "*"):
        return ""
    code = text.upper()
    if code in COUNTRIES or code == UNKNOWN_COUNTRY:
        return code
    meant = country_meant(text)
    raise Unreadable("country", "country_meant" if meant else "country", meant or text)


def _countries(cell: Cell) -> tuple[str, ...]:
    codes = [_country(code) for code in _separators.split(text_of_cell(cell).strip()) if code]
    return tuple(sorted({code for code in codes if code}))


def _quantity(cell: Cell) -> int | None:
    if cell == "":
        return None
    text = _spaces.sub("", text_of_cell(cell))
    if not text.isdecimal() or len(text) > 15:
        raise Unreadable("quantity", "quantity", text)
    return int(text)


def _micro(cells: Mapping[str, Cell], column: str) -> int:
    micro = read_micro(cells[column], column)
    if micro < 0:
        raise Unreadable(column, "negative", text_of_cell(cells[column]))
    return micro


def read_micro(cell: Cell, column: str) -> int:
    """Return an amount in millionths; as text it has a decimal point or comma, and spaces between thousands."""
    if isinstance(cell, Decimal):
        found = cell
    else:
        text = _spaces.sub("", text_of_cell(cell)).replace("\u2212", "-")
        if text == "":
            raise Unreadable(column, "missing")
        if not _is_amount(text):
            raise Unreadable(column, "amount", text)
        found = Decimal(text.replace(",", "."))
    micro = found * MICRO
    if micro != micro.to_integral_value():
        raise Unreadable(column, "decimals", str(_PLACES))
    return int(micro)


def read_minor(cell: Cell, currency: str) -> int:
    """Return an amount in minor units. Raises Unreadable, also for more decimals than the currency has."""
    micro, unit = read_micro(cell, "price"), to_micro(1, currency)
    if micro % unit:
        raise Unreadable("price", "currency_decimals", str(digits_of(currency)))
    return micro // unit


def _dates(cells: Mapping[str, Cell]) -> tuple[date, date | None]:
    first, last = read_day(cells["first_day"], "first_day"), read_day(cells["last_day"], "last_day")
    if first is None:
        raise Unreadable("first_day", "missing")
    return first, last + DAY if last else None


def read_day(cell: Cell, column: str) -> date | None:
    """Return a day; None for an empty cell. Raises Unreadable."""
    if cell == "":
        return None
    if isinstance(cell, datetime):
        if cell.hour or cell.minute:
            raise Unreadable(column, "day", text_of_cell(cell))
        return cell.date()
    text = text_of_cell(cell).strip()
    for form in _DAYS:
        try:
            found = datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no time zone
        except ValueError:
            continue
        if date(1900, 1, 1) < found < date(9999, 12, 31):
            return found
    raise Unreadable(column, "day", text)


def table_rows(content: Content, *, currency: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table by column: texts, whole numbers, Decimals and dates; no value is ''."""
    for row in content.rows:
        common = {"currency": currency, "first_day": row.valid_from, "last_day": last_day(row) or ""}
        if isinstance(row, PriceRow):
            own: list[dict[str, Any]] = [
                {"kind": "price", "country": row.country, "operator": row.operator, "sender_type": row.sender_type,
                 "price": _units(row.micro)}
            ]  # fmt: skip
        elif isinstance(row, FeeRow):
            own = [{"kind": row.kind, "name": row.name, "price": _units(to_micro(row.minor, currency))}]
        else:
            own = _tier_rows(row)
        for one in own:
            yield dict.fromkeys(COLUMNS, "") | one | common


def _tier_rows(row: GroupRow) -> list[dict[str, Any]]:
    group = {"kind": row.mode, "name": row.name, "country": " ".join(row.countries)}
    if row.mode == Mode.PACKAGES:
        return [group | {"quantity": row.size, "price": _units(row.micro)}]
    return [
        group
        | {
            "quantity": "" if tier.up_to is None else tier.up_to,
            "price": _units(tier.micro),
            "fixed": _units(tier.flat_micro) if tier.flat_micro else "",
        }
        for tier in row.tiers
    ]


def _units(micro: int) -> Decimal:
    return Decimal(micro) / MICRO

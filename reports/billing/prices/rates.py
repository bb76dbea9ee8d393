"""Exchange rates of an issuer: typed or from a file, each change with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction

from deliveries.conversions.files import Row as Line
from deliveries.conversions.files import text_of_cell
from portal.accounts.models import record
from portal.tenants.models import Tenant
from reports.billing.prices.table import Unreadable, folded, read_day
from reports.models import ExchangeRate

NANO = 10**9
MAX_RATE = 10**9  # units of one currency for one of another
MAX_ROWS = 5000
MAX_LOGGED = 20
COLUMNS: dict[str, tuple[str, str]] = {
    "day": ("day", "päivä"),
    "base": ("base", "perusvaluutta"),
    "quote": ("quote", "valuutta"),
    "rate": ("rate", "kurssi"),
}


@dataclass(frozen=True, slots=True)
class RateRow:
    """Units of `quote` for one of `base` on a day, in 10⁻⁹."""

    day: date
    base: str
    quote: str
    rate: int


@dataclass(frozen=True, slots=True)
class RateProblem:
    """A line that cannot be read, or (line 0) the file; `code` is one of RATE_PROBLEMS (rate_forms.py)."""

    line: int
    code: str
    value: str = ""


def read_rates(lines: Iterator[Line], *, currencies: frozenset[str]) -> tuple[list[RateRow], list[RateProblem]]:
    """Return the rates of a file, the first line with the names of its columns, and what cannot be read."""
    known = {folded(text): column for column, texts in COLUMNS.items() for text in (column, *texts)}
    columns = [known.get(folded(text_of_cell(cell)), "") for cell in next(lines).cells]
    if missing := [names[0] for column, names in COLUMNS.items() if columns.count(column) != 1]:
        return [], [RateProblem(0, "columns", ", ".join(missing))]
    found: dict[tuple[date, str, str], RateRow] = {}
    problems = []
    for line in lines:
        if line.line > MAX_ROWS + 1:
            return [], [RateProblem(0, "too_many", str(MAX_ROWS))]
        cells = dict(zip(columns, line.cells, strict=False))
        try:
            row = _read(cells, currencies)
        except Unreadable as error:
            problems.append(RateProblem(line.line, error.code, error.value))
            continue
        if (row.day, row.base, row.quote) in found:
            problems.append(RateProblem(line.line, "twice", f"{row.base}/{row.quote} {row.day}"))
        found[row.day, row.base, row.quote] = row
    return list(found.values()), problems


def _read(cells: dict, currencies: frozenset[str]) -> RateRow:
    day = read_day(cells["day"], "day")
    if day is None:
        raise Unreadable("day", "missing")
    base, quote = (text_of_cell(cells.get(name, "")).strip().upper() for name in ("base", "quote"))
    for code in (base, quote):
        if code not in currencies:
            raise Unreadable("base", "currency", code)
    if base == quote:
        raise Unreadable("quote", "same", base)
    cell = cells.get("rate", "")
    return RateRow(day, base, quote, read_rate(cell if isinstance(cell, Decimal) else text_of_cell(cell)))


def read_rate(given: Decimal | str) -> int:
    """Return a rate in 10⁻⁹, from a text with a decimal point or comma. Raises Unreadable."""
    try:
        rate = given if isinstance(given, Decimal) else Decimal("".join(given.split()).replace(",", "."))
    except InvalidOperation as error:
        raise Unreadable("rate", "rate", str(given)[:40]) from error
    if not rate.is_finite() or not 0 < rate <= MAX_RATE or rate * NANO != (rate * NANO).to_integral_value():
        raise Unreadable("rate", "rate", str(given)[:40])
    return int(rate * NANO)


def set_rates(issuer: Tenant | None, rows: list[RateRow], *, actor: str, now: datetime) -> int:
    """Enter rates, each in place of one of the same day and currencies; return how many differ."""
    with transaction.atomic():
        days = {row.day for row in rows}
        kept = ExchangeRate.objects.select_for_update().filter(issuer=issuer, day__in=days)
        before = {(one.day, one.base, one.quote): one.rate for one in kept}
        changed = [row for row in rows if before.get((row.day, row.base, row.quote)) != row.rate]
        values = {"issuer": issuer, "entered_by": actor, "entered_at": now}
        rows_to_write = (
            ExchangeRate(day=row.day, base=row.base, quote=row.quote, rate=row.rate, **values)
            for row in sorted(changed, key=lambda row: (row.day, row.base, row.quote))
        )
        ExchangeRate.objects.bulk_create(
            rows_to_write, update_conflicts=True, unique_fields=["issuer", "base", "quote", "day"],
            update_fields=["rate", "entered_by", "entered_at"],
        )  # fmt: skip
        if changed:
            details = {
                "rates": len(changed),
                "before": _listed([_plain(row, before.get((row.day, row.base, row.quote))) for row in changed]),
                "after": _listed([_plain(row, row.rate) for row in changed]),
            }
            record("exchange_rate.set", actor=actor, tenant=issuer, subject=_subject(changed), details=details)
    return len(changed)


def delete_rate(rate: ExchangeRate, *, actor: str) -> None:
    """Delete a rate; statements that fixed it keep it."""
    row = RateRow(rate.day, rate.base, rate.quote, rate.rate)
    with transaction.atomic():
        if ExchangeRate.objects.filter(pk=rate.pk).delete()[0]:
            details = {"before": _plain(row, row.rate)}
            record("exchange_rate.deleted", actor=actor, tenant=rate.issuer, subject=_subject([row]), details=details)


def _plain(row: RateRow, rate: int | None) -> str:
    return f"{row.base}/{row.quote} {row.day} {plain_rate(rate)}" if rate is not None else ""


def plain_rate(rate: int) -> str:
    """Return a rate in 10⁻⁹ as a plain number with nine decimals."""
    return f"{Decimal(rate) / NANO:.9f}"


def _listed(texts: list[str]) -> str:
    texts = [text for text in texts if text]
    more = f" (+{len(texts) - MAX_LOGGED})" if len(texts) > MAX_LOGGED else ""
    return "; ".join(texts[:MAX_LOGGED]) + more or "–"


def _subject(rows: list[RateRow]) -> str:
    pairs = sorted({f"{row.base}/{row.quote}" for row in rows})
    return ", ".join(pairs)[:200]

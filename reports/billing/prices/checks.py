"""Check of a price list's content before it is stored: what cannot be, and what looks wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any

from portal.common.masking import Masking
from portal.common.msisdn import COUNTRIES, SENDER_TYPES, UNKNOWN_COUNTRY
from reports.billing.prices.rows import DAY, Content, FeeRow, GroupRow, OneKind, PriceRow, Row, by_key
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import TierGroup, worse_with_more

MAX_ROWS = 5000
MAX_TIERS = 20
MAX_COUNTRIES = 250
MAX_NAME = 80
MAX_OPERATOR = 200
MAX_MICRO = 10_000 * 10**6  # ten thousand units of the currency for a message
MAX_MINOR = 10**12
MAX_QUANTITY = 10**12
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem by its code (reports/billing/prices/texts.py), the row that it is about and what its text names."""

    code: str
    row: Row | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """Problems that keep a content from being stored, and warnings that do not."""

    errors: list[Problem]
    warnings: list[Problem]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Countries and operators (as keys of prices have them) of recent messages that the list is about."""

    countries: frozenset[str] = frozenset()
    operators: frozenset[str] = frozenset()


def check(content: Content, *, traffic: Traffic | None = None, today: date) -> Checked:
    """Return the problems of a content; without `traffic` nothing is said about operators and countries of messages."""
    rows = content.rows
    errors = [Problem("too_many_rows", values={"rows": len(rows), "most": MAX_ROWS})] if len(rows) > MAX_ROWS else []
    errors += [problem for row in rows for problem in _row_errors(row)]
    errors += _overlaps(content)
    warnings = [*_gaps(content), *_drops(content)]
    if traffic is not None:
        warnings += [*_unknown_operators(content, traffic), *_unpriced(content, traffic, today)]
    return Checked(errors, warnings)


def _row_errors(row: Row) -> Iterator[Problem]:
    if not FIRST_DAY <= row.valid_from < LAST_DAY or (row.valid_to and not row.valid_to <= LAST_DAY):
        yield Problem("far_day", row)
    if row.valid_to is not None and row.valid_to <= row.valid_from:
        yield Problem("ends_before", row)
    if isinstance(row, PriceRow):
        yield from _price_errors(row)
    else:
        if not row.name or len(row.name) > MAX_NAME:
            yield Problem("name", row, {"most": MAX_NAME})
        elif Masking(in_full=False).hides(row.name):
            yield Problem("number", row)
        yield from _group_errors(row) if isinstance(row, GroupRow) else _fee_errors(row)


def _price_errors(row: PriceRow) -> Iterator[Problem]:
    if row.country and not _is_country(row.country):
        yield Problem("country", row, {"country": row.country})
    if len(row.operator) > MAX_OPERATOR:
        yield Problem("operator", row, {"most": MAX_OPERATOR})
    if Masking(in_full=False).hides(row.operator):
        yield Problem("number", row)
    if row.sender_type and row.sender_type not in SENDER_TYPES:
        yield Problem("sender_type", row, {"sender_type": row.sender_type, "known": ", ".join(SENDER_TYPES)})
    if not 0 <= row.micro <= MAX_MICRO:
        yield Problem("price", row, {"most": MAX_MICRO // 10**6})


def _group_errors(row: GroupRow) -> Iterator[Problem]:
    if not row.countries or len(row.countries) > MAX_COUNTRIES:
        yield Problem("group_countries", row)
    for country in row.countries:
        if not _is_country(country):
            yield Problem("country", row, {"country": country})
    if row.valid_from.day != 1 or (row.valid_to is not None and row.valid_to.day != 1):
        yield Problem("first_of_month", row)
        return
    if len(row.tiers) > MAX_TIERS:
        yield Problem("too_many_tiers", row, {"most": MAX_TIERS})
    prices = [row.micro, *(tier.micro for tier in row.tiers)]
    flats = [tier.flat_micro for tier in row.tiers]
    if not all(0 <= micro <= MAX_MICRO for micro in prices) or not all(
        0 <= flat <= MAX_MINOR * 10**4 for flat in flats
    ):
        yield Problem("price", row, {"most": MAX_MICRO // 10**6})
    if max(row.size, *(tier.up_to or 0 for tier in row.tiers), 0) > MAX_QUANTITY:
        yield Problem("quantity", row, {"most": MAX_QUANTITY})
    try:
        engine_group(row)
    except ValueError:
        yield Problem("tiers", row)


def _fee_errors(row: FeeRow) -> Iterator[Problem]:
    if abs(row.minor) > MAX_MINOR or (row.minor < 0 and row.kind != FeeKind.ONE_OFF):
        yield Problem("amount", row)
    if row.kind == FeeKind.ONE_OFF and row.valid_to is not None:
        yield Problem("one_off_day", row)


def _is_country(code: str) -> bool:
    return code in COUNTRIES or code == UNKNOWN_COUNTRY


def engine_group(row: GroupRow) -> TierGroup:
    """Return a group as the engine prices by it. Raises ValueError."""
    return TierGroup(0, row.name, row.mode, row.valid_from, row.valid_to, row.tiers, row.size, row.micro)


def _overlaps(content: Content) -> Iterator[Problem]:
    for same in by_key(content.rows).values():
        for row, following in pairwise(same):
            if isinstance(row, FeeRow) and row.kind == FeeKind.ONE_OFF:
                if row.valid_from == following.valid_from:
                    yield Problem("overlap", following, {"day": following.valid_from})
            elif row.valid_to is None or row.valid_to > following.valid_from:
                yield Problem("overlap", following, {"day": following.valid_from})
    by_country: dict[str, list[GroupRow | PriceRow]] = {}
    for group in content.groups:
        for country in group.countries:
            by_country.setdefault(country, []).append(group)
    for price in content.prices:
        if price.country in by_country and not price.operator and not price.sender_type:
            by_country[price.country].append(price)
    for country, rows in by_country.items():
        for row, following in pairwise(sorted(rows, key=lambda row: row.valid_from)):
            if row.key != following.key and (row.valid_to is None or row.valid_to > following.valid_from):
                yield Problem("overlap_of_group", following, {"country": country, "day": following.valid_from})


def _gaps(content: Content) -> Iterator[Problem]:
    for same in by_key(content.rows).values():
        for row, following in pairwise(same):
            if row.valid_to is not None and row.valid_to < following.valid_from:
                yield Problem("gap", following, {"first": row.valid_to, "last": following.valid_from - DAY})


def _drops(content: Content) -> Iterator[Problem]:
    for row in content.groups:
        try:
            drops = worse_with_more(engine_group(row))
        except ValueError:
            continue
        for drop in drops:
            values = {"quantity": drop.quantity, "cost": drop.cost, "next_cost": drop.next_cost}
            yield Problem("cheaper_with_more", row, values)


def _unknown_operators(content: Content, traffic: Traffic) -> Iterator[Problem]:
    told = set()
    for row in content.prices:
        operator = row.operator.strip().upper()
        if operator and operator not in traffic.operators and operator not in told:
            told.add(operator)
            yield Problem("unknown_operator", row, {"operator": row.operator})


def _unpriced(content: Content, traffic: Traffic, today: date) -> Iterator[Problem]:
    """Yield one warning with the countries that have messages and no price today or later."""
    priced = {row.country for row in _holding(content.prices, today) if not row.operator and not row.sender_type}
    priced |= {country for row in _holding(content.groups, today) for country in row.countries}
    if content.rows and "" not in priced and (missing := sorted(traffic.countries - priced)):
        yield Problem("unpriced", values={"countries": missing})


def _holding(rows: Iterable[OneKind], today: date) -> Iterator[OneKind]:
    return (row for row in rows if row.valid_to is None or row.valid_to > today)

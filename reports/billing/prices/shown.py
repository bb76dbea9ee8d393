"""Rows of a price list as pages show them: today's, planned and ended ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from portal.common.templatetags.figures import count, country
from reports.billing.prices.differences import Difference
from reports.billing.prices.rows import FeeRow, GroupRow, PriceRow, Row
from reports.billing.prices.texts import WHATS, days_text, key_text
from reports.models import TierGroup
from reports.pricing.tariff import FeeKind
from reports.pricing.tiers import Mode
from reports.templatetags.money import list_price, money

MAX_SHOWN = 500  # rows of a part of a page; the file has all


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row in words: which one, its price or amount (of tiers one line each), and its days."""

    row: Row
    key: str
    note: str
    amounts: list[str]
    days: str
    id: int = 0  # of the stored row


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that hold today, later, or no more."""

    state: str  # `today`, `planned` or `ended`
    rows: list[ShownRow]
    others: int  # that are not shown


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """A row of a check: what becomes of it, which row it is, and how it was and is."""

    what: str
    text: str
    key: str
    old: list[str]
    new: list[str]


def parts_of(rows: Iterable[Row], *, today: date, currency: str, ids: dict[Row, int]) -> list[Part]:
    """Return the rows by whether they hold today, will, or did, without the parts that are empty."""
    found: dict[str, list[Row]] = {"today": [], "planned": [], "ended": []}
    for row in rows:
        found[state_of(row, today)].append(row)
    return [
        Part(state, [shown(row, currency, ids.get(row, 0)) for row in some[:MAX_SHOWN]], max(0, len(some) - MAX_SHOWN))
        for state, some in found.items()
        if some
    ]


def state_of(row: Row, today: date) -> str:
    """Return `today`, `planned` or `ended`; a one-off item holds in the month of its day."""
    if isinstance(row, FeeRow) and row.kind == FeeKind.ONE_OFF:
        months = (row.valid_from.year, row.valid_from.month), (today.year, today.month)
        return "today" if months[0] == months[1] else "planned" if months[0] > months[1] else "ended"
    if row.valid_from > today:
        return "planned"
    return "ended" if row.valid_to is not None and row.valid_to <= today else "today"


def shown(row: Row, currency: str, row_id: int = 0) -> ShownRow:
    """Return a row in words."""
    return ShownRow(row, key_text(row), _note(row), _amounts(row, currency), days_text(row), row_id)


def shown_differences(found: list[Difference], currency: str) -> list[ShownDifference]:
    """Return the rows of a check in words."""
    return [
        ShownDifference(
            str(one.what),
            str(WHATS[one.what]),
            key_text(one.row),
            [*_amounts(one.old, currency), days_text(one.old)] if one.old else [],
            [*_amounts(one.new, currency), days_text(one.new)] if one.new else [],
        )
        for one in found[:MAX_SHOWN]
    ]


def _note(row: Row) -> str:
    if isinstance(row, GroupRow):
        names = ", ".join(country(code) for code in row.countries)
        return f"{names} · {TierGroup.Mode(row.mode).label}"
    return ""


def _amounts(row: Row, currency: str) -> list[str]:
    if isinstance(row, PriceRow):
        return [list_price(row.micro, currency)]
    if isinstance(row, FeeRow):
        return [money(row.minor, currency)]
    if row.mode == Mode.PACKAGES:
        values = {"size": count(row.size), "price": list_price(row.micro, currency)}
        return [_("%(price)s for each %(size)s") % values]
    return [_tier_text(row, place, currency) for place in range(len(row.tiers))]


def _tier_text(row: GroupRow, place: int, currency: str) -> str:
    tier = row.tiers[place]
    below = row.tiers[place - 1].up_to if place else None
    price = list_price(tier.micro, currency)
    if tier.flat_micro:
        price = f"{price} + {list_price(tier.flat_micro, currency)}"
    if tier.up_to is None:
        text = _("above %(below)s: %(price)s") if below else _("any quantity: %(price)s")
        return text % {"below": count(below or 0), "price": price}
    return _("up to %(up_to)s: %(price)s") % {"up_to": count(tier.up_to), "price": price}

"""The days of a month on which a price of a statement's line applied. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from portal.common.periods import Month
from reports.pricing.lines import LineKey
from reports.pricing.tariff import Chain, changes_of_prices

Spans = tuple[tuple[date, date], ...]
"""Spans of days in order, both ends included."""


def stretches(chain: Chain, month: Month) -> Spans:
    """Return the month's days in spans within which no price of the chain begins or ends."""
    starts = [month.first_day, *sorted(day for day in changes_of_prices(chain.tariffs) if _is_within(day, month))]
    ends = [*(day - timedelta(days=1) for day in starts[1:]), month.last_day]
    return tuple(zip(starts, ends, strict=True))


def _is_within(day: date, month: Month) -> bool:
    return month.first_day < day <= month.last_day


def days_of_line(key: LineKey, chain: Chain, month: Month, *, between: Spans = ()) -> Spans:
    """Return the days on which messages of the line's key have the line's price.

    They may lie apart: a more specific price, or another list of the chain, may have been valid in between. `between`
    are the chain's `stretches` of the month, for callers with many lines.
    """
    found: list[tuple[date, date]] = []
    for first, last in between or stretches(chain, month):
        price = chain.find(first, key.country, key.operator, key.sender_type)
        if price is None or price.tariff.list_id != key.list_id:
            continue
        if (price.price.tier_group or 0) != key.tier_group:
            continue
        if key.tier_group or (price.price.valid_from, price.price.micro) == (key.valid_from, key.micro):
            adjoins = bool(found) and found[-1][1] + timedelta(days=1) == first
            found[-1:] = [(found[-1][0], last)] if adjoins else [*found[-1:], (first, last)]
    return tuple(found)


def as_spans(ordered: Iterable[date]) -> Spans:
    """Return days that ascend as spans of adjacent ones."""
    found: list[tuple[date, date]] = []
    for day in ordered:
        if found and found[-1][1] + timedelta(days=1) == day:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return tuple(found)


def without(spans: Spans, covered: Iterable[Spans]) -> Spans:
    """Return the days of spans that lie in none of the others."""
    others = list(covered)
    days_left = (first + timedelta(days=number) for first, last in spans for number in range((last - first).days + 1))
    return as_spans(day for day in days_left if not any(contains(other, day) for other in others))


def stored_spans(spans: Spans) -> list[list[str]]:
    """Return spans as a statement's line keeps them."""
    return [[first.isoformat(), last.isoformat()] for first, last in spans]


def read_spans(kept: Sequence[Sequence[str]]) -> Spans:
    """Return the spans that a line keeps."""
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in kept)


def contains(spans: Spans, day: date) -> bool:
    """Return whether a day is in one of the spans."""
    return any(first <= day <= last for first, last in spans)

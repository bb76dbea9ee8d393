"""The tables that a workbook must show, made from recounted messages alone."""

from __future__ import annotations

import math
from calendar import monthrange
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from tests.e2e.recount import NOT_IN_TABLE, STATUSES, Message
from tests.e2e.words import in_language, meaning_of

MEASURES = (
    "Messages",
    "SMS parts",
    "Delivered parts",
    "Billed parts",
    "Delivered",
    "Failed",
    "Pending",
    "Unknown",
    "Delivery rate",
)
COUNTRY = ("Country code", "Country")
PERCENTILES = {"p50": Fraction(50, 100), "p90": Fraction(90, 100), "p95": Fraction(95, 100), "p99": Fraction(99, 100)}
Z = 1.959963984540054  # the normal distribution's 97.5th percentile


@dataclass(frozen=True)
class Customer:
    """A tenant of the provisioning file; without `fields` the whole refId is the campaign."""

    slug: str
    name: str
    zone: str
    language: str
    partner_ids: tuple[str, ...] = ()
    delimiter: str = ""
    fields: tuple[str, ...] = ()
    parent: str | None = None
    currency: str = "EUR"

    @property
    def label(self) -> str:
        return f"{self.name} ({self.slug})"


@dataclass(frozen=True)
class Row:
    """A message of the month with what its owner's rules make of it; `owner` is '' for the account's pool."""

    message: Message
    owner: str
    zone: str
    day: date
    campaign: str
    variant: str


Tables = dict[str, list[tuple]]
"""Rows by sheet: the column names first, the total last (Summary has none)."""


def place(messages: Iterable[Message], customers: Iterable[Customer], *, account_zone: str) -> list[Row]:
    """Give each message its owner, its day there and its campaign."""
    owners = {value: customer for customer in customers for value in customer.partner_ids}
    rows = []
    for message in messages:
        owner = owners.get(message.partner_id)
        zone = owner.zone if owner else account_zone
        day = message.sent_at.astimezone(ZoneInfo(zone)).date()
        campaign, variant = _campaign(message.ref_id, owner)
        rows.append(Row(message, owner.label if owner else "", zone, day, campaign, variant))
    return rows


def _campaign(ref_id: str, owner: Customer | None) -> tuple[str, str]:
    if owner is None or not ref_id:
        return "", ""
    if not owner.fields:
        return ref_id, ""
    pieces = ref_id.split(owner.delimiter)
    head, rest = pieces[: len(owner.fields) - 1], pieces[len(owner.fields) - 1 :]
    values = dict(zip(owner.fields, [*head, owner.delimiter.join(rest)], strict=False))
    return values.get("campaign", ""), values.get("variant", "")


def month_of(rows: Iterable[Row], first: date) -> list[Row]:
    """Return what belongs to the month that begins on `first`, each message by its owner's days."""
    return [row for row in rows if (row.day.year, row.day.month) == (first.year, first.month)]


def tables(rows: list[Row], first: date, language: str, *, of_several: bool = False) -> Tables:
    """Return all sheets but the Summary, in the workbook's order of rows; `of_several` tenants names them."""
    owner = ("Tenant", "Time zone") if of_several else ()

    def owned(row: Row) -> tuple[str, ...]:
        return (row.owner,) if of_several else ()

    zones = {row.owner: row.zone for row in rows}
    names = {"": in_language("(unassigned)", language)}

    def tenant(key: tuple) -> tuple:
        return (names.get(key[0], key[0]), zones[key[0]]) if of_several else ()

    def country(code: str) -> tuple[str, str]:
        return code, country_name(code, language)

    def named(text: str, none: str) -> str:
        return text or in_language(none, language)

    def volumes(columns: tuple, key: Callable[[Row], tuple], name: Callable[[tuple], tuple], below=()) -> list[tuple]:
        groups = defaultdict(list)
        for row in rows:
            groups[key(row)].append(row.message)
        ordered = sorted(groups, key=lambda k: (-len(groups[k]), k))
        body = [(*name(k), *_measures(groups[k])) for k in ordered]
        total = (*("" for _ in columns), *_measures([row.message for row in rows]))
        return _sheet((*columns, *MEASURES), [*body, *below], total, language)

    def subtotals(groups: dict, name: Callable) -> list[tuple]:
        ordered = sorted(groups, key=lambda k: (-len(groups[k]), k))
        return [(*name(k), None, None, *_measures([row.message for row in groups[k]])) for k in ordered]

    def by_owner(before: tuple) -> list[tuple]:
        groups = defaultdict(list)
        for row in rows:
            groups[row.owner].append(row)
        return subtotals(groups, lambda k: (*before, *tenant((k,)))) if of_several else []

    def by_partner_id() -> list[tuple]:
        groups = defaultdict(list)
        for row in rows if of_several else ():
            groups[row.message.partner_id].append(row)
        several = {k: v for k, v in groups.items() if len({(row.owner, row.message.country) for row in v}) > 1}
        owners = {k: {row.owner for row in v} for k, v in several.items()}

        def name(k: str) -> tuple:
            return (f"{word}: {named(k, '(none)')}", *(tenant((*owners[k],)) if len(owners[k]) == 1 else (None, None)))

        return subtotals(several, name)

    word = in_language("Subtotal", language)
    days = volumes(("Day",), lambda r: (r.day,), lambda k: k)
    by_day = {line[0]: line for line in days[1:-1]}
    all_days = [first + timedelta(days=n) for n in range(monthrange(first.year, first.month)[1])]
    return {
        "Countries": volumes(COUNTRY, lambda r: (r.message.country,), lambda k: country(k[0])),
        "Partner IDs": volumes(
            ("Partner ID", *owner, *COUNTRY),
            lambda r: (r.message.partner_id, *owned(r), r.message.country),
            lambda k: (named(k[0], "(none)"), *tenant(k[1:-1]), *country(k[-1])),
            [*by_partner_id(), *by_owner((word,))],
        ),
        "Campaigns": volumes(
            ("Campaign", "Variant", *owner, *COUNTRY),
            lambda r: (r.campaign, r.variant, *owned(r), r.message.country),
            lambda k: (named(k[0], "(no campaign)"), k[1] or None, *tenant(k[2:-1]), *country(k[-1])),
            by_owner((word, None)),
        ),
        "Operators": volumes(
            (*COUNTRY, "Operator"),
            lambda r: (r.message.country, r.message.operator),
            lambda k: (*country(k[0]), named(k[1], "(unknown)")),
        ),
        "Days": [days[0], *(by_day.get(day, (day, *_measures([]))) for day in all_days), days[-1]],
        "Errors": _errors([row.message for row in rows], language),
        "Latency": _latencies([row.message for row in rows], language),
    }


def _sheet(columns: tuple, body: list[tuple], total: tuple, language: str) -> list[tuple]:
    head = tuple(in_language(column, language) for column in columns)
    label = in_language("Total", language)
    return [head, *body, (label, *(None if cell == "" else cell for cell in total[1:]))]


def _rate(part: int, whole: int) -> float | None:
    """Return a rate to the twelve digits that two programs' readers agree on; None over nothing."""
    return round(part / whole, 12) if whole else None


def _measures(messages: list[Message]) -> tuple:
    n = Counter(message.counts_as for message in messages)
    total = len(messages)
    parts = sum(message.parts for message in messages)
    states = (n["delivered"], n["failed"], n["pending"], n["unknown"])
    of_parts = (parts, sum(m.delivered_parts for m in messages), sum(m.billed_parts for m in messages))
    return (total, *of_parts, *states, _rate(n["delivered"], total))


def _errors(messages: list[Message], language: str) -> list[tuple]:
    bad = Counter(message.code for message in messages if message.counts_as in ("failed", "unknown"))
    whole = bad.total()
    lines = sorted(
        (-n, code, meaning_of(code, language), STATUSES.get(code, NOT_IN_TABLE)[2]) for code, n in bad.items()
    )
    return _sheet(
        ("Code", "Meaning", "Reason", "Messages", "Share"),
        [(code, meaning, in_language(reason, language), -n, _rate(-n, whole)) for n, code, meaning, reason in lines],
        ("", "", "", whole, 1.0 if whole else None),
        language,
    )


def _latencies(messages: list[Message], language: str) -> list[tuple]:
    known = defaultdict(list)
    for message in messages:
        if message.latency is not None:
            known[message.country].append(message.latency)
    everything = [latency for latencies in known.values() for latency in latencies]
    return _sheet(
        (*COUNTRY, "Delivered (messages with a known time)", *PERCENTILES),
        [
            (code, country_name(code, language), len(known[code]), *_percentiles(known[code]))
            for code in sorted(known, key=lambda code: (-len(known[code]), code))
        ],
        ("", "", len(everything), *_percentiles(everything)),
        language,
    )


def _percentiles(latencies: list[float]) -> tuple:
    """Return the nearest ranks, each equal to whatever lies within 2% and the source's second of it."""
    if not latencies:
        return (None,) * len(PERCENTILES)
    ordered = sorted(latencies)
    ranks = [max(1, math.ceil(q * len(ordered))) for q in PERCENTILES.values()]
    return tuple(pytest.approx(ordered[rank - 1], abs=0.02 * ordered[rank - 1] + 1) for rank in ranks)


def summary(rows: list[Row], language: str) -> dict[str, tuple]:
    """Return the figures of the Summary: item → (value, 95% from, 95% to)."""
    messages = [row.message for row in rows]
    total, parts, delivered_parts, billed_parts, delivered, failed, pending, unknown, _ = _measures(messages)
    final = sum(message.final for message in messages)
    latencies = [message.latency for message in messages if message.latency is not None]
    plain = {
        "Messages": total,
        "SMS parts": parts,
        "Delivered parts": delivered_parts,
        "Billed parts": billed_parts,
        "Parts per message": _rate(parts, total),
        "Delivered": delivered,
        "Failed": failed,
        "Pending": pending,
        "Unknown": unknown,
        "Maturity": _rate(final, total),
        **{f"Latency {name}": p for name, p in zip(PERCENTILES, _percentiles(latencies), strict=True)},
    }
    rates = {
        "Delivery rate": (delivered, total),
        "Delivered of the final": (delivered, delivered + failed),
        "Failed share": (failed, total),
        "Pending share": (pending, total),
        "Unknown share": (unknown, total),
    }
    found = {name: (value, None, None) for name, value in plain.items()}
    found |= {name: (_rate(k, n), *_wilson(k, n)) for name, (k, n) in rates.items()}
    return {in_language(name, language): values for name, values in found.items()}


def _wilson(k: int, n: int) -> tuple:
    """Return the two p at which |k/n - p| is Z standard errors of p: the roots of a quadratic equation."""
    a, b, c = 1 + Z * Z / n, 2 * k / n + Z * Z / n, (k / n) ** 2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return tuple(pytest.approx((b + sign * root) / (2 * a), abs=1e-9) for sign in (-1, 1))


def country_name(code: str, language: str) -> str:
    return in_language("Unknown", language) if code == "ZZ" else Locale(language).territories[code]

"""Messages behind a part of a difference: those that its rule counts otherwise than the rules before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from deliveries.messages.fold import PARTNER_OVER_LIMIT
from deliveries.messages.row import OTHER_LABEL
from portal.common.msisdn import COUNTRIES
from reports.billing.checks.late import TooManyLate, late_messages
from reports.billing.checks.results import StoredRow
from reports.billing.checks.scope import CheckScope
from reports.billing.checks.span import NEAR
from reports.billing.proof.claims import Key, Shape
from reports.billing.proof.facts import FAILURES, PENDING, UNKNOWN, Fact
from reports.billing.proof.recounts import count_fact, main_country
from reports.billing.proof.rules import KIND_OF, Rule
from reports.billing.proof.split import Part

MAX_LISTED = 50_000
"""Maximum number of messages that are listed behind one part."""

_LATE_RULES = frozenset({Rule.AT_CLOSE, Rule.CARRIED})
_STATUSES: dict[Rule, list[str]] = {
    Rule.FAILED_CHARGED: sorted(FAILURES),
    Rule.FAILED_LEFT_OUT: sorted(FAILURES),
    Rule.UNKNOWN_CHARGED: [UNKNOWN],
    Rule.UNKNOWN_LEFT_OUT: [UNKNOWN],
    Rule.PENDING_CHARGED: sorted(PENDING),
    Rule.PENDING_LEFT_OUT: sorted(PENDING),
}
_READ = """
SELECT m.tenant_id, m.day, m.message_id, CASE WHEN m.flags & %(over_limit)s > 0 THEN %(other)s ELSE m.partner_id END,
    m.country, m.operator, m.sender_type, m.status, m.result_code, m.parts, m.sent_at, m.destination
FROM message m
WHERE m.tenant_id = ANY (%(tenants)s) AND m.account_id = %(account)s AND m.day >= %(first)s AND m.day <= %(last)s
    AND {conditions}
ORDER BY m.sent_at, m.message_id
"""


@dataclass(frozen=True, slots=True)
class Listed:
    """One message behind a part. `quantity` is what it adds to the invoice's quantity; `closing` its status then."""

    tenant_id: int
    message_id: str
    partner_id: str
    country: str
    operator: str
    status: str
    result_code: int
    parts: int
    sent_at: datetime
    destination: str | None
    closing: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The messages behind a part; `is_cut` if there are more than MAX_LISTED."""

    messages: list[Listed]
    is_cut: bool

    @property
    def quantity(self) -> int:
        """Return what the messages add up to."""
        return sum(message.quantity for message in self.messages)


def has_messages(part: Part) -> bool:
    """Return whether single messages are behind a part: prices and rounding are about rows as a whole."""
    return part.rule in set(Rule) and bool(part.quantity)


def messages_behind(scope: CheckScope, shape: Shape, row: StoredRow, parts: tuple[Part, ...], number: int) -> Listing:
    """Return the messages behind a part of a row, given the parts of its explanation and the part's place."""
    before = frozenset(Rule(part.rule) for part in parts[:number] if part.rule in set(Rule))
    rule = Rule(parts[number].rule)
    found: list[Listed] = []
    for message in _changed(scope, shape, row, before, before | {rule}, rule):
        if len(found) == MAX_LISTED:
            return Listing(found, is_cut=True)
        found.append(message)
    return Listing(found, is_cut=False)


def _changed(
    scope: CheckScope, shape: Shape, row: StoredRow, before: frozenset[Rule], after: frozenset[Rule], rule: Rule
) -> Iterator[Listed]:
    """Yield the messages whose quantity in the row is another one with the rule."""
    key = Key(row.partner_id, row.country, row.operator)
    try:
        late = late_messages(scope) if after & _LATE_RULES else {}
    except TooManyLate:
        late = {}
    for tenant_id, day, message_id, *texts, result_code, parts, sent_at, destination in _read(
        scope, shape, row, rule, [message_id for _tenant, _day, message_id in late], is_late=bool(after & _LATE_RULES)
    ):
        partner_id, country, operator, sender_type, status = texts
        known = late.get((tenant_id, day, message_id))
        month, utc_month = scope.span.place(sent_at)
        fact = Fact(
            partner_id=partner_id, country=country, operator=operator, sender_type=sender_type, day=day, status=status,
            messages=1, parts=parts, month=month, utc_month=utc_month, closing=known.closing if known else "",
            before=known.before if known else "", declared=tenant_id != scope.pool_id,
        )  # fmt: skip
        quantity = _quantity(fact, after, scope, shape, key) - _quantity(fact, before, scope, shape, key)
        if quantity:
            yield Listed(
                tenant_id, message_id, partner_id, country, operator, status, result_code, parts, sent_at, destination,
                fact.at_close, quantity,
            )  # fmt: skip


def _quantity(fact: Fact, rules: frozenset[Rule], scope: CheckScope, shape: Shape, key: Key) -> int:
    counted = count_fact(fact, rules, scope.contract)
    if counted is None:
        return 0
    country, quantity = counted
    return quantity if shape.key(fact.partner_id, country, fact.operator) == key else 0


def _read(
    scope: CheckScope, shape: Shape, row: StoredRow, rule: Rule, late_ids: list[str], *, is_late: bool
) -> Iterator[tuple]:
    """Yield the messages that the rule can be about, and some more."""
    first: date = scope.span.month.previous().first_day if rule == Rule.CARRIED else scope.span.month.first_day
    parameters: dict[str, Any] = {
        "over_limit": PARTNER_OVER_LIMIT, "other": OTHER_LABEL, "tenants": scope.tenant_ids,
        "account": scope.account_id, "first": first - NEAR, "last": scope.span.month.last_day + NEAR,
    }  # fmt: skip
    conditions = []
    if shape.partner_id and row.partner_id != OTHER_LABEL:
        conditions.append("m.partner_id = %(partner)s")
        parameters["partner"] = row.partner_id
    if shape.country and KIND_OF[rule] != KIND_OF[Rule.COUNTRY_OF_OPERATOR]:
        # Rules of countries before this one may bring in messages of other countries with this main one.
        conditions.append("(m.country = ANY (%(countries)s) OR upper(split_part(m.operator, '.', 1)) = %(country)s)")
        parameters |= {"countries": _countries(row.country), "country": row.country}
    if rule == Rule.UTC_MONTH:
        edges = [sorted(pair) for pair in zip(scope.span.borders, scope.span.utc_borders, strict=True)]
        conditions.append("(m.sent_at >= %(a)s AND m.sent_at < %(b)s OR m.sent_at >= %(c)s AND m.sent_at < %(d)s)")
        parameters |= dict(zip("abcd", [*edges[0], *edges[1]], strict=True))
    elif rule == Rule.OTHER_UNIT:
        conditions.append("m.parts > 1")
    elif rule == Rule.UNDECLARED_CHARGED:
        parameters["tenants"] = [scope.pool_id]
    elif rule in _LATE_RULES:
        conditions.append("m.message_id = ANY (%(late)s)")
    elif rule in _STATUSES:
        at_close = " OR m.message_id = ANY (%(late)s)" if is_late else ""
        conditions.append(f"(m.status = ANY (%(statuses)s){at_close})")
        parameters["statuses"] = _STATUSES[rule]
    parameters["late"] = late_ids
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(conditions=" AND ".join(conditions) or "true"), parameters)
        while rows := cursor.fetchmany(5000):
            yield from rows


def _countries(country: str) -> list[str]:
    return [country, *(code for code in sorted(COUNTRIES) if code != country and main_country(code) == country)]

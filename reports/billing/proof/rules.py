"""Kinds of differences between an invoice and our counts, and presumed rules of the gateway (docs/invoice-proof.md)."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import combinations

MAX_RULES = 2
"""Maximum number of rules about quantities that one explanation has."""


class Kind(StrEnum):
    """Kind of a part of a difference, in the order in which differences are split.

    First which messages are in the row, then which of their states are charged, then the unit, then money.
    """

    UNDECLARED = "undeclared"
    COUNTRY = "country"
    MONTH_BORDER = "month_border"
    LATE_REPORTS = "late_reports"
    FAILED = "failed"
    UNKNOWN_OUTCOME = "unknown_outcome"
    PENDING = "pending"
    PARTS_OR_MESSAGES = "parts_or_messages"
    PRICE_VERSION = "price_version"
    ROUNDING = "rounding"
    AMBIGUOUS = "ambiguous"
    NOT_EXPLAINED = "not_explained"


class Rule(StrEnum):
    """A presumed rule of the gateway about quantities, as far as it differs from the agreed one."""

    UTC_MONTH = "utc_month"  # the month begins and ends at midnight in UTC
    OTHER_UNIT = "other_unit"  # messages are charged where parts are agreed, and the reverse
    AT_CLOSE = "at_close"  # the state that was known when the gateway closed the month
    CARRIED = "carried"  # likewise, and what ended after the close is charged in the month after
    FAILED_CHARGED = "failed_charged"
    FAILED_LEFT_OUT = "failed_left_out"
    UNKNOWN_CHARGED = "unknown_charged"
    UNKNOWN_LEFT_OUT = "unknown_left_out"
    PENDING_CHARGED = "pending_charged"
    PENDING_LEFT_OUT = "pending_left_out"
    UNDECLARED_CHARGED = "undeclared_charged"
    COUNTRY_OF_OPERATOR = "country_of_operator"  # not of the recipient's number
    COUNTRY_OF_CALLING_CODE = "country_of_calling_code"  # the main country of a calling code that several share


KIND_OF: dict[Rule, Kind] = {
    Rule.UNDECLARED_CHARGED: Kind.UNDECLARED,
    Rule.COUNTRY_OF_OPERATOR: Kind.COUNTRY,
    Rule.COUNTRY_OF_CALLING_CODE: Kind.COUNTRY,
    Rule.UTC_MONTH: Kind.MONTH_BORDER,
    Rule.AT_CLOSE: Kind.LATE_REPORTS,
    Rule.CARRIED: Kind.LATE_REPORTS,
    Rule.FAILED_CHARGED: Kind.FAILED,
    Rule.FAILED_LEFT_OUT: Kind.FAILED,
    Rule.UNKNOWN_CHARGED: Kind.UNKNOWN_OUTCOME,
    Rule.UNKNOWN_LEFT_OUT: Kind.UNKNOWN_OUTCOME,
    Rule.PENDING_CHARGED: Kind.PENDING,
    Rule.PENDING_LEFT_OUT: Kind.PENDING,
    Rule.OTHER_UNIT: Kind.PARTS_OR_MESSAGES,
}
"""Kind of each rule. The order is that of the recounts: each rule is added to those before it."""

_PLACE = {rule: place for place, rule in enumerate(KIND_OF)}

Rules = tuple[Rule, ...]


def in_sequence(rules: Iterable[Rule]) -> Rules:
    """Return rules in the order in which they are recounted."""
    return tuple(sorted(rules, key=_PLACE.__getitem__))


def combinations_of(rules: Iterable[Rule]) -> list[Rules]:
    """Return sets of up to MAX_RULES of these rules with one rule of a kind, the empty one and smaller ones first."""
    ordered = in_sequence(rules)
    return [
        chosen
        for size in range(MAX_RULES + 1)
        for chosen in combinations(ordered, size)
        if len({KIND_OF[rule] for rule in chosen}) == size
    ]

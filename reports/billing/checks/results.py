"""Results of checks as they are stored, and read again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from reports.billing.proof.claims import Claim
from reports.billing.proof.rules import Kind, Rule
from reports.billing.proof.split import Outcome, Part, Row

Sum = tuple[int, int | None]
"""A quantity, and an amount in millionths or None."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """One row of a result: what it is about, both sides, and the parts of the difference."""

    partner_id: str
    country: str
    operator: str
    theirs: Sum
    prices: tuple[int, ...]
    ours: Sum
    outcome: Outcome
    parts: tuple[Part, ...]
    explanations: tuple[tuple[Part, ...], ...]

    @property
    def difference(self) -> Sum:
        """Return theirs minus ours; its amount is None where one side has none."""
        return subtracted(self.theirs, self.ours)


def stored(claim: Claim, rows: Iterable[Row], without: Iterable[Rule]) -> dict[str, Any]:
    """Return a result as it is stored."""
    return {
        "columns": [claim.shape.partner_id, claim.shape.country, claim.shape.operator],
        "decimals": claim.decimals,
        "without": sorted(without),
        "rows": [_row(row) for row in rows],
    }


def read_stored(rows: Iterable[Any]) -> list[StoredRow]:
    """Return the rows of a stored result."""
    return [
        StoredRow(
            partner_id=row[0][0],
            country=row[0][1],
            operator=row[0][2],
            theirs=tuple(row[1]),
            prices=tuple(row[2]),
            ours=tuple(row[3]),
            outcome=Outcome(row[4]),
            parts=_parts(row[5]),
            explanations=tuple(_parts(one) for one in row[6]),
        )
        for row in rows
    ]


def totals_of(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the sums of a result: both sides, and by kind the rows, the quantity and the amount.

    An amount is the sum of those that there are; `unpriced` counts the rows without.
    """
    theirs, ours = [0, 0], [0, 0]
    kinds: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    unpriced = agreeing = number = 0
    for row in rows:
        number += 1
        agreeing += row.outcome == Outcome.AGREES
        unpriced += row.amount_difference is None
        theirs[0] += row.theirs.quantity
        ours[0] += row.quantity
        if row.amount_difference is not None:
            theirs[1] += row.theirs.amount or 0
            ours[1] += row.amount or 0
        for kind in {part.kind for part in row.parts}:
            kinds[kind.value][0] += 1
        for part in row.parts:
            kinds[part.kind.value][1] += part.quantity
            kinds[part.kind.value][2] += part.amount or 0
    ordered = {kind.value: kinds[kind.value] for kind in Kind if kind.value in kinds}
    return {
        "rows": number, "agreeing": agreeing, "unpriced": unpriced, "theirs": theirs, "ours": ours, "kinds": ordered,
    }  # fmt: skip


def subtracted(one: Sum, other: Sum) -> Sum:
    """Return the difference of two sums; its amount is None where one side has none."""
    return one[0] - other[0], None if one[1] is None or other[1] is None else one[1] - other[1]


def _row(row: Row) -> list[Any]:
    return [
        list(row.key),
        [row.theirs.quantity, row.theirs.amount],
        sorted(row.theirs.prices),
        [row.quantity, row.amount],
        row.outcome.value,
        [_part(part) for part in row.parts],
        [[_part(part) for part in explanation.parts] for explanation in row.explanations],
    ]


def _part(part: Part) -> list[Any]:
    return [part.kind.value, part.rule, part.quantity, part.amount]


def _parts(stored_parts: Iterable[Any]) -> tuple[Part, ...]:
    return tuple(Part(Kind(kind), rule, quantity, amount) for kind, rule, quantity, amount in stored_parts)

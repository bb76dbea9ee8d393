"""Checks and their results as pages and the API show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.common.masking import Masking
from portal.tenants.models import Tenant
from reports.billing.checks.listing import has_messages
from reports.billing.checks.results import StoredRow, Sum, read_stored, subtracted
from reports.billing.checks.texts import KINDS, NOT_RECOUNTED, OUTCOMES, RULES
from reports.billing.proof.claims import Shape
from reports.billing.proof.rules import KIND_OF, Kind, Rule
from reports.billing.proof.split import Outcome, Part
from reports.models import InvoiceCheck

# All that a list of checks shows; a result may be large.
_HEAVY = ("result", "sealed", "left_out")
_NOT_GRANTED = ("account__created_at",)  # to the web role


def checks_of(tenant: Tenant) -> QuerySet[InvoiceCheck]:
    """Return a tenant's checks, newest first, without their results."""
    return all_checks().filter(tenant=tenant).order_by("-id").defer(*_HEAVY, *_NOT_GRANTED)


def check_or_404(tenant: Tenant, check_id: int) -> InvoiceCheck:
    """Return a tenant's check with its result. Raises Http404."""
    return get_object_or_404(all_checks(), tenant=tenant, pk=min(check_id, 2**63 - 1))


def all_checks() -> QuerySet[InvoiceCheck]:
    """Return checks with what is shown of their accounts and price lists."""
    return InvoiceCheck.objects.select_related("account", "tenant", "price_list").defer(*_NOT_GRANTED)


def shape_of(check: InvoiceCheck) -> Shape:
    """Return by which columns the rows of a result are compared."""
    return Shape(*check.result["columns"])


@dataclass(frozen=True, slots=True)
class KindShown:
    """One kind of a result: its rows and sums, and its share of all that differs, by amount or else by quantity."""

    kind: Kind
    rows: int
    quantity: int
    amount: int
    size: int

    @property
    def name(self) -> str:
        return str(KINDS[self.kind])


@dataclass(frozen=True, slots=True)
class PartShown:
    """One part of a row's difference, with the address of its messages if it has any."""

    part: Part
    number: int
    explanation: int
    has_messages: bool

    @property
    def name(self) -> str:
        return str(KINDS[self.part.kind])

    @property
    def rule(self) -> str:
        return str(RULES[self.part.rule]) if self.part.rule else ""


@dataclass(frozen=True, slots=True)
class RowShown:
    """One row of a result; `explanations` has those of an ambiguous row, each as its parts."""

    number: int
    row: StoredRow
    partner_id: str
    difference: Sum
    parts: list[PartShown]
    explanations: list[list[PartShown]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        return str(OUTCOMES[self.row.outcome])


def kinds_shown(check: InvoiceCheck) -> list[KindShown]:
    """Return the kinds of a result in the order of the recounts."""
    by_amount = any(values[2] for values in check.totals["kinds"].values())
    return [
        KindShown(Kind(name), rows, quantity, amount, abs(amount if by_amount else quantity))
        for name, (rows, quantity, amount) in check.totals["kinds"].items()
    ]


def rows_shown(check: InvoiceCheck, masking: Masking, *, kind: str = "", with_agreeing: bool = False) -> list[RowShown]:
    """Return the rows of a result that differ (or all), those with a part of a kind alone if one is given."""
    found = []
    for number, row in enumerate(read_stored(check.rows)):
        if row.outcome == Outcome.AGREES and not (with_agreeing and not kind):
            continue
        if kind and kind not in {part.kind for part in row.parts}:
            continue
        found.append(
            RowShown(
                number=number,
                row=row,
                partner_id=masking.text(row.partner_id),
                difference=subtracted(row.theirs, row.ours),
                parts=_parts(row.parts, 0),
                explanations=[_parts(parts, place) for place, parts in enumerate(row.explanations)],
            )
        )
    return found


def _parts(parts: tuple[Part, ...], explanation: int) -> list[PartShown]:
    return [PartShown(part, number, explanation, has_messages(part)) for number, part in enumerate(parts)]


def parts_of(row: StoredRow, explanation: int) -> tuple[Part, ...]:
    """Return the parts of a row, of an ambiguous one those of one explanation. Raises IndexError."""
    return row.explanations[explanation] if row.explanations else row.parts


def not_recounted(check: InvoiceCheck) -> list[Any]:
    """Return the sentences about rules that were not recounted."""
    kinds = {KIND_OF[Rule(rule)] for rule in check.result.get("without", [])}
    return [text for kind, text in NOT_RECOUNTED.items() if kind in kinds]

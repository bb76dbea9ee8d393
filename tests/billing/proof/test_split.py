"""The proof against a gateway that invoices simulated traffic message by message and makes errors of known size."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reports.billing.proof.recounts import Contract, Recounts
from reports.billing.proof.rules import Kind
from reports.billing.proof.split import Outcome, Row, split
from reports.pricing.tariff import Basis, Per
from tests.billing.proof.gateway import (
    FIRST_DAY,
    LAST_DAY,
    SHAPE,
    Errors,
    Gateway,
    claim_of,
    countries,
    of_calling_code,
    of_operator,
    traffic,
)
from tests.hypothesis_profile import examples

CENT = 10_000
Invoice = dict[tuple[str, str], tuple[int, int]]

# In the order in which differences are split.
ERRORS: dict[tuple[str, Any], Kind] = {
    ("undeclared", True): Kind.UNDECLARED,
    ("country", of_operator): Kind.COUNTRY,
    ("country", of_calling_code): Kind.COUNTRY,
    ("utc_month", True): Kind.MONTH_BORDER,
    ("at_close", True): Kind.LATE_REPORTS,
    ("carried", True): Kind.LATE_REPORTS,
    ("failed", "charged"): Kind.FAILED,
    ("failed", "left out"): Kind.FAILED,
    ("unknown", "charged"): Kind.UNKNOWN_OUTCOME,
    ("unknown", "left out"): Kind.UNKNOWN_OUTCOME,
    ("pending", "charged"): Kind.PENDING,
    ("pending", "left out"): Kind.PENDING,
    ("other_unit", True): Kind.PARTS_OR_MESSAGES,
    ("price", "earlier"): Kind.PRICE_VERSION,
    ("price", "first"): Kind.PRICE_VERSION,
    ("price", "last"): Kind.PRICE_VERSION,
    ("rounding", "down"): Kind.ROUNDING,
    ("rounding", "up"): Kind.ROUNDING,
    **{("rounding", f"price_{places}{way}"): Kind.ROUNDING for places in (2, 3, 4) for way in ("", "_down")},
}
PAIRS = [pair for pair in combinations(ERRORS, 2) if ERRORS[pair[0]] != ERRORS[pair[1]]]
MISTAKES = [(), *((one,) for one in ERRORS), *PAIRS]
Mistake = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Case:
    """A gateway, what its mistakes make of its invoice, and our recounts."""

    gateway: Gateway
    invoices: dict[Mistake, Invoice]
    recounts: Recounts

    def prove(self, invoice: Invoice) -> dict[tuple[str, str], Row]:
        return {(row.key.partner_id, row.key.country): row for row in split(claim_of(invoice), self.recounts)}

    def steps(self, mistake: Mistake, key: tuple[str, str]) -> dict[Kind, tuple[int, int]]:
        """Return what each error adds to a row, as (quantity, amount)."""
        found, before = {}, self.of((), key)
        for number, error in enumerate(mistake, start=1):
            after = self.of(mistake[:number], key)
            if after != before:
                found[ERRORS[error]] = (after[0] - before[0], after[1] - before[1])
            before = after
        return found

    def of(self, mistake: Mistake, key: tuple[str, str]) -> tuple[int, int]:
        return self.invoices[mistake].get(key, (0, 0))

    def rounds_to(self, mistake: Mistake, key: tuple[str, str], quantity: int, amount: int) -> bool:
        """Return whether the row is made by these errors and rounded otherwise, for each of two prices."""
        of_quantity, of_amount = self.of(mistake, key)
        return quantity == of_quantity and abs(amount - of_amount) <= CENT * 2

    def fitting(self, invoice: Invoice, key: tuple[str, str]) -> dict[frozenset[Kind], int]:
        """Return the kinds of all errors that make this row as it is, with the fewest errors of these kinds."""
        quantity, amount = invoice.get(key, (0, 0))
        found: dict[frozenset[Kind], int] = {}
        for mistake in MISTAKES:
            kinds = frozenset(self.steps(mistake, key))
            if (quantity, amount) == self.of(mistake, key):
                found[kinds] = min(len(kinds), found.get(kinds, 9))
            elif Kind.ROUNDING not in kinds and self.rounds_to(mistake, key, quantity, amount):
                found[kinds | {Kind.ROUNDING}] = len(kinds) + 1
        return found


@lru_cache(maxsize=16)
def case(zone: str, basis: Basis, per: Per) -> Case:
    messages = traffic(1, zone)
    spread = per == Per.PART
    prices = {
        country: (51_200 + 1_000 * n * spread, 60_350 + 700 * n, 64_725 + 1_300 * n * spread)
        for n, country in enumerate(countries(messages))
    }
    gateway = Gateway(messages, zone, basis, per, prices)
    contract = Contract(basis, per, FIRST_DAY, LAST_DAY, gateway.tariff)
    invoices = {mistake: gateway.invoice(Errors(**dict(mistake))) for mistake in MISTAKES}
    return Case(gateway, invoices, Recounts(gateway.facts(), contract, SHAPE))


cases = st.builds(
    case,
    st.sampled_from(["Europe/Helsinki", "Pacific/Auckland"]),
    st.sampled_from([Basis.DELIVERED, Basis.SENT]),
    st.sampled_from(list(Per)),
)


def kinds_of(mistake: Mistake) -> frozenset[Kind]:
    return frozenset(ERRORS[error] for error in mistake)


def parts_of(row: Row) -> dict[Kind, tuple[int, int | None]]:
    return {part.kind: (part.quantity, part.amount) for part in row.parts}


def check_sums(rows: dict[tuple[str, str], Row], invoice: Invoice, ours: Invoice) -> None:
    """Assert that both sides are right and that every row's parts, also of ambiguous ones, sum to its difference."""
    assert {key: (row.theirs.quantity, row.theirs.amount) for key, row in rows.items() if row.theirs.rows} == invoice
    assert {key: (row.quantity, row.amount) for key, row in rows.items() if row.quantity} == ours
    for row in rows.values():
        for parts in (row.parts, *(explanation.parts for explanation in row.explanations)):
            assert sum(part.quantity for part in parts) == row.quantity_difference
            assert sum(part.amount for part in parts) == row.amount_difference


@given(case=cases, mistake=st.sampled_from(MISTAKES))
@examples(60, long=3000)
def test_errors_of_a_whole_invoice_are_named_exactly(case: Case, mistake: Mistake) -> None:
    invoice, ours = case.invoices[mistake], case.invoices[()]

    rows = case.prove(invoice)

    check_sums(rows, invoice, ours)
    same = [other for other in MISTAKES if case.invoices[other] == invoice]
    fewest = min(map(len, same))
    as_good = [other for other in same if len(other) == fewest]
    differing = [key for key in rows if invoice.get(key) != ours.get(key)]
    if len({kinds_of(other) for other in as_good}) == 1 and len(differing) > fewest:
        assert {key: parts_of(rows[key]) for key in differing} == {
            key: case.steps(as_good[0], key) for key in differing
        }
        assert {key for key, row in rows.items() if row.outcome == Outcome.EXPLAINED} == set(differing)
    else:
        check_rows(case, rows, invoice)


@given(case=cases, mistake=st.sampled_from(MISTAKES[1:]), data=st.data())
@examples(60, long=3000)
def test_errors_of_single_rows_are_named_or_ambiguous_and_others_agree(case: Case, mistake: Mistake, data) -> None:
    wrong, ours = case.invoices[mistake], case.invoices[()]
    differing = sorted(key for key in {*wrong, *ours} if wrong.get(key) != ours.get(key))
    if len(differing) < 2:
        return
    chosen = data.draw(st.sets(st.sampled_from(differing), min_size=1, max_size=len(differing) - 1))
    merged = {key: (wrong if key in chosen else ours).get(key) for key in sorted({*wrong, *ours})}
    invoice = {key: of_key for key, of_key in merged.items() if of_key}

    rows = case.prove(invoice)

    check_sums(rows, invoice, ours)
    check_rows(case, rows, invoice)


def check_rows(case: Case, rows: dict[tuple[str, str], Row], invoice: Invoice) -> None:
    """Assert that equal rows agree, that the others have only explanations that fit, and all of the fewest errors."""
    ours = case.invoices[()]
    for key, row in rows.items():
        if invoice.get(key) == ours.get(key):
            assert (row.outcome, row.parts) == (Outcome.AGREES, ()), key
            continue
        fitting = case.fitting(invoice, key)
        named = {explanation.kinds for explanation in row.explanations} or {frozenset(parts_of(row))}
        assert named <= set(fitting), key
        if row.outcome == Outcome.AMBIGUOUS:
            assert named == {kinds for kinds, size in fitting.items() if size == min(fitting.values())}, key


@given(case=cases, key_and_size=st.tuples(st.integers(0, 10**6), st.integers(1, 40)))
@examples(40, long=500)
def test_a_quantity_that_no_recount_equals_is_not_explained(case: Case, key_and_size: tuple[int, int]) -> None:
    """Messages that were never sent are charged in one row: more of them than any recount could bring."""
    number, size = key_and_size
    ours = case.invoices[()]
    key = sorted(ours)[number % len(ours)]
    most = max(invoice.get(key, (0, 0))[0] for invoice in case.invoices.values())
    quantity, amount = most * 2 + size, ours[key][1] + size * 10_000
    invoice = ours | {key: (quantity, amount)}

    rows = case.prove(invoice)

    check_sums(rows, invoice, ours)
    parts = {key: parts_of(row) for key, row in rows.items() if row.parts}
    assert parts == {key: {Kind.NOT_EXPLAINED: (quantity - ours[key][0], size * 10_000)}}

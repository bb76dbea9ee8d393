"""The difference of each row, split by kind without a remainder; pure.

An explanation is a set of rules under which our recount equals the invoice exactly, in quantity and, where both sides
have one, in amount. Of several the ones with the fewest rules count. They are looked for three times: for all rows of
the invoice together, for all rows of a partner ID, and for the row alone. A wider one decides if it is the only one
and explains more differing rows than it has rules; else it only decides between those of the row. If explanations of
different kinds are left, the row's difference is ambiguous, and all of them are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from reports.billing.proof.amounts import AGREED, PRICINGS, Pricing, Rounding, amount_of, prices_in
from reports.billing.proof.claims import Claim, Claimed, Key
from reports.billing.proof.recounts import VERSIONS, Lines, Recounts
from reports.billing.proof.rules import KIND_OF, Kind, Rule, Rules
from reports.pricing.money import divide_half_away


class Outcome(StrEnum):
    """Result of one row."""

    AGREES = "agrees"
    EXPLAINED = "explained"
    AMBIGUOUS = "ambiguous"
    NOT_EXPLAINED = "not_explained"  # some of it


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a row's difference: theirs minus ours. `amount` is None where no amounts are compared."""

    kind: Kind
    rule: str
    quantity: int
    amount: int | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Presumed rules, and the parts of the difference that they make; the parts sum to the difference."""

    rules: Rules
    pricing: Pricing
    parts: tuple[Part, ...]

    @property
    def kinds(self) -> frozenset[Kind]:
        """Return the kinds of its parts."""
        return frozenset(part.kind for part in self.parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One row: theirs, ours, and the split of the difference."""

    key: Key
    theirs: Claimed
    quantity: int
    amount: int | None
    outcome: Outcome
    parts: tuple[Part, ...]
    explanations: tuple[Explanation, ...] = ()  # of an ambiguous row

    @property
    def quantity_difference(self) -> int:
        """Return theirs minus ours."""
        return self.theirs.quantity - self.quantity

    @property
    def amount_difference(self) -> int | None:
        """Return theirs minus ours, None where one side has no amount."""
        return None if self.theirs.amount is None or self.amount is None else self.theirs.amount - self.amount


_NOTHING = Claimed(quantity=0, prices=frozenset(), amount=0, rows=0)


def split(claim: Claim, recounts: Recounts, *, on_row: Callable[[], None] = lambda: None) -> list[Row]:
    """Return every row of the invoice and of our counts with its difference split."""
    proof = _Proof(claim, recounts)
    keys = sorted(set(claim.rows) | {key for key, lines in recounts.under(()).items() if sum(lines.values())})
    of_invoice = proof.explain(keys)
    partners: dict[str, list[Key]] = {}
    for key in keys:
        partners.setdefault(key.partner_id, []).append(key)
    rows = []
    for of_partner in partners.values():
        scopes = [(of_invoice, keys)]
        if not proof.is_settled(of_invoice, keys):
            scopes.append((proof.explain(of_partner), of_partner))
        for key in of_partner:
            rows.append(proof.row(key, proof.narrowed(key, scopes)))
            on_row()
    return rows


Found = list[tuple[Rules, Pricing]]


def _kinds(found: Found) -> set[frozenset[Kind]]:
    """Return the sets of kinds of these explanations."""
    return {
        frozenset(
            [
                *(KIND_OF[rule] for rule in rules),
                *([Kind.PRICE_VERSION] if pricing.version != AGREED.version else []),
                *([Kind.ROUNDING] if pricing.rounding != AGREED.rounding else []),
            ]
        )
        for rules, pricing in found
    }


class _Proof:
    """The comparison of one claim with our recounts."""

    def __init__(self, claim: Claim, recounts: Recounts) -> None:
        self.claim, self.recounts = claim, recounts

    def is_settled(self, found: Found, keys: Sequence[Key]) -> bool:
        """Return whether the one explanation of several rows is certain: it explains more of them than it has rules."""
        if len(_kinds(found)) != 1:
            return False
        differing = sum(not self.agrees(key) for key in keys)
        return differing > max(len(rules) + pricing.rules for rules, pricing in found)

    def narrowed(self, key: Key, scopes: Iterable[tuple[Found, Sequence[Key]]]) -> Found:
        """Return the explanations of a row: a settled one of a wider scope, else its own.

        Of its own those are preferred that hold in a wider scope too, if they are of the same kinds.
        """
        scopes = list(scopes)
        for found, keys in scopes:
            if self.is_settled(found, keys):
                return found
        own = self.explain([key])
        for found, _keys in scopes:
            common = [one for one in own if one in found]
            if len(_kinds(common)) == 1:
                return common
        return own

    def agrees(self, key: Key) -> bool:
        """Return whether quantity and amount are equal on both sides, as far as both have one."""
        return self._theirs(key).quantity == self.recounts.quantity((), key) and not self._money(key)

    def explain(self, keys: Sequence[Key]) -> Found:
        """Return the explanations of these rows together that need the fewest rules."""
        found: Found = []
        fewest: int | None = None
        for rules in self.recounts.possible:
            if fewest is not None and len(rules) > fewest:
                break
            if any(self._theirs(key).quantity != self.recounts.quantity(rules, key) for key in keys):
                continue
            for pricing in PRICINGS:
                size = len(rules) + pricing.rules
                if fewest is not None and size > fewest:
                    continue
                if all(self._fits(key, rules, pricing) for key in keys):
                    found = found if size == fewest else []
                    fewest = size
                    found.append((rules, pricing))
        return found

    def _fits(self, key: Key, rules: Rules, pricing: Pricing) -> bool:
        """Return whether the row's prices and amount are those of the pricing; True where there are none to compare."""
        theirs, lines = self._theirs(key), self._lines(rules, key)
        priced = prices_in(lines, pricing)
        if priced is None or prices_in(lines) is None:
            return pricing == AGREED
        if theirs.prices and not theirs.prices <= set(priced) | (set(_version_only(lines, pricing))):
            return False
        amount = amount_of(lines, self.claim.step, pricing)
        if theirs.amount is None or amount is None:
            return True
        if pricing.rounding == Rounding.LINE:
            return abs(theirs.amount - amount) <= self.claim.step * max(theirs.rows, len(priced))
        return theirs.amount == amount

    def row(self, key: Key, found: Found) -> Row:
        """Return the row with its difference split by these explanations."""
        theirs, ours = self._theirs(key), self._lines((), key)
        quantity, amount = sum(ours.values()), amount_of(ours, self.claim.step)
        if self.agrees(key):
            return Row(key, theirs, quantity, amount, Outcome.AGREES, ())
        explanations = _distinct(self._explanation(key, *one) for one in found or self._partly(key))
        if len(explanations) > 1:
            whole = Part(Kind.AMBIGUOUS, "", theirs.quantity - quantity, self._money(key))
            return Row(key, theirs, quantity, amount, Outcome.AMBIGUOUS, (whole,), tuple(explanations))
        parts = explanations[0].parts if explanations else self._unexplained(key)
        is_open = any(part.kind == Kind.NOT_EXPLAINED for part in parts)
        return Row(key, theirs, quantity, amount, Outcome.NOT_EXPLAINED if is_open else Outcome.EXPLAINED, parts)

    def _partly(self, key: Key) -> Found:
        """Return the explanations of a row's quantity by the fewest rules; they leave some of the amount."""
        quantity = self._theirs(key).quantity
        fitting = [rules for rules in self.recounts.possible if self.recounts.quantity(rules, key) == quantity]
        fewest = min(map(len, fitting), default=0)
        return [(rules, AGREED) for rules in fitting if len(rules) == fewest]

    def _explanation(self, key: Key, rules: Rules, pricing: Pricing) -> Explanation:
        """Return the parts: what each rule adds to those before it, then the version of the price, then the rounding.

        What they leave of the amount is not explained, so the parts sum to the difference.
        """
        step, difference = self.claim.step, self._money(key)
        recounted = [self._lines(rules[:number], key) for number in range(len(rules) + 1)]
        amounts: list[int | None] = [None] * len(recounted)
        if difference is not None:
            amounts = [amount_of(lines, step) for lines in recounted]
        parts = [
            Part(KIND_OF[rule], rule.value, sum(after.values()) - sum(before.values()), _less(amount, amount_before))
            for rule, before, after, amount_before, amount in zip(
                rules, recounted, recounted[1:], amounts, amounts[1:], strict=False
            )
        ]
        if difference is not None:
            version = amount_of(recounted[-1], step, Pricing(pricing.version))
            parts.append(Part(Kind.PRICE_VERSION, pricing.version, 0, _less(version, amounts[-1])))
            rest = difference - sum(part.amount or 0 for part in parts)
            is_rounded = pricing.rounding != AGREED.rounding
            kind = Kind.ROUNDING if is_rounded else Kind.NOT_EXPLAINED
            parts.append(Part(kind, pricing.rounding.value if is_rounded else "", 0, rest))
        return Explanation(rules, pricing, tuple(part for part in parts if part.quantity or part.amount))

    def _unexplained(self, key: Key) -> tuple[Part, ...]:
        """Return the parts of a row whose quantity no recount equals: another version of its price is told apart."""
        theirs, lines, money = self._theirs(key), self._lines((), key), self._money(key)
        quantity = theirs.quantity - sum(lines.values())
        if money is None or theirs.amount is None:
            return (Part(Kind.NOT_EXPLAINED, "", quantity, money),)
        agreed = prices_in(lines) or {}
        for version in VERSIONS[1:]:
            priced = prices_in(lines, Pricing(version)) or {}
            if len(agreed) == len(priced) == 1 and priced != agreed and theirs.prices == set(priced):
                (old,), (new,) = agreed, priced
                of_price = self._rounded(theirs.quantity * new) - self._rounded(theirs.quantity * old)
                return (
                    Part(Kind.PRICE_VERSION, version, 0, of_price),
                    Part(Kind.NOT_EXPLAINED, "", quantity, money - of_price),
                )
        return (Part(Kind.NOT_EXPLAINED, "", quantity, money),)

    def _money(self, key: Key) -> int | None:
        """Return the difference of the amounts, None where one side has none."""
        return _less(self._theirs(key).amount, amount_of(self._lines((), key), self.claim.step))

    def _rounded(self, micro: int) -> int:
        return divide_half_away(micro, self.claim.step) * self.claim.step

    def _theirs(self, key: Key) -> Claimed:
        return self.claim.rows.get(key, _NOTHING)

    def _lines(self, rules: Iterable[Rule], key: Key) -> Lines:
        return self.recounts.under(tuple(rules)).get(key, {})


def _less(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one - other


def _version_only(lines: Lines, pricing: Pricing) -> dict[int, int]:
    """Return the prices of the pricing's version as the list has them: an invoice may state these and round later."""
    return prices_in(lines, Pricing(pricing.version)) or {}


def _distinct(found: Iterable[Explanation]) -> list[Explanation]:
    """Return explanations that differ in their kinds; of those of the same kinds the first."""
    by_kinds: dict[frozenset[Kind], Explanation] = {}
    for explanation in found:
        by_kinds.setdefault(explanation.kinds, explanation)
    return list(by_kinds.values())

"""Comparison of the gates that a partner has at LINK with those that the account's partner IDs need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from deliveries.gates.at_link.wanted import (
    Difference,
    Gate,
    Target,
    differences,
    ours,
    partner_of,
    ref_id_of,
    shown,
)


class State(StrEnum):
    """State of one gate after a run."""

    RIGHT = "right"
    DIFFERS = "differs"
    MISSING = "missing"
    CREATED = "created"
    CORRECTED = "corrected"
    SURPLUS = "surplus"  # feeds the portal, and no partner ID needs it
    TAKEN = "taken"  # its refId belongs to a gate that delivers elsewhere
    FAILED = "failed"


@dataclass(slots=True)
class Entry:
    """One gate that feeds the portal, or should."""

    state: State
    owner: str
    partner_id: str
    ref_id: str
    gate_id: str = ""
    differences: list[Difference] = field(default_factory=list)
    problem: str = ""
    code: int = 0
    detail: str = ""
    gate: Gate = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """Entries of one partner at LINK; `others` counts the gates that do not feed the portal."""

    entries: list[Entry]
    others: int


def plan(gates: Iterable[Gate], *, owner: str, partner_ids: Sequence[str], target: Target) -> Plan:
    """Match the gates of `owner` with the partner IDs that need one each."""
    names = {value: ref_id_of(target, value) for value in partner_ids}
    ref_ids = {name: value for value, name in names.items()}
    feeding: dict[str, list[Gate]] = {}
    entries, others, taken = [], 0, {}
    for gate in gates:
        ref_id = str(gate.get("refId") or "")
        if ours(gate, target):
            feeding.setdefault(_partner(gate, owner, ref_ids), []).append(gate)
        elif ref_id in ref_ids:
            taken[ref_ids[ref_id]] = gate
        else:
            others += 1
    for value in partner_ids:
        candidates = [
            (differences(gate, target, partner_id=value), gate.get("refId") == names[value], gate)
            for gate in feeding.pop(value, [])
        ]
        candidates.sort(key=lambda one: (bool(one[0]), not one[1]))
        missing = Entry(State.MISSING, owner, value, names[value])
        entries += _entries(candidates, missing, taken.get(value))
    for value, surplus in feeding.items():
        entries += [_surplus(gate, owner, value) for gate in surplus]
    return Plan(entries, others)


def _entries(candidates: list[tuple[list[Difference], bool, Gate]], missing: Entry, taken: Gate | None) -> list[Entry]:
    """Return the entry of a partner ID, and one for each further gate that feeds the portal for it."""
    owner, value = missing.owner, missing.partner_id
    if not candidates:
        return [missing if taken is None else Entry(State.TAKEN, owner, value, _ref_id(taken), _id(taken))]
    found, _named, gate = candidates[0]
    state = State.DIFFERS if found else State.RIGHT
    first = Entry(state, owner, value, _ref_id(gate), _id(gate), differences=found, gate=gate)
    return [first, *(_surplus(more, owner, value) for _found, _named, more in candidates[1:])]


def _surplus(gate: Gate, owner: str, value: str) -> Entry:
    return Entry(State.SURPLUS, owner, value, _ref_id(gate), _id(gate))


def _partner(gate: Gate, owner: str, ref_ids: dict[str, str]) -> str:
    """Return the partner ID that a feeding gate is for; one that sets none by its refId, else its owner."""
    return partner_of(gate) or ref_ids.get(str(gate.get("refId") or ""), owner)


def _ref_id(gate: Gate) -> str:
    return str(gate.get("refId") or "")


def _id(gate: Gate) -> str:
    return str(gate.get("id") or "")


def masked(entry: Entry) -> dict:
    """Return an entry as it is stored and shown, with phone numbers masked."""
    return {
        "state": entry.state.value,
        "partner_id": shown(entry.partner_id),
        "ref_id": shown(entry.ref_id),
        "gate_id": entry.gate_id[:40],
        "differences": [[one.field, one.has, one.wants] for one in entry.differences],
        "problem": entry.problem,
        "code": entry.code,
        "detail": entry.detail,
    }
